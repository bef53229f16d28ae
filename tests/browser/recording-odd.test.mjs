// @ts-check
/** Recordings that are odd, and a page that is broken, when a file is opened. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { choose, drop } from "./lab/files.mjs";

const INTERNALS = fileURLToPath(
  new URL("../data/captures/internals/chromium156-clean.json.gz", import.meta.url),
);

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService());
  chromium = open.add(await launchChromium());
});
after(open.close);

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);

test("two issues of one kind in one tick are two; very long names are cut, on a phone too", async () => {
  const long = "n".repeat(10_000);
  const t = 1795448731544;
  const who = { meetingId: `m${long}`, participantId: long, sessionId: "s".repeat(32) };
  const open = (/** @type {number} */ n) => ({
    ...who,
    t: t + 3000,
    tick: 3,
    type: "issue-open",
    detail: { issue: `i${n}`, name: "frozen-video", severity: "major", sentence: `Frozen ${n}.` },
  });
  const ticks = [0, 1, 2, 3, 4].map((n) => ({ ...who, tick: n, t: t + n * 1000, score: 2 }));
  const mark = { ...who, t: t + 2000, tick: 2, type: "mark", detail: { name: long } };
  const exported = join(service.data, "long.ndjson");
  const rows = [...ticks, open(1), open(2), mark];
  writeFileSync(exported, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const dump = join(service.data, `${"f".repeat(200)}.jsonl`);
  const stats = [0, 1].map((n) => ({
    t: t + n * 1000,
    pc: long,
    stats: [
      { id: "i", type: "inbound-rtp", kind: "audio", ssrc: 1, mid: long, timestamp: t + n * 1000 },
    ],
  }));
  const head = { callvitals: 1, meeting: long, participant: long, facts: { browser: long } };
  writeFileSync(dump, [head, ...stats].map((row) => `${JSON.stringify(row)}\n`).join(""));
  for (const [width, path] of /** @type {const} */ ([
    [390, exported],
    [390, dump],
    [1440, exported],
  ])) {
    const view = await see("/recording", { width });
    await choose(view, path);
    await until(async () => (await view.count(".recording .lanes a.lane")) === 1, { what: "it" });
    const name = await view.text(".recording .lanes .name");
    assert.match(name, /^[mn]{20}/);
    assert.ok(name.length < 80);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const beyond = await view.page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => `${one.tagName} ${one.className} ${one.textContent?.slice(0, 20)}`)
        .slice(0, 20),
    );
    assert.ok(wide <= 0, `${width} ${path.slice(-9)}: ${wide}\n${beyond.join("\n")}`);
    const tall = await view.page.$eval(".headline", (one) => one.getBoundingClientRect().height);
    assert.ok(tall < 500, `${width}: a headline of ${tall}`);
    if (path === exported) {
      const event = await view.page.$eval(".events li", (li) => li.getBoundingClientRect().height);
      assert.ok(event < 120, `${width}: an event of ${event}`);
      const told = (await view.texts(".recorded-issues li")).join();
      assert.match(told, /Frozen 1\..*Frozen 2\./s);
      await view.page.click('.toolbar [aria-label="Zoom in"]');
      assert.equal(await view.count(".recorded-issues li"), 2);
    }
    await view.axe();
    await view.close();
  }
});

test("a part of the page that does not load on a drop is said, with the file's name", async () => {
  const view = await see("/trends");
  await until(() => view.count("h1"), { what: "the screen, not its place only" });
  await view.page.setRequestInterception(true);
  view.page.on("request", (request) => {
    const script = request.resourceType() === "script" || request.url().endsWith(".js");
    void (script ? request.abort("connectionrefused") : request.continue());
  });
  await drop(view, INTERNALS, "call.gz");
  await view.shows("call.gz cannot be opened: a part of this page did not load.");
  await view.axe();
  await view.page.click(".drop-lost button");
  await until(async () => (await view.count(".drop-lost")) === 0, { what: "it is gone" });
  await view.close({ missing: true });
});

test("a screen whose part breaks on the way once is there none the less", async () => {
  const view = await see("/trends");
  await until(() => view.count("h1"), { what: "the screen, not its place only" });
  await view.page.setRequestInterception(true);
  /** @type {string[]} */
  const asked = [];
  view.page.on("request", (request) => {
    const part = request.resourceType() === "script" || request.url().endsWith(".js");
    const first = part && !asked.includes(request.url());
    if (part) asked.push(request.url());
    void (first ? request.abort("connectionrefused") : request.continue());
  });
  await view.page.click('nav a[href="/settings"]');
  await until(async () => (await view.count(".setting")) === 5, { what: "the settings" });
  assert.ok(new Set(asked).size < asked.length, `asked for once more: ${asked}`);
  await view.close({ missing: true });
});
