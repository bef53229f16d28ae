// @ts-check
/** Alerts: rules made, tried, met; what fires, is silenced, ends; a real receiver on loopback. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { listen } from "./lab/relay.mjs";
import { SHOP, tellRequests } from "./lab/requests.mjs";

const HTML = "/<img src=x onerror=alert(1)>";
const TURN = "/v1/turn/credentials";
const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;
/** @type {any[]} what the receiver got */
const got = [];

before(async () => {
  const receiver = createServer((req, res) => {
    let body = "";
    req.on("data", (text) => {
      body += text;
    });
    req.on("end", () => {
      got.push(JSON.parse(body));
      res.writeHead(204).end();
    });
  });
  const port = await listen(receiver);
  open.add({
    close: () =>
      new Promise((done) => {
        receiver.close(() => done(undefined));
        receiver.closeAllConnections();
      }),
  });
  const folder = mkdtempSync(join(tmpdir(), "callvitals-alerts-"));
  open.add({ close: async () => rmSync(folder, { recursive: true, force: true }) });
  const file = join(folder, "alerts.toml");
  writeFileSync(
    file,
    `[channels.ops]
type = "webhook"
url = "http://127.0.0.1:${port}/hook"

[[rules]]
name = "from-file"
on = "calls"
metric = "rtt"
above = 0.5
deliver = ["ops"]
`,
  );
  service = open.add(await startService({ env: { CALLVITALS_ALERTS: file } }));
  chromium = open.add(await launchChromium());
});
after(open.close);

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);
/** @typedef {Awaited<ReturnType<typeof see>>} View */
// Named as they are seen: what it is called, and its help.
const WINDOW = "In the last how far back values are taken";
/** @param {View} view @param {string} label @param {string} value */
const type = async (view, label, value) => {
  const field = await view.page.waitForSelector(`::-p-aria(${label})`);
  await field?.click({ count: 3 });
  await field?.type(value);
};

test("all quiet: says that rules look; the file's rule is read only", async () => {
  const view = await see("/alerts");
  await view.shows("All quiet: nothing fires");
  await view.shows("1 rule look");
  await view.axe();
  await view.go("/alerts/rules/from-file");
  await view.shows("is changed there");
  assert.equal(await view.count(".primary"), 0);
  await view.axe();
  await view.close();
});

test("a rule that is ready is taken, changed by the form, and what makes no sense is said", async () => {
  const view = await see("/alerts/rules");
  await view.shows("The API fails");
  await view.axe();
  await view.page.click('[aria-label="Use: The API fails"]');
  await view.shows("Share of errors above 5 %, for each endpoint");
  const rules = (await service.get("/api/alerts/rules")).items;
  assert.ok(rules.some((/** @type {any} */ one) => one.name === "api-errors"));
  await view.page.keyboard.press("j");
  await view.page.keyboard.press("Enter");
  await view.shows("Remove…");
  // What is no time is not sent, and the old one not behind its back.
  await type(view, WINDOW, "soon");
  await view.page.click(".primary");
  assert.equal(
    await view.page.$eval(":invalid:not(form, fieldset)", (one) =>
      one instanceof HTMLInputElement ? `${one.value}: ${one.validationMessage}` : "",
    ),
    "soon: A time: 30s, 5m, 2h or 1d",
  );
  assert.ok(view.page.url().endsWith("/api-errors"));
  await type(view, WINDOW, "2d");
  await view.page.click(".primary");
  await view.shows("window: of endpoints 60 to 86400 s");
  await view.axe();
  await type(view, WINDOW, "1d");
  await type(view, "For at least before it fires", "0s");
  await view.page.click('.tells input[type="checkbox"]');
  await view.page.click(".primary");
  await view.shows("New rule");
  await until(() => view.page.url().endsWith("/alerts/rules"), { what: "back at the rules" });
  const { items } = await service.get("/api/alerts/rules");
  const rule = items.find((/** @type {any} */ one) => one.name === "api-errors");
  assert.deepEqual(
    [rule.window, rule.for, rule.deliver, rule.above, rule.per],
    [86400, 0, ["ops"], 0.05, "endpoint"],
  );
  await view.close({ missing: true });
});

test("a new rule, in the units people use; a test of it arrives", async () => {
  const view = await see("/alerts/rules/new");
  await view.page.waitForSelector("input[pattern]");
  await view.page.type("input[pattern]", "slow-api");
  await type(view, WINDOW, "30s");
  await view.page.select(".fields select", "endpoints");
  await view.page.waitForSelector('option[value="p95"]');
  await view.page.select(".fields .field:nth-of-type(3) select", "p95");
  // What endpoints cannot have is seen to change.
  const window = await view.page.waitForSelector(`::-p-aria(${WINDOW})`);
  assert.equal(await window?.evaluate((one) => /** @type {HTMLInputElement} */ (one).value), "1m");
  await type(view, "Limit, ms", "750");
  await view.shows("P95 of the duration above 750 ms");
  await view.page.click('.tells input[type="checkbox"]');
  await view.page.click(".primary");
  await view.page.waitForSelector('[aria-label="Test slow-api"]');
  const { items } = await service.get("/api/alerts/rules");
  const rule = items.find((/** @type {any} */ one) => one.name === "slow-api");
  assert.deepEqual(
    [rule.on, rule.metric, rule.above, rule.deliver],
    ["endpoints", "p95", 0.75, ["ops"]],
  );
  await view.page.click('[aria-label="Test slow-api"]');
  await view.shows("A test of slow-api went to ops.");
  assert.equal(got.at(-1)?.type, "alert.test");
  await view.axe();
  await view.page.click('[aria-label="slow-api is on"]');
  await service.until("/api/alerts/rules", (/** @type {any} */ answer) =>
    answer.items.some((/** @type {any} */ one) => one.name === "slow-api" && !one.enabled),
  );
  await view.close();
});

