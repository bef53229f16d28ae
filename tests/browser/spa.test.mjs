// @ts-check
/** A single-page app: chooses what is watched, leaves a room, enters another; tag and npm alike. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  closing,
  launchChromium,
  openCall,
  openTab,
  startService,
  startSite,
  stopSession,
  until,
} from "./harness.mjs";
import { account, storedUpTo } from "./lab/numbers.mjs";

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService());
  site = open.add(await startSite());
  chromium = open.add(await launchChromium());
});
after(open.close);

/** @typedef {import("./lab/call.mjs").Tab} Tab */

/** @param {Tab} tab @param {string} meeting @param {boolean} auto */
const init = ({ page }, meeting, auto) =>
  page.evaluate((options) => window.callvitals.init(options), {
    meeting,
    participant: "ann",
    host: service.url,
    engine: "micropython",
    auto,
  });

/** @param {Tab} tab @returns {Promise<any>} */
const info = ({ page }) => page.evaluate(() => window.callvitals.debug.info());

/** @param {Tab} tab @param {number} ticks */
const reach = (tab, ticks) =>
  until(async () => (await info(tab)).ticks >= ticks, { within: 20000, what: `${ticks} ticks` });

/** @param {string} meeting @param {(session: any) => unknown} wish */
async function sessionWhere(meeting, wish) {
  const answer = await service.until(
    `/api/meetings/${meeting}`,
    (m) => m.participants[0]?.sessions.some(wish),
    { within: 20000 },
  );
  assert.equal(answer.participants.length, 1);
  assert.equal(answer.participants[0].sessions.length, 1);
  return answer.participants[0].sessions[0];
}

/** Two rooms, one after the other, in one page. @param {Tab} tab @param {string} name */
async function twoRooms(tab, name) {
  const [one, two] = [`${name}-1`, `${name}-2`];
  await init(tab, one, false);
  // A connection that nobody gave to watch() is not ours to look at.
  await tab.page.evaluate(() => new RTCPeerConnection({ iceServers: [] }).createDataChannel("x"));
  assert.equal((await info(tab)).connections, 0);
  await tab.page.evaluate(() => window.callvitals.watch(window.lab.pc));
  await reach(tab, 4);
  const first = await sessionWhere(one, (s) => s.engine === "micropython");
  assert.equal(Object.keys(first.state.pcs).length, 1);
  assert.equal((await info(tab)).sessionId, first.sessionId);
  const lastOfFirst = await stopSession(tab.page);
  assert.equal(await info(tab), null);
  await sessionWhere(one, (s) => s.presence === "left");

  await init(tab, two, false);
  await tab.page.evaluate(() => window.callvitals.watch(window.lab.pc));
  await reach(tab, 3);
  const second = await sessionWhere(two, (s) => s.engine === "micropython");
  assert.notEqual(second.sessionId, first.sessionId);
  const lastOfSecond = await stopSession(tab.page);
  for (const [room, { sessionId }, last] of /** @type {const} */ ([
    [one, first, lastOfFirst],
    [two, second, lastOfSecond],
  ])) {
    const answer = await storedUpTo(service, room, "ann", sessionId, last);
    assert.deepEqual(account(answer, last), { wrong: [], shown: [] });
    assert.equal(answer.tick[0], 0);
    const carried = answer.series.upload.filter((/** @type {number | null} */ x) => x !== null);
    assert.ok(carried.length >= 1, "the watched connection's bytes");
  }
  assert.deepEqual(
    tab.said.filter(({ type }) => type === "uncaught"),
    [],
  );
}

test("watch, stop and init again: by the tag and by import", { concurrency: 2 }, async (t) => {
  const byTag = site.url({ tag: { src: service.url, auto: "false" } });
  const byImport = site.url({ after: ["npm.js"], sdk: `${service.url}/sdk.mjs` });
  const [tag, npm] = await openCall(chromium, byTag, byImport, { video: false });
  await until(() => npm.page.evaluate(() => Boolean(window.callvitals)), { what: "the import" });
  await Promise.all([
    t.test("by the tag", () => twoRooms(tag, "tag")),
    t.test("by import", () => twoRooms(npm, "npm")),
  ]);

  await t.test("left alone, a connection made after init is found", async () => {
    await init(tag, "auto", true);
    await tag.page.evaluate(() => window.lab.open({ video: false }));
    await reach(tag, 2);
    await sessionWhere("auto", (s) => s.engine === "micropython");
    await stopSession(tag.page);
    await sessionWhere("auto", (s) => s.presence === "left");
  });
  await tag.close();
  await npm.close();
});

test("a page that goes away in mid-call leaves no tick behind", async () => {
  const tag = { src: service.url, meeting: "gone", participant: "ann", engine: "micropython" };
  const [ann, bob] = await openCall(chromium, site.url({ tag }), site.url({}), { video: false });
  await sessionWhere("gone", (s) => s.engine === "micropython");
  await reach(ann, 6);
  // Rows that no message has carried yet: one is due every 10 s.
  const { ticks } = await info(ann);
  await ann.page.goto("about:blank");
  const { sessionId } = await sessionWhere("gone", (s) => s.presence === "left");
  const answer = await storedUpTo(service, "gone", "ann", sessionId, ticks - 1);
  assert.deepEqual(account(answer, answer.tick.at(-1)), { wrong: [], shown: [] });
  assert.ok(answer.series.upload.filter((/** @type {number | null} */ x) => x).length >= 4);
  // The final tick, made while the page went, came too late for the engine: a gap that is told.
  assert.deepEqual(
    answer.gaps.map((/** @type {any} */ gap) => gap.why),
    ["lost"],
  );
  await ann.close();
  await bob.close();
});

test("init says what is wrong with its options, and only init does", async () => {
  const tab = await openTab(
    chromium,
    site.url({ after: ["npm.js"], sdk: `${service.url}/sdk.mjs` }),
  );
  await until(() => tab.page.evaluate(() => Boolean(window.callvitals)), { what: "the import" });
  const said = await tab.page.evaluate(() => {
    try {
      window.callvitals.init({});
      return "";
    } catch (error) {
      return String(error);
    }
  });
  assert.match(said, /TypeError.*meeting/);
  await tab.page.evaluate(() => {
    window.callvitals.mark("x");
    window.callvitals.rate(5);
    return window.callvitals.stop();
  });
  assert.deepEqual(tab.said, []);
  await tab.close();
});
