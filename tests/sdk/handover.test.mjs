// From the page's ticks to what travels: nothing is lost of what came before it could be packed, and
// the page is not blocked by packing it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { createHandover } = await load("handover");
const { createTelling } = await load("telling");
const { createStore, push } = await load("ring");
const { SCHEMA, TEXT } = await load("generated/fields");

const report = (id) => new Map([[id, { type: "transport", id, timestamp: 1 }]]);
const entry = (tick, parts) => ({ tick, t: 1000 * tick, events: [], parts });
const values = (tick) => [...new Float64Array(tick.packed)];

test("a report is kept as it came until it is known how to pack it, then nothing differs", () => {
  const store = createStore();
  const late = createHandover(store, () => 0);
  assert.equal(late.pack("0", report("T")), undefined);
  for (const n of [0, 1])
    push(
      store,
      entry(n, [
        { id: "0", report: report("T") },
        { id: "1", report: report("U") },
      ]),
    );
  assert.deepEqual(late.learn(SCHEMA, [...TEXT]), SCHEMA);
  assert.equal(late.packRing(), true);
  assert.ok(store.ring.every(({ parts }) => parts.every((part) => part instanceof Float64Array)));

  const early = createHandover(createStore(), () => 0);
  early.learn(SCHEMA, [...TEXT]);
  const parts = () => [early.pack("0", report("T")), early.pack("1", report("U"))];
  const wanted = [early.tick(entry(0, parts())), early.tick(entry(1, parts()))];
  const got = store.ring.map(late.tick);
  assert.deepEqual(got.map(values), wanted.map(values));
  assert.deepEqual(late.strings(), early.strings());
  assert.deepEqual(got[0].strings, { at: 0, list: ["0", "T", "1", "U"] });
  assert.deepEqual(got[1].strings, { at: 4, list: [] });
  // A transfer must not empty the ring.
  structuredClone(got[0], { transfer: [got[0].packed] });
  assert.deepEqual(values(late.tick(store.ring[0])), values(wanted[0]));
});

test("a full ring is packed in pieces, so that the page goes on between them", () => {
  const store = createStore();
  let ms = 0;
  const handover = createHandover(store, () => ms);
  const slow = {
    forEach(visit) {
      ms += 3;
      report("T").forEach(visit);
    },
  };
  for (let n = 0; n < 10; n++) push(store, entry(n, [{ id: "0", report: slow }]));
  handover.learn(SCHEMA, [...TEXT]);
  let pieces = 1;
  while (!handover.packRing()) pieces++;
  assert.equal(ms, 30, "each report is read once");
  assert.equal(pieces, 4);
});

test("the first host's word holds: another table does not mix with rows packed already", () => {
  const handover = createHandover(createStore(), () => 0);
  handover.learn(SCHEMA, [...TEXT]);
  assert.deepEqual(handover.learn([["pc", ["id"]]], ["id"]), SCHEMA);
});

test("listeners hear of each tick once, and of a score when it changes", () => {
  const heard = [];
  const tell = createTelling((event, data) => heard.push([event, data]));
  const score = (value) => ["score", { name: "score", value }];
  const say = (tick, ...list) => tell(tick, JSON.stringify(list));
  say(0, ["sample", { t: 0 }], score(null));
  say(1, ["sample", { t: 1 }], score(null), ["issue", { id: "i0", kind: "open" }]);
  say(1, ["sample", { t: 1 }], score(null), ["issue", { id: "i0", kind: "open" }]); // replayed
  say(0, ["sample", { t: 0 }], score(4));
  say(2, score(4.1));
  assert.deepEqual(heard, [
    ["sample", { t: 0 }],
    score(null),
    ["sample", { t: 1 }],
    ["issue", { id: "i0", kind: "open" }],
    score(4.1),
  ]);
});