test("it fires, is told, leads to its endpoint, is silenced and ends", async () => {
  const kinds = [...SHOP, { route: HTML, rate: 30, ms: 5, failing: 0.5 }];
  await tellRequests(service.url, kinds, { hours: 20 });
  const view = await see("/alerts");
  await view.shows("2 firing");
  await view.shows(TURN);
  assert.equal(await view.page.title(), "(2) Alerts · callvitals");
  assert.ok((await view.text('[aria-label="Firing"]')).includes("<img src=x onerror=alert(1)>"));
  assert.equal(await view.count("main img"), 0);
  await until(() => got.filter((one) => one.type === "alert.firing").length === 2, {
    what: "both are told",
  });
  for (const [theme, width] of /** @type {const} */ ([
    ["light", 1440],
    ["dark", 1440],
    ["dark", 390],
  ])) {
    const other = await see("/alerts", { theme, width });
    await other.shows("2 firing");
    await until(async () => (await other.count(".alert")) === 2);
    const wide = await other.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${width}: ${wide}`);
    await other.axe();
    await other.close();
  }
  // Who looks at the meetings sees it, too; what is silenced does not count.
  const elsewhere = await see("/");
  await until(async () => /^2\s+firing$/.test(await elsewhere.text(".firing")), { what: "told" });
  await elsewhere.axe();
  await view.page.select("select.small", "4h");
  await until(async () => (await view.count(".alert .tag")) === 1, { what: "silenced" });
  await elsewhere.page.reload();
  await until(async () => /^1\s/.test(await elsewhere.text(".firing")), {
    what: "one is silenced",
  });
  await elsewhere.close();
  await view.go("/alerts/silences");
  await view.shows("api-errors");
  await view.axe();
  await view.page.click('[aria-label="End the silence of api-errors"]');
  await view.shows("Nothing is silenced");
  await view.go("/alerts");
  await view.page.waitForSelector(".alert .to");
  await view.page.keyboard.press("j");
  await view.page.keyboard.press("Enter");
  await view.shows("What went wrong");
  // The rule goes, its alerts end, and stand in the history.
  await view.go("/alerts/rules/api-errors");
  await view.shows("Remove…");
  await view.page.click(".buttons .quiet");
  await view.page.click(".buttons .quiet");
  await view.page.waitForSelector('[aria-label="Use: The API fails"]');
  await view.go("/alerts/history");
  await until(async () => (await view.count(".alert")) === 2, { what: "both in the history" });
  await view.axe();
  await view.go("/alerts/history?rule=nobody");
  await view.shows("This rule never fired");
  await view.close();
});

test("channels that are not known yet are not called none", async () => {
  const view = await see("/alerts");
  await view.page.setRequestInterception(true);
  /** @type {import("puppeteer-core").HTTPRequest[]} */
  const waiting = [];
  view.page.on("request", (request) => {
    if (request.url().endsWith("/channels")) waiting.push(request);
    else void request.continue();
  });
  await view.go("/alerts/rules");
  await view.shows("slow-api");
  assert.doesNotMatch(await view.text("main"), /Nobody is told/);
  await view.page.click('[aria-label="Rules"] tbody a');
  await view.shows("Tells");
  assert.match(await view.text(".tells"), /Loading/);
  assert.doesNotMatch(await view.text(".tells"), /no channel/);
  await Promise.all(waiting.map((one) => one.continue()));
  await view.page.waitForSelector('.tells input[type="checkbox"]');
  await view.close();
});

test("a silence by hand; the service away: what is shown stays and says its age", async () => {
  const view = await see("/alerts/silences", { width: 390 });
  await view.shows("Nothing is silenced");
  await view.page.select(".form select", "slow-api");
  await type(view, "Why", "the supplier is at it");
  await view.page.click('.form button[type="submit"]');
  await view.shows("the supplier is at it");
  await view.axe();
  const [silence] = (await service.get("/api/alerts/silences")).items;
  assert.deepEqual([silence.rule, silence.subject], ["slow-api", "*"]);
  await service.kill();
  await view.shows(/Not refreshed: The service does not answer\. What is shown is \d+ s old/);
  await view.shows("the supplier is at it");
  await service.start();
  await until(async () => (await view.count(".banner")) === 0, { what: "refreshed by itself" });
  await view.close({ missing: true });
});
