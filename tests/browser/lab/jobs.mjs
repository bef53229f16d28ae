// @ts-check
/** Jobs that failed in the past, put where the service keeps its own. */
import { spawnSync } from "node:child_process";
import { python } from "./service.mjs";

const SCRIPT = `import json, sqlite3, sys
told = json.load(sys.stdin)
names = ("id", "title", "state", "payload", "attempts", "max_attempts", "deaths", "progress",
         "created_at", "run_at", "started_at", "finished_at", "lease_until", "taken", "error")
with sqlite3.connect(told["data"] + "/callvitals.db", timeout=20) as db:
    for one in told["jobs"]:
        at = told["now"] - one["age"] * 1000
        row = (one["id"], one["title"], one.get("state", "failed"), json.dumps(one["payload"]).encode(), 3, 3, 0,
               None, at, at, at + 6000, at + 6200, 0, 3, one.get("error"))
        db.execute(f"INSERT INTO job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", row)
`;

/**
 * @param {string} data the service's folder
 * @param {{id: string, title: string, payload: unknown, age: number, error?: string, state?: string}[]} jobs
 */
export function tellJobs(data, jobs, now = Date.now()) {
  const input = JSON.stringify({ data, jobs, now });
  const { status, stderr } = spawnSync(python(), ["-c", SCRIPT], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.slice(-2000));
}

/** A batch that can be counted, as the payload of a job. @param {string} batch */
export const batchOf = (batch, now = Date.now()) => ({
  version: 1,
  batch,
  service: "shop",
  at: now,
  dropped: 0,
  routes: ["/late"],
  records: [[now - 60_000, 0, "GET", 200, 0, 100, 900, 1200, null, 0]],
});
