// What the lanes of a meeting draw, in words and as a table; links that last; an axis over a change of
// the clocks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

process.env.TZ = "Europe/Berlin";
const { extended, laneOf, tableOf, wordsOf } = await load("meeting/lane");
const { ticks } = await load("meeting/ribbon");
const { lasting } = await load("participant/range");
const { meetingTicket } = await load("ui/ticket");

const piece = (t, score, more = {}) => ({
  t,
  score,
  bands: [],
  marks: [],
  state: "ready",
  ...more,
});
const band = (from, more = {}) => ({
  type: "high-loss",
  severity: "major",
  from,
  to: null,
  ...more,
});

test("a lane has all sessions of who came back, and no shape bridges the time between", () => {
  const pieces = new Map([
    ["old", piece([0, 1000, 2000], [4, 3, 2])],
    ["new", piece([60_000, 61_000], [4.4, 4.5])],
  ]);
  const lane = laneOf(["new", "old"], pieces);
  assert.deepEqual(lane.t, [0, 1000, 2000, 3000, 60_000, 61_000]);
  assert.deepEqual(lane.score, [4, 3, 2, null, 4.4, 4.5]);
  assert.equal(lane.state, "ready");
  assert.equal(laneOf(["new", "old", "third"], pieces).state, "loading");
});

test("of two sessions at the same time the headline's is drawn, the other where it is alone", () => {
  const pieces = new Map([
    ["head", piece([2000, 3000, 4000], [2, 2, 2])],
    ["other", piece([0, 1000, 2000, 3000, 4000, 5000], [4, 4, 4, 4, 4, 4])],
  ]);
  const { t, score } = laneOf(["head", "other"], pieces);
  assert.deepEqual(
    t.filter((_, i) => score[i] !== null),
    [0, 1000, 2000, 3000, 4000, 5000],
  );
  assert.deepEqual(
    score.filter((value) => value !== null),
    [4, 4, 2, 2, 2, 4],
  );
});

test("two issues of a kind that open in the same tick have keys of their own, and their session", () => {
  const pieces = new Map([["a", piece([0], [4], { bands: [band(7), band(7)] })]]);
  const { bands } = laneOf(["a"], pieces);
  assert.equal(new Set(bands.map(({ key }) => key)).size, 2);
  assert.equal(bands[1].sessionId, "a");
});

test("what could not be asked again stays and is called stale; what never came is a failure", () => {
  const stale = piece([0, 1000], [4, 4], { state: "stale" });
  assert.equal(laneOf(["a"], new Map([["a", stale]])).state, "stale");
  assert.deepEqual(laneOf(["a"], new Map([["a", stale]])).t, [0, 1000]);
  const failed = piece([], [], { state: "failed" });
  assert.equal(laneOf(["a"], new Map([["a", failed]])).state, "failed");
});

test("pushes go on a session's own line; one that is not new changes nothing", () => {
  const pieces = new Map([["a", piece([1000], [4])]]);
  const people = (t) => [{ sessions: [{ sessionId: "a", state: { t, score: 2 } }] }];
  assert.equal(extended(pieces, people(1000)), pieces);
  assert.deepEqual(extended(pieces, people(2000)).get("a").score, [4, 2]);
});

test("a lane in one sentence, and all of them as a table of the worst", () => {
  const lane = laneOf(
    ["a"],
    new Map([["a", piece([0, 5000, 10_000, 20_000], [4.4, 2, null, 4.4])]]),
  );
  assert.equal(
    wordsOf(lane, "Poor", ["high-loss", "high-loss"]),
    "Poor; poor for 50 % of the time; open: High loss.",
  );
  assert.equal(
    wordsOf(laneOf([], new Map()), "Unknown", []),
    "Unknown; not measured; no open issue.",
  );
  const { step, rows } = tableOf([lane, laneOf([], new Map())], { from: 0, to: 40_000 });
  assert.equal(step, 5000);
  assert.equal(new Set(rows.map(({ t }) => t)).size, 8);
  assert.ok(
    rows.every(({ cells }) => cells[1] === "–"),
    "a dash where there is nothing",
  );
  assert.deepEqual(
    rows.map(({ cells }) => cells[0]),
    ["4.4", "2.0", "–", "–", "4.4", "–", "–", "–"],
  );
});

test("an axis stays on round hours of the wall over a change of the clocks, either way", () => {
  for (const day of ["2025-10-25T16:30:00Z", "2025-03-29T16:30:00Z"]) {
    const from = Date.parse(day);
    const all = ticks({ from, to: from + 86_400_000 });
    assert.ok(all.length >= 4, day);
    for (const { text } of all) assert.match(text, /^(00|04|08|12|16|20):00$/, day);
  }
});

test("a link that lasts has the very minutes that were seen", () => {
  assert.equal(lasting("5m", 1_795_448_731_544), "1795448431544-1795448731544");
  assert.equal(lasting("1795448431544-1795448731544", 0), "1795448431544-1795448731544");
  assert.equal(lasting("all", 0), "all");
});

test("a ticket has no sentence where the core has none", () => {
  const all = {
    meetingId: "m",
    live: false,
    startedAt: 1,
    endedAt: 2,
    score: null,
    sentence: null,
  };
  const text = meetingTicket({ ...all, rating: "unknown", participants: [] }, "link");
  assert.match(text, /^m\n\nWhen: /);
});
