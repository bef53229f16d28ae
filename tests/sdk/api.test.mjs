// The API where there is no page (server-side rendering), and the small pure parts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, python } from "./load.mjs";

const sdk = await load("index");
const { cleanObject } = await load("clean");
const { facts } = await load("device");
const { isShared } = await load("session");
const { bareLog, createBeacon } = await load("farewell");
const { createKeep } = await load("keep");
const { createStore } = await load("ring");

test("importable without a window: all calls do nothing, only init complains", async () => {
  assert.throws(() => sdk.init({}), /TypeError: callvitals: init needs a meeting/);
  assert.throws(() => sdk.init(), TypeError);
  sdk.init({ meeting: "m" });
  sdk.watch({ getStats() {} });
  sdk.mark("x", { y: 1 });
  sdk.label("t", { source: "screen" });
  sdk.rate(5, "fine");
  const off = sdk.on("mode", () => {});
  off();
  assert.equal(sdk.debug.info(), null);
  assert.equal(await sdk.debug.state(), null);
  assert.equal(await sdk.score(), null);
  await sdk.stop();
});

test("wrong arguments are said in the console, not thrown", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const wrong = [
    () => sdk.watch(null),
    () => sdk.watch({}),
    () => sdk.label(null, {}),
    () => sdk.label("t"),
    () => sdk.on("toString", () => {}),
  ];
  for (const [i, call] of wrong.entries()) {
    call();
    assert.equal(warn.mock.callCount(), i + 1, String(call));
    assert.match(warn.mock.calls[i].arguments[0], /^callvitals: (?!callvitals)./);
  }
});

test("what the app hands over is made fit for the wire", () => {
  const deep = { a: { b: { c: { d: 1 } } } };
  const given = {
    text: "x".repeat(2000),
    whole: 7,
    part: 0.5,
    yes: true,
    nothing: null,
    missing: undefined,
    list: [1, 2],
    run: () => 1,
    ...deep,
  };
  const kept = cleanObject(given);
  assert.deepEqual(kept, {
    text: "x".repeat(1000),
    whole: 7,
    part: "0.5",
    yes: true,
    list: "1,2",
    a: { b: "[object Object]" },
  });
  const many = Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`k${i}`, i]));
  assert.equal(Object.keys(cleanObject(many)).length, 32);
});

test("facts name families, and hold what the wire can hold", () => {
  const agents = [
    [
      "chrome",
      "150",
      "linux",
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    ],
    [
      "edge",
      "149",
      "windows",
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36 Edg/149.0.0.0",
    ],
    [
      "firefox",
      "153",
      "macos",
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0",
    ],
    [
      "safari",
      "18",
      "ios",
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    ],
    [
      "chrome",
      "150",
      "android",
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36",
    ],
  ];
  for (const [browser, browserVersion, os, userAgent] of agents) {
    const told = facts({ userAgent, hardwareConcurrency: 8, deviceMemory: 0.5 }, "1.2.3");
    const mobile = os === "ios" || os === "android";
    assert.deepEqual(told, {
      sdk: "1.2.3",
      browser,
      browserVersion,
      os,
      mobile,
      cores: 8,
      memoryGb: 1,
    });
  }
  assert.deepEqual(facts({ userAgent: "?" }, "1"), { sdk: "1", mobile: false });
  const connection = { effectiveType: "3g", type: "wifi" };
  assert.equal(facts({ userAgent: "", connection }, "1").connection, "wifi");
});

test("share picks the same sessions always, and about as many as it says", () => {
  const ids = Array.from({ length: 1000 }, (_, i) =>
    ((i * 2654435761) >>> 0).toString(16).padStart(8, "0"),
  );
  const shared = (percent) => ids.filter((id) => isShared(id, percent));
  assert.deepEqual([shared(0).length, shared(100).length], [0, 1000]);
  assert.ok(Math.abs(shared(25).length - 250) < 10);
  assert.ok(shared(10).every((id) => isShared(id, 20)));
});

test("the farewell claims the session anew and stays within a beacon", () => {
  const store = createStore();
  store.hostNumber = 3;
  store.sessionToken = "secret";
  const sent = [];
  const options = { server: "https://cv.example", meetingId: "m", key: "k" };
  const beacon = createBeacon(options, "f".repeat(32), store, (url, text) => {
    sent.push({ url, text, ...JSON.parse(text) });
  });
  const keep = createKeep(store, () => 0);
  for (let tick = 0; tick < 3000; tick++) {
    const t = 1_795_448_731_544 + 1000 * tick;
    const text = JSON.stringify({ tick, t, values: { upload: tick }, events: [] });
    keep.take({ do: "row", tick, text });
  }
  beacon({ log: keep.log([]), last: 2999 });
  assert.equal(sent[0].url, "https://cv.example/ingest/last");
  assert.deepEqual(sent[0].auth, {
    protocol: 1,
    key: "k",
    sessionToken: "secret",
    sessionId: "f".repeat(32),
    conn: 4 * 65536,
    meetingId: "m",
  });
  assert.equal(sent[0].last, 2999);
  assert.equal(sent[0].log.from, 0);
  assert.ok(sent[0].log.to > 500);
  assert.ok(sent[0].text.length <= 60_000);
  keep.take({ do: "stored", through: 2998 });
  beacon({ log: keep.log([{ tick: 3000, t: 5, events: [], parts: [] }]) });
  // What no socket can say takes the session from no later connect.
  beacon({ state: { engine: "pyodide", why: "no socket" } }, 4 * 65536 + 3);
  const [rest, cut] = sent.slice(1);
  assert.deepEqual([cut.state.why, cut.auth.conn], ["no socket", 4 * 65536 + 3]);
  assert.equal(cut.log, undefined);
  assert.deepEqual([rest.log.from, rest.log.to, rest.auth.conn], [2999, 2999, 5 * 65536]);
  assert.ok(!("last" in rest));
});

test("what happened is told although nothing ever computed, as the core reads it", () => {
  const store = createStore();
  const keep = createKeep(store, () => 0);
  const event = { type: "media", what: "getUserMedia", ok: false, error: "NotAllowedError" };
  const ticks = [7, 8, 9].map((tick) => ({
    tick,
    t: 1_795_448_731_544 + 1100 * tick,
    events:
      tick === 8
        ? [
            { type: "facts", facts: {} },
            { ...event, at: -20 },
          ]
        : [],
    parts: [],
  }));
  for (const log of [bareLog(ticks), keep.log(ticks)]) {
    const [from, to, lost, rows] = python(
      "from callvitals import wire\nprint(json.dumps(wire.decode_log(read)))",
      log,
    );
    assert.deepEqual([from, to, lost], [7, 9, 7]);
    assert.deepEqual(
      rows,
      ticks.map(({ tick, t, events }) => ({ tick, t, values: {}, events: events.slice(1) })),
    );
  }
  assert.equal(bareLog([]), undefined);
  const big = Array.from({ length: 120 }, (_, tick) => ({
    tick,
    t: 1000 * tick,
    events: [{ type: "mark", name: "x".repeat(900) }],
    parts: [],
  }));
  const log = bareLog(big);
  assert.ok(JSON.stringify(log).length <= 52_000);
  assert.deepEqual([log.to, log.lost], [119, log.from]);
  assert.ok(log.from > 0 && log.from < 100);
});
