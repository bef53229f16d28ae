// @ts-check
// The host against a real service: what is told before, without and after an engine.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { launchChromium, startRelay, startService, until } from "../browser/harness.mjs";
import { manifest, SCHEMA, startFiles } from "./site.mjs";
import { wheel } from "./wheel.mjs";

/** @type {import("./site.mjs").Files} */
let files;
/** @type {any} */
let service;
/** @type {Awaited<ReturnType<typeof startRelay>>} */
let relay;
/** @type {any} */
let browser;
/** @type {import("puppeteer-core").Page} */
let page;
let count = 0;
let meeting = "";

before(async () => {
  files = await startFiles();
  service = await startService();
  relay = await startRelay(service.port);
  browser = await launchChromium();
  page = await browser.newPage();
});
after(async () => {
  await browser?.close();
  await relay?.close();
  await service?.close();
  await files?.close();
});
beforeEach(() => {
  count += 1;
  meeting = `host-${count}`;
});

/** A host in a fresh page, towards the service through the relay. @param {any} [told] */
async function start(told = {}, tab = page) {
  await tab.goto(files.page);
  await tab.waitForFunction("window.startHost");
  const options = { server: relay.url, meetingId: meeting, participantId: "p" };
  const all = { base: files.base, where: "worker", schema: SCHEMA, ...told };
  return tab.evaluate((t) => /** @type {any} */ (window).startHost(t), {
    ...{ ...all, sessionId: `${meeting}-0123456789abcdef` },
    options: { ...options, ...all.options },
  });
}
/** @param {string[]} types @param {number} [from] @returns {Promise<any>} */
const heard = (types, from = 0, tab = page) =>
  tab.evaluate((t, f) => /** @type {any} */ (window).host.until(t, f), types, from);
/** @param {object} message */
const post = (message, tab = page) =>
  tab.evaluate((m) => /** @type {any} */ (window).host.post(m), message);
/** @param {string} engine @param {object} [told] @returns {Promise<any>} */
const run = (engine, told = {}) =>
  page.evaluate((e, t) => /** @type {any} */ (window).runEngine(e, t), engine, told);
/** @returns {Promise<number>} */
const length = async () => Number(await page.evaluate("window.host.heard.length"));
/** The one session's `{presence, engine, host, state}`, once it is as wished. @param {any} wish */
const session = (wish) =>
  until(
    async () => {
      const answer = await service.get(`/api/meetings/${meeting}`);
      const found = answer.participants[0].sessions.at(-1);
      return wish(found) && found;
    },
    { what: `session of ${meeting}: ${wish}` },
  );

test("a session that never gets an engine is told as starting, then none, its ticks as lost", async () => {
  await start({ where: "main", facts: { browser: "Test" } });
  const link = await heard(["link"]);
  assert.equal(link.up, true);
  assert.equal(link.conn, 65537);
  assert.equal(link.through, -1);
  assert.equal(typeof link.sessionToken, "string");
  const config = await heard(["actions"]);
  assert.equal(config.list[0].do, "config");
  const starting = await session((/** @type {any} */ s) => s.state.engine === "starting");
  assert.equal(starting.host, "main");

  await post({ type: "none", why: "no WebAssembly here" });
  const none = await session((/** @type {any} */ s) => s.state.engine === "none");
  assert.equal(none.state.why, "no WebAssembly here");
  await page.evaluate("for (let n = 0; n < 4; n++) window.host.post(window.makeTick(n))");
  const from = await length();
  const stored = await heard(["actions"], from);
  assert.deepEqual(stored.list, [{ do: "stored", through: 3 }]);

  await post({ type: "last", last: 5 });
  assert.equal((await heard(["ended"])).why, "stopped");
  await session((/** @type {any} */ s) => s.presence === "left");
});

