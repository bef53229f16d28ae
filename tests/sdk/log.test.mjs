// The beacon's log equals the core's, to the byte, and the ring and outbox keep what they must.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, python } from "./load.mjs";

const { encodeLog } = await load("log");
const { createOutbox } = await load("outbox");
const { createKeep } = await load("keep");
const { createStore, push } = await load("ring");

const ENCODE = `
from callvitals import wire
rows = [json.loads(r["text"]) for r in read["rows"]]
ours = wire.encode_log(rows, read["lost"])
print(json.dumps({"equal": wire.text(ours) == wire.text(read["log"]), "read": wire.decode_log(read["log"])[:3]}))`;

/** Rows as an engine makes them; a column comes and goes, an integer is negative. */
function rows(from, count) {
  return Array.from({ length: count }, (_, i) => {
    const tick = from + i;
    const values = { upload: 1000 * tick, score: 432 - (tick % 7) };
    if (tick % 3) values["loss.s0"] = -tick;
    const events = tick % 5 ? [] : [{ type: "mark", name: `é${tick}`, data: { n: tick } }];
    return {
      tick,
      text: JSON.stringify({ tick, t: 1_795_448_731_544 + 1000 * tick, values, events }),
    };
  });
}

test("encodeLog is the core's encode_log", () => {
  for (const [from, count] of [
    [0, 1],
    [4, 37],
    [100, 200],
  ]) {
    const made = rows(from, count);
    const log = encodeLog(made, from - 1, 1e6);
    const told = python(ENCODE, { rows: made, log, lost: 0 });
    assert.deepEqual(told, { equal: true, read: [from, from + count - 1, 0] });
  }
});

test("rows that are stored are left out, a hole before them is declared", () => {
  const made = rows(10, 5);
  const log = encodeLog(made, 5, 1e6);
  assert.deepEqual([log.from, log.to, log.lost], [10, 14, 4]);
  assert.equal(python(ENCODE, { rows: made, log, lost: 4 }).equal, true);
  const after = encodeLog(made, 12, 1e6);
  assert.deepEqual([after.from, after.to, after.lost], [13, 14, undefined]);
  assert.equal(encodeLog(made, 14, 1e6), undefined);
});

test("a log stops at a hole within, and at its size", () => {
  const made = [...rows(0, 3), ...rows(5, 3)];
  assert.equal(encodeLog(made, -1, 1e6).to, 2);
  const size = made[0].text.length;
  assert.equal(encodeLog(made, -1, size * 2).to, 1);
  assert.equal(encodeLog(made, -1, 10), undefined);
});

test("the outbox keeps a row once, counts unequal twins, forgets what is stored", () => {
  const outbox = createOutbox();
  outbox.add(0, "a", 0);
  outbox.add(1, "b", 0);
  outbox.add(1, "b", 0);
  outbox.add(1, "x", 0);
  assert.deepEqual([outbox.size(), outbox.unequal, outbox.chars()], [2, 1, 2]);
  outbox.forget(0);
  outbox.add(0, "a", 0);
  assert.deepEqual(outbox.rows(), [{ tick: 1, text: "b" }]);
  assert.deepEqual([outbox.through, outbox.last()], [0, 1]);
  outbox.forget(7);
  assert.deepEqual([outbox.size(), outbox.chars(), outbox.last()], [0, 0, 7]);
});

test("the outbox holds an hour or 1 MB: the oldest go first, counted", () => {
  const outbox = createOutbox();
  outbox.add(0, "old", 0);
  outbox.add(1, "x", 3_000_000);
  outbox.add(2, "y", 3_600_001);
  assert.deepEqual([outbox.rows().map((row) => row.tick), outbox.dropped], [[1, 2], 1]);
  const big = "z".repeat(400_000);
  for (let tick = 3; tick < 8; tick++) outbox.add(tick, big, 3_600_002);
  assert.deepEqual(
    outbox.rows().map((row) => row.tick),
    [6, 7],
  );
  assert.equal(outbox.dropped, 6);
});

test("the ring is bounded and counts what it dropped; a checkpoint empties it", () => {
  const store = createStore();
  const keep = createKeep(store, () => 0);
  for (let tick = 0; tick < 122; tick++) push(store, { tick, t: tick, events: [], parts: [] });
  assert.deepEqual([store.ring.length, store.ring[0].tick, store.dropped], [120, 2, 2]);
  keep.take({ do: "checkpoint", tick: 120, text: "{}" });
  assert.deepEqual(
    store.ring.map(({ tick }) => tick),
    [121],
  );
});
