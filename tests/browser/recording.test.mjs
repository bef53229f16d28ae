// @ts-check
/** Dumps and recordings, dropped or chosen, open as a meeting; the service keeps nothing of them. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { choose, drop, ready } from "./lab/files.mjs";
import { startFleet } from "./lab/fleet.mjs";

const CAPTURES = fileURLToPath(new URL("../data/captures/", import.meta.url));
const INTERNALS = join(CAPTURES, "internals/chromium156-clean.json.gz");
const RTCSTATS = fileURLToPath(new URL("../data/dumps/chromium156.rtcstats.gz", import.meta.url));
const BURSTS = join(CAPTURES, "lab/burst5.jsonl.gz");
const HTML = "<img src=x onerror=alert(1)> \u202eevil";

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

test("nothing opened: what can be, in both themes", async () => {
  for (const theme of /** @type {const} */ (["light", "dark"])) {
    const view = await see("/recording", { theme });
    await view.shows("Open a call that was recorded");
    await view.axe();
    await view.close();
  }
});

test("a webrtc-internals dump dropped on the list of meetings opens as one; nothing is kept", async () => {
  const view = await see("/");
  await view.shows("Waiting for the first call");
  await drop(view, INTERNALS, HTML);
  await ready(view);
  assert.equal(new URL(view.page.url()).pathname, "/recording");
  const told = await (
    await fetch(`${service.url}/api/analyze`, { method: "POST", body: readFileSync(INTERNALS) })
  ).json();
  assert.match(await view.text(".headline"), new RegExp(told.score.toFixed(1)));
  await view.shows("webrtc-internals dump");
  assert.ok((await view.text(".headline h1")).includes("<img src=x"));
  assert.equal(await view.count("main img"), 0);
  assert.equal(await view.count(".recording .lanes a.lane"), told.connections.length);
  assert.equal(
    (await view.texts('[aria-label="Streams"] tbody tr')).length,
    told.connections[0].streams.length,
  );
  assert.ok(await view.painted("#network canvas"));
  for (const line of told.missing) await view.shows(line);
  await view.axe();
  // Going on and coming back does not ask again; the service never knew a meeting.
  await view.page.keyboard.press("g");
  await view.page.keyboard.press("m");
  await view.shows("Waiting for the first call");
  await view.page.goBack();
  await ready(view);
  assert.equal((await service.get("/api/meetings")).total, 0);
  await view.page.reload();
  await view.shows("Open a call that was recorded");
  await view.close();
});

test("an rtcstats dump dropped on a page opens with its connections, and says what it lacks", async () => {
  const view = await see("/trends");
  await view.shows("Trends");
  await drop(view, RTCSTATS, "call.rtcstats.gz");
  await ready(view);
  const told = await (
    await fetch(`${service.url}/api/analyze`, { method: "POST", body: readFileSync(RTCSTATS) })
  ).json();
  await view.shows("rtcstats dump");
  assert.match(await view.text(".headline"), new RegExp(told.score.toFixed(1)));
  assert.equal(await view.count(".recording .lanes a.lane"), told.connections.length);
  for (const line of told.missing) await view.shows(line);
  await view.axe();
  await view.close();
});

