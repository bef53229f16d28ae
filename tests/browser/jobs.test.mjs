// @ts-check
/** Jobs: the queue as REST tells it, and failed ones done again. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { batchOf, tellJobs } from "./lab/jobs.mjs";

const HTML = "<img src=x onerror=alert(1)> \u202eevil";
const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService({ env: { CALLVITALS_WATCH_SELF: "0" } }));
  chromium = open.add(await launchChromium());
});
after(open.close);

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);

// First: the others need jobs.
test("nothing to do yet: says what will stand here", async () => {
  const view = await see("/jobs");
  await view.shows("Nothing to do, nothing done yet");
  await view.axe();
  await view.close();
  tellJobs(service.data, [
    {
      id: "http-batch.labfail01",
      title: "1 request of shop",
      payload: batchOf("labfail01"),
      age: 90,
      error: "the disk was full",
    },
    {
      id: "http-batch.labfail02",
      title: HTML,
      payload: { nonsense: true },
      age: 600,
      error: `${HTML} ${"why ".repeat(200)}`,
    },
    {
      id: "http-batch.labfail03",
      title: "1 request of chat",
      payload: batchOf("labfail03"),
      age: 900,
      error: "the database was away",
    },
  ]);
});

test("what failed says why, in both themes and on a phone; names are text", async () => {
  for (const [theme, width] of /** @type {const} */ ([
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
  ])) {
    const view = await see("/jobs", { theme, width });
    await view.shows("the disk was full");
    assert.match(await view.text(".chips"), /3\s+failed/);
    assert.equal((await view.texts(".list tbody tr")).length, 3);
    assert.ok((await view.texts(".job .what")).includes(HTML));
    assert.equal(await view.count("main img"), 0);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${width}: ${wide}`);
    await view.axe();
    await view.close();
  }
});

test("one is done again by keyboard, and is done; one that cannot be fails again", async () => {
  const view = await see("/jobs?state=failed");
  await view.shows("showing 3 of 3 jobs");
  await view.page.keyboard.press("j");
  await view.page.keyboard.press("Enter");
  await view.shows("1 job will be done again.");
  await service.until("/api/jobs/http-batch.labfail01", (job) => job.state === "completed");
  await until(async () => (await view.count(".list tbody tr")) === 2, { what: "two are left" });
  await service.until("/api/endpoints?search=late&service=shop", ({ total }) => total === 1);
  await view.page.keyboard.press("Escape");
  await view.shows("Done");
  assert.equal(new URL(view.page.url()).search, "");
  await view.page.evaluate(() => {
    const all = [...document.querySelectorAll("button")];
    /** @type {HTMLElement} */ (
      all.find((one) => one.textContent?.startsWith("Retry all"))
    ).click();
  });
  await view.shows("2 jobs will be done again.");
  await service.until("/api/jobs", ({ counts }) => counts.completed === 2 && counts.failed === 1);
  await until(async () => /1\s+failed/.test(await view.text(".chips")), { what: "one is left" });
  await view.close();
});

test("states and kinds filter, by the address", async () => {
  const view = await see("/jobs?state=delayed");
  await view.shows("No job waits for its time");
  await view.axe();
  await view.page.click(".note button");
  await until(async () => (await view.count(".list tbody tr")) === 3);
  await view.page.click(".job .kind");
  await until(() => view.page.url().endsWith("/jobs?kind=http-batch"));
  await view.close();
});

test("the service is away: jobs stay and say their age", async () => {
  const view = await see("/jobs");
  await until(async () => (await view.count(".list tbody tr")) === 3);
  await service.kill();
  await view.shows(/Not refreshed: The service does not answer\. What is shown is \d+ s old/);
  assert.equal(await view.count(".list tbody tr"), 3);
  await service.start();
  await until(async () => (await view.count(".banner")) === 0, { what: "refreshed by itself" });
  await view.close({ missing: true });
});

test("under the pointer no row moves, and what has the focus keeps a neighbour of it", async () => {
  const view = await see("/jobs?state=failed");
  const names = () => view.texts(".job .what");
  await until(async () => (await names()).length === 1, { what: "one failed" });
  const list = await view.box(".list");
  await view.page.mouse.move(list.x + 40, list.y + 60);
  const more = ["labfail04", "labfail05", "labfail06"].map((id, i) => ({
    id: `http-batch.${id}`,
    title: `${i + 4}th`,
    payload: batchOf(id),
    age: 60 - i,
    error: "the disk was full again",
  }));
  const before = await names();
  tellJobs(service.data, more);
  await view.shows(/4\s+failed/);
  assert.deepEqual(await names(), before);
  await view.shows(/moved · refresh order/);
  await view.axe();
  await view.page.click(".moved");
  await until(async () => (await names()).length === 4, { what: "all four" });
  await view.page.mouse.move(0, 0);
  // By keyboard: the second of four is done again; the third stands in its place, and has the focus.
  const [, second, third] = await names();
  await view.page.keyboard.press("j");
  await view.page.keyboard.press("j");
  await view.page.keyboard.press("Enter");
  await until(async () => !(await names()).includes(second ?? ""), { what: `${second} is gone` });
  const focused = () => view.page.evaluate(() => document.activeElement?.ariaLabel);
  await until(async () => (await focused()) === `Retry ${third}`, { what: "the next one" });
  await view.close();
});
