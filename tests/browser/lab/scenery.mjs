// @ts-check
/** What stands on the screens beside the calls, made up for the pictures. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchOf, tellJobs } from "./jobs.mjs";
import { SHOP, tellRequests } from "./requests.mjs";
import { tellDays } from "./tallies.mjs";

const RULES = `[channels.ops]
type = "webhook"
url = "https://ops.example.com/hooks/callvitals"
[channels.support]
type = "email"
smtp = "smtp://127.0.0.1:9"
from = "callvitals@example.com"
to = ["support@example.com"]

[[rules]]
name = "many-poor"
on = "calls"
metric = "poor"
share = 0.2
severity = "critical"
deliver = ["ops", "support"]
[[rules]]
name = "api-errors"
on = "endpoints"
per = "endpoint"
metric = "errorShare"
above = 0.05
window = "1d"
for = "0s"
severity = "critical"
[[rules]]
name = "slow-endpoints"
on = "endpoints"
per = "endpoint"
metric = "p95"
above = 2
window = "1d"
for = "0s"
`;

/** The file of alerts, in a folder that `close` removes. */
export function alertsFile() {
  const folder = mkdtempSync(join(tmpdir(), "callvitals-scenery-"));
  const path = join(folder, "alerts.toml");
  writeFileSync(path, RULES);
  return { path, close: async () => rmSync(folder, { recursive: true, force: true }) };
}

/** @param {{url: string, data: string}} service that runs */
export async function furnish(service) {
  tellDays(service.data, 70);
  const failed = [
    ["http-batch.made-up-1", "500 requests of rooms", "database or disk is full", 90],
    ["http-batch.made-up-2", "12 requests of chat", "the database closed the connection", 900],
  ];
  tellJobs(
    service.data,
    failed.map(([id, title, error, age], n) => ({
      id: String(id),
      title: String(title),
      error: String(error),
      age: Number(age),
      payload: batchOf(`made-up-${n}`),
    })),
  );
  await tellRequests(service.url, SHOP, { hours: 24 });
}

export const DUMP = fileURLToPath(
  new URL("../../data/captures/lab/outage.jsonl.gz", import.meta.url),
);

/** @type {[string, string, string, number, number][]} name, path, what is waited for, size */
export const SHOTS = [
  ["api", "/http", ".list tbody tr", 1440, 960],
  [
    "endpoint",
    "/http/endpoint?service=rooms&method=POST&route=%2Fv1%2Fturn%2Fcredentials",
    '[aria-label="What went wrong"] tbody tr',
    1440,
    1100,
  ],
  ["api-nothing-matches", "/http?q=nobody", ".note", 1440, 560],
  ["api-first", "/http/how", ".first", 1440, 560],
  ["trends", "/trends", ".columns-chart", 1440, 1240],
  ["jobs", "/jobs", ".list tbody tr", 1440, 600],
  ["alerts", "/alerts", ".alert", 1440, 600],
  ["rules", "/alerts/rules", ".list tbody tr", 1440, 760],
  ["rule", "/alerts/rules/new", ".form", 1440, 760],
  ["silences", "/alerts/silences", ".form", 1440, 600],
  ["settings", "/settings", ".setting", 1440, 1500],
  ["recording-first", "/recording", ".first", 1440, 560],
  ["recording", "/recording", ".first", 1440, 1500],
  ["demo", "/demo?room=pictures", "#steps li.done", 1440, 860],
  ["phone-api", "/http", ".list tbody tr", 390, 1200],
  ["phone-trends", "/trends", ".columns-chart", 390, 1200],
  ["phone-jobs", "/jobs", ".list tbody tr", 390, 844],
  ["phone-alerts", "/alerts", ".alert", 390, 844],
  ["phone-rule", "/alerts/rules/new", ".form", 390, 1400],
  ["phone-settings", "/settings", ".setting", 390, 1200],
  ["phone-recording", "/recording", ".first", 390, 1200],
  ["phone-demo", "/demo?room=pictures-phone", "#steps li.done", 390, 1200],
];