test("lanes, issues and charts of a recording of ours; the keyboard zooms", async () => {
  for (const [theme, width] of /** @type {const} */ ([
    ["dark", 1440],
    ["light", 390],
  ])) {
    const view = await see("/recording", { theme, width });
    await choose(view, BURSTS);
    await ready(view);
    assert.equal(await view.count(".recording .lanes a.lane"), 2);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${width}: ${wide}`);
    await view.axe();
    await view.page.evaluate(() => {
      /** @type {HTMLElement} */ (document.querySelectorAll(".lanes a.lane")[0]).click();
    });
    await until(() => view.page.url().includes("pc=A-chromium"), { what: "the lane chosen" });
    const issues = await view.texts(".recorded-issues b");
    assert.ok(issues.includes("High loss"), `${issues}`);
    await view.page.click(".recorded-issues button");
    await until(() => /range=\d+-\d+/.test(view.page.url()), { what: "zoomed to it" });
    await view.page.keyboard.press("Escape");
    await until(() => !view.page.url().includes("range="), { what: "the whole call again" });
    await view.page.keyboard.press("+");
    await until(() => /range=\d+-\d+/.test(view.page.url()));
    await view.page.click("#score footer button");
    await until(async () => (await view.count("#score tbody tr")) > 20, { what: "a table" });
    // By hand, as on a phone: in, along, and out without a double click; and the same by keys.
    const range = () => new URL(view.page.url()).searchParams.get("range") ?? "";
    /** @param {() => Promise<unknown>} act @param {(now: string, old: string) => boolean} is */
    const changes = async (act, is) => {
      const old = range();
      await act();
      await until(() => is(range(), old), { what: `a range after ${old}` });
    };
    /** @param {string} now */
    const begins = (now) => Number(now.split("-")[0]);
    const press = (/** @type {string} */ name) =>
      view.page.click(`.toolbar [aria-label="${name}"]`);
    await changes(
      () => press("Zoom in"),
      (now, old) => now !== old,
    );
    await changes(
      () => press("Later"),
      (now, old) => begins(now) > begins(old),
    );
    await changes(
      () => view.page.keyboard.press("ArrowLeft"),
      (now, old) => begins(now) < begins(old),
    );
    await view.page.evaluate(() => {
      const all = [...document.querySelectorAll(".toolbar button")];
      /** @type {HTMLElement} */ (all.find((one) => one.textContent === "Whole call")).click();
    });
    await until(() => range() === "", { what: "the whole call by hand" });
    // What to tell, what happened, lanes for who cannot see them.
    await view.page.click(".recorded-issues .advice summary");
    assert.match(await view.text(".recorded-issues .advice summary"), /What to tell A-chromium/);
    assert.ok((await view.text(".recorded-issues .advice p")).length > 40);
    assert.match((await view.texts(".events li")).join(), /Rating (poor|fair)/);
    await changes(
      () => view.page.click(".events li button"),
      (now) => now !== "",
    );
    await view.page.evaluate(() =>
      Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }),
    );
    await view.page.keyboard.press("c");
    const ticket = await view.page.waitForSelector(".by-hand textarea");
    const words = await ticket?.evaluate((one) => /** @type {HTMLTextAreaElement} */ (one).value);
    assert.match(words ?? "", /\nFile: burst5\.jsonl\.gz\n.*\nConnection: A-chromium: /s);
    await view.page.click(".by-hand form button");
    await until(async () => (await view.count(".by-hand")) === 0, { what: "it is closed" });
    const lanes = await view.page.$$eval(".lanes .picture", (all) =>
      all.map((one) => `${one.getAttribute("role")} ${one.getAttribute("aria-label")}`),
    );
    assert.match(lanes[0] ?? "", /^img (Poor|Fair), \d\.\d of 5, lowest .*High loss for/);
    await view.page.click(".lanes footer button");
    const heads = await view.texts(".lanes .as-table thead th");
    assert.deepEqual(heads, ["Time", "A-chromium", "B-chromium"]);
    assert.ok((await view.count(".lanes .as-table tbody tr")) > 10);
    await view.axe();
    await view.close();
  }
});

test("an export of ours, as the service writes it, opens as well", async () => {
  const sessions = [
    {
      meeting: "shown",
      participant: "u1",
      name: "Ada",
      kind: /** @type {const} */ ("poor"),
      seconds: 90,
    },
    { meeting: "shown", participant: "u2", name: "Lin", seconds: 60 },
    { meeting: "shown", participant: "u2", name: "Lin", seconds: 30 },
  ];
  const fleet = await startFleet(service.url, sessions);
  try {
    for (const format of ["ndjson", "csv"]) {
      const parts = ["ticks", "events"].map(async (what) => {
        const query = new URLSearchParams({ what, meeting: "shown", format });
        return Buffer.from(await (await fetch(`${service.url}/api/export?${query}`)).arrayBuffer());
      });
      const path = join(service.data, `shown.${format}`);
      writeFileSync(path, Buffer.concat(await Promise.all(parts)));
      const view = await see("/recording");
      await choose(view, path);
      await ready(view);
      await view.shows("export of callvitals");
      const told = await (
        await fetch(`${service.url}/api/analyze`, { method: "POST", body: readFileSync(path) })
      ).json();
      // Two sessions of one person are two lanes, and each can be looked at.
      const names = await view.texts(".recording .lanes .name");
      assert.deepEqual(
        names,
        told.connections.map((/** @type {any} */ one) => one.pc),
      );
      assert.match(names.join(), /^u1,u2 \(.{8}\),u2 \(.{8}\)$/);
      for (const [i, { pc, reports }] of told.connections.entries()) {
        await view.page.evaluate((at) => {
          /** @type {HTMLElement} */ (document.querySelectorAll(".lanes a.lane")[at]).click();
        }, i);
        await until(async () => (await view.text('.lanes a[aria-current="true"] .name')) === pc);
        const rows = await view.texts(".side .rows dd");
        assert.ok(rows.includes(`${reports}`), `${pc}: ${rows}`);
      }
      assert.match(await view.text(".headline"), /Poor/);
      assert.ok(told.sentence);
      await view.shows(told.sentence);
      for (const line of told.missing) await view.shows(line);
      await view.axe();
      await view.close();
    }
  } finally {
    await fleet.close();
  }
});

test("what is no recording says why and takes another; one can be left alone", async () => {
  const view = await see("/recording");
  const bad = join(service.data, "holiday.json");
  writeFileSync(bad, '{"photos": []}');
  await choose(view, bad);
  await view.shows("cannot be shown");
  const problem = await (
    await fetch(`${service.url}/api/analyze`, { method: "POST", body: readFileSync(bad) })
  ).json();
  await view.shows(problem.detail.slice(1, 40)); // as a sentence, with a capital
  await view.axe();
  await choose(view, BURSTS);
  await ready(view);
  // A large one can be left.
  const large = join(service.data, "large.jsonl.gz");
  const line = readFileSync(BURSTS);
  writeFileSync(large, Buffer.concat([line, gzipSync(Buffer.alloc(50_000_000, "{}\n"))]));
  await choose(view, large);
  await view.shows("being looked at");
  await view.axe();
  await view.page.evaluate(() => {
    const all = [...document.querySelectorAll("button")];
    /** @type {HTMLElement} */ (all.find((one) => one.textContent === "Cancel")).click();
  });
  await view.shows("Open a call that was recorded");
  await view.close({ missing: true });
});
