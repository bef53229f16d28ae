// @ts-check
/**
 * Calls that never start are told to the service with their reason, in one sentence; and the host app
 * hears samples, scores and issues from whatever computes.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  closing,
  connect,
  freePort,
  hangUp,
  launchChromium,
  openTab,
  startService,
  startSite,
  until,
} from "./harness.mjs";

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

/**
 * A tab with the tag, in a meeting of its own.
 * @param {string} meeting
 * @param {Partial<import("./lab/site.mjs").PageOptions>} [options]
 */
const visit = (meeting, options) =>
  openTab(
    chromium,
    site.url({
      tag: { src: service.url, meeting, participant: "p", engine: "micropython" },
      after: ["failed.js"],
      ...options,
    }),
  );

/** @param {string} meeting the session's state, once `wish` holds @param {(state: any) => unknown} wish */
const stateOf = (meeting, wish) =>
  until(
    async () => {
      const answer = await fetch(`${service.url}/api/meetings/${meeting}`);
      if (!answer.ok) return false;
      const told = await answer.json();
      const { state } = told.participants[0].sessions[0];
      return wish(state) && { ...told, state };
    },
    { what: meeting, within: 20000 },
  );

/** What the page hears: kept in the page, in order. @param {Awaited<ReturnType<typeof openTab>>} tab */
const listen = ({ page }) =>
  page.evaluate(() => {
    window.heard = [];
    for (const event of ["sample", "score", "issue"]) {
      window.callvitals.on(event, () => {
        throw new Error("a callback of the app's");
      });
      window.callvitals.on(event, (/** @type {any} */ data) => window.heard.push({ event, data }));
    }
  });
/** @param {Awaited<ReturnType<typeof openTab>>} tab @param {string} event */
const heard = ({ page }, event) =>
  page.evaluate((name) => {
    return window.heard.filter((one) => one.event === name).map((one) => one.data);
  }, event);

const NO_DEVICES = { "permissions-policy": "camera=(), microphone=()" };

/** @type {[string, string, RegExp, (port: number) => RTCConfiguration][]} */
const NO_WAY = [
  ["tcp", "turn-unreachable", /TURN/, (port) => relay(`turn:127.0.0.1:${port}?transport=tcp`)],
  ["udp", "turn-unreachable", /TURN/, (port) => relay(`turn:127.0.0.1:${port}`)],
  ["none", "no-candidates", /address/, () => ({ iceTransportPolicy: "relay" })],
];
/** @param {string} urls @returns {RTCConfiguration} */
const relay = (urls) => ({
  iceTransportPolicy: "relay",
  iceServers: [{ urls, username: "ada", credential: "secret" }],
});

describe("calls that never start", { concurrency: true }, () => {
  test("a refused camera is told, to the service and to the app, in the same words", async (t) => {
    const tab = await visit("refused", { headers: NO_DEVICES });
    t.after(tab.close);
    await listen(tab);
    const error = await tab.page.evaluate(() => window.failed.ask({ audio: true, video: true }));
    assert.equal(error, "NotAllowedError");
    const { state, sentence } = await stateOf(
      "refused",
      ({ issues }) => Object.keys(issues).length,
    );
    assert.deepEqual(state.capture.getUserMedia, {
      ...{ state: "failed", error: "NotAllowedError", audio: true, video: true },
      since: state.capture.getUserMedia.since,
    });
    const [open] = Object.values(state.issues);
    assert.equal(open.type, "no-permission");
    assert.match(sentence, /permission/);
    const [issue] = await until(async () => {
      const all = await heard(tab, "issue");
      return all.length ? all : null;
    });
    assert.deepEqual([issue.kind, issue.type, issue.severity], ["open", open.type, open.severity]);
    assert.equal(issue.sentence, open.sentence);
    assert.ok(Math.abs(issue.since - Date.now()) < 20_000);
  });

  test("who leaves at once after a refusal is known all the same", async (t) => {
    const tab = await visit("left", { headers: NO_DEVICES });
    t.after(tab.close);
    await tab.page.evaluate(() => window.failed.ask({ video: true }));
    await tab.page.goto("about:blank");
    const events = await until(async () => {
      const url = `${service.url}/api/meetings/left/participants/p/events`;
      /** @type {any[]} */
      const all = (await (await fetch(url)).json()).events ?? [];
      return all.some(({ type }) => type === "media") ? all : null;
    });
    const failed = events.find(({ type, ok }) => type === "media" && ok === false);
    assert.deepEqual([failed.error, failed.video, failed.audio], ["NotAllowedError", true, false]);
  });

  test("a connection that cannot come about tells why", async (t) => {
    const port = await freePort();
    await Promise.all(
      NO_WAY.map(async ([name, why, words, configuration]) => {
        const tab = await visit(name);
        t.after(tab.close);
        await tab.page.evaluate((given) => window.failed.connect(given), configuration(port));
        const { state, sentence } = await stateOf(name, ({ pcs }) => pcs?.c0?.failed);
        assert.equal(state.pcs.c0.failed, why, name);
        assert.match(sentence, words);
        const [issue] = Object.values(state.issues);
        assert.equal(issue.type, "connect-failed");
        assert.ok(!JSON.stringify(state).match(/ada|secret|127\.0\.0\.1/), "no name is told");
      }),
    );
  });
});

test("in a call: times of setup, samples, the score, labels of receivers, marks", async (t) => {
  const a = await visit("call");
  const b = await openTab(chromium, site.url({}));
  t.after(() => Promise.all([a.close(), b.close()]));
  await listen(a);
  const began = Date.now();
  await connect(a, b);
  await a.page.evaluate(() => {
    for (const receiver of window.lab.pc?.getReceivers() ?? [])
      window.callvitals.label(receiver, { participant: "bob", source: "camera" });
    window.callvitals.mark("joined");
    window.callvitals.rate(4, "fine");
  });
  const { state } = await stateOf("call", ({ pcs, labels }) => {
    const { firstFrameTime, firstSoundTime } = pcs?.c0 ?? {};
    return firstFrameTime && firstSoundTime && Object.keys(labels).length === 2;
  });
  const { connectTime, firstFrameTime, firstSoundTime } = state.pcs.c0;
  const sum = (Date.now() - began) / 1000;
  assert.ok(connectTime > 0 && connectTime < firstFrameTime + 0.5 && connectTime < sum);
  assert.ok(firstFrameTime < sum && firstSoundTime < sum);
  assert.deepEqual(Object.values(state.labels), [
    { participant: "bob", source: "camera" },
    { participant: "bob", source: "camera" },
  ]);
  const samples = await until(async () => {
    const all = await heard(a, "sample");
    return all.at(-1)?.values.download > 0 ? all : null;
  });
  assert.ok(samples.every(({ t }, i) => i === 0 || t > samples[i - 1].t));
  const [score] = await heard(a, "score");
  assert.deepEqual(score, {
    name: "score",
    value: null,
    rating: "unknown",
    reasons: {},
    sentence: "",
  });
  assert.deepEqual(await a.page.evaluate(() => window.callvitals.score()), score);
  await hangUp(a, b);
  const events = `${service.url}/api/meetings/call/participants/p/events`;
  await until(async () => {
    /** @type {{type: string}[]} */
    const all = (await (await fetch(events)).json()).events;
    const types = all.map(({ type }) => type);
    return ["mark", "label", "rate"].every((type) => types.includes(type));
  });
  assert.ok(a.said.some(({ text }) => text.includes("a callback of yours threw")));
});