test("the engine takes over the standing connection, and another one after it", async () => {
  await start();
  await heard(["link"]);
  const first = await run("pyodide", { ring: 3, live: 2 });
  assert.equal(first.why, undefined);
  const up = await session((/** @type {any} */ s) => s.state.engine === "pyodide");
  assert.equal(up.state.why, "test");
  assert.equal(up.host, "worker");
  await until(() =>
    page.evaluate(`window.host.heard.some((m) => m.type === "actions"
    && m.list.some((a) => a.do === "stored" && a.through === 4))`),
  );
  const second = await run("micropython", { ring: 5, live: 4 });
  assert.equal(second.rows.length, 4, "what is stored is not said again");
  await session((/** @type {any} */ s) => s.state.engine === "micropython" && s.state.tick === 8);
  const links = await page.evaluate(
    "window.host.heard.filter((m) => m.type === 'link').map((m) => m.up)",
  );
  assert.deepEqual(links, [true], "one connection all the time");
  const answer = await page.evaluate(async () => {
    const { host } = /** @type {any} */ (window);
    const at = host.heard.length;
    host.post({ type: "ask", id: 7, what: "state" });
    return host.until(["answer"], at);
  });
  const now = await session((/** @type {any} */ s) => s.state.engine === "micropython");
  assert.deepEqual(answer.value, now.state, "page and service hold the same state");
});

test("cut, the host connects anew with a higher conn and the engine resends all", async () => {
  await start();
  await heard(["link"]);
  assert.equal((await run("micropython", { ring: 1, live: 2 })).why, undefined);
  let from = await length();
  relay.cut();
  const down = await heard(["link"], from);
  assert.equal(down.up, false);
  assert.equal(down.tries, 1);
  relay.heal();
  from = (await length()) - 1;
  const up = await until(() =>
    page.evaluate("window.host.heard.filter((m) => m.type === 'link' && m.up).at(1)"),
  );
  assert.ok(/** @type {any} */ (up).conn > 65537);
  await session((/** @type {any} */ s) => s.state.engine === "micropython" && s.state.tick === 2);
});

test("a page that took the session over ends the former host for good", async () => {
  await start();
  await heard(["link"]);
  const other = await browser.newPage();
  await start({ hostNumber: 2, sessionToken: (await heard(["link"])).sessionToken }, other);
  assert.equal((await heard(["link"], 0, other)).conn, 2 * 65536 + 1);
  assert.equal((await heard(["ended"])).why, "superseded");
  await other.close();
});

test("refused for what it is, the host does not try again", async () => {
  await start({ options: { meetingId: "" } });
  assert.equal((await heard(["ended"])).why, "bad-request");
});

test("an engine that raises in mid-call is gone, and told; the connection stays", async () => {
  await start();
  await heard(["link"]);
  assert.equal((await run("micropython", { ring: 1, live: 1 })).why, undefined);
  const from = await length();
  // No report can make the core raise; a message that breaks the contract does.
  const wrong = { at: "x", list: ["y"] };
  await page.evaluate(
    (strings) => {
      const { host, makeTick } = /** @type {any} */ (window);
      host.post({ ...makeTick(2), strings });
    },
    /** @type {any} */ (wrong),
  );
  const failed = await heard(["failed"], from);
  assert.equal(failed.engine, "micropython");
  assert.match(failed.why, /Error/);
  assert.equal((await run("pyodide", { ring: 3, live: 2 })).why, undefined);
  await session((/** @type {any} */ s) => s.state.engine === "pyodide" && s.state.tick === 4);
});

test("served by the service itself, of another origin: micropip installs a wheel", async () => {
  const source = "from statistics import median\n";
  files.repair({ "own_rules-1.0-py3-none-any.whl": { body: wheel("own_rules", source) } });
  const plugins = [`${files.url}/plugins/own_rules-1.0-py3-none-any.whl`];
  const base = `${service.url}/sdk/${manifest().hash}/`;
  const probe = await start({ base, cross: true, options: { plugins } });
  assert.deepEqual(probe, { type: "probe", wasm: true, why: "" });
  const got = await run("pyodide");
  assert.equal(got.why, undefined);
  assert.deepEqual(got.steps, ["fetch", "runtime", "plugins", "core", "restore", "replay"]);
  assert.equal(got.rows.length, 5);
  await session((/** @type {any} */ s) => s.state.engine === "pyodide" && s.state.tick === 4);
  files.repair();
});

test("beats, pings and the timer for hidden pages", async () => {
  await start();
  await post({ type: "ping" });
  await heard(["pong"]);
  await post({ type: "timer", seconds: 0.05 });
  await heard(["want-tick"]);
  await heard(["beat"]);
  await post({ type: "timer", seconds: 0 });
  await post({ type: "stop" });
  assert.equal((await heard(["ended"])).why, "stopped");
  const from = await length();
  await post({ type: "ping" });
  await assert.rejects(
    page.evaluate((f) => /** @type {any} */ (window).host.until(["pong"], f, 300), from),
  );
});
