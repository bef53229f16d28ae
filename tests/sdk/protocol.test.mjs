// docs/protocol.md is true of what TypeScript says by itself: before an engine is up, without one,
// without a socket, and when the page goes. (The rest is tests/core/test_protocol_doc.py.)

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load, root } from "./load.mjs";

const { Starter } = await load("host/starter");
const { createBeacon } = await load("farewell");
const { createKeep } = await load("keep");
const { createStore } = await load("ring");

const text = readFileSync(`${root}docs/protocol.md`, "utf8");
const blocks = Object.fromEntries(
  [...text.matchAll(/^```json ([a-z-]+)\n(.*?)\n```$/gms)].map(([, name, json]) => [
    name,
    JSON.parse(json),
  ]),
);
const AT = blocks.hello.now - 40; // the page's clock is 40 ms behind
const { auth } = blocks;

/** What the starter says, from its `hello` on. */
function starter(where) {
  const sent = [];
  const made = new Starter(where, { sdk: "0.1.0" }, (event, data) => {
    sent.push({ event, data: JSON.parse(JSON.stringify(data)) });
    return true;
  });
  made.hello(blocks.hello, AT);
  return { made, sent };
}

/** What a beacon says. `told`: the session token was heard. */
function beacon(told, ...said) {
  const store = createStore();
  store.hostNumber = 1;
  if (told) store.sessionToken = blocks.hello.sessionToken;
  const sent = [];
  const { sessionId, meetingId, participantId, name } = auth;
  const options = { server: "https://cv.example", meetingId, participantId, name };
  createBeacon(options, sessionId, store, (_url, body) => sent.push(JSON.parse(body)))(...said);
  return sent[0];
}

test("the starter's state", () => {
  const { made, sent } = starter("worker");
  made.why = "default";
  made.tick = 0;
  made.say(AT + 10);
  assert.deepEqual(sent, [{ event: "meeting:metrics", data: blocks.starting }]);
});

test("a page without an engine", () => {
  const { made, sent } = starter("main");
  made.engine = "none";
  made.why = blocks.none.metrics.why;
  made.tick = 9;
  made.say(AT + 9000);
  made.poll(AT + 10_000);
  assert.deepEqual(sent.at(-1), { event: "meeting:metrics", data: blocks.none });
});

test("the beacons of a page that goes, and of one without a socket", () => {
  const keep = createKeep(createStore(), () => 0);
  keep.take({ do: "stored", through: 6 });
  for (const tick of [7, 8]) {
    const row = { tick, t: 1795448731000 + 1000 * tick, values: { upload: 64000 }, events: [] };
    keep.take({ do: "row", tick, text: JSON.stringify(row) });
  }
  assert.deepEqual(beacon(true, { log: keep.log([]), last: 9 }), blocks.last);
  const { state } = blocks.unheard;
  assert.deepEqual(beacon(false, { state }, 65539), blocks.unheard);
});
