// The dashboard's pure parts: order of the list, columns, ribbon, ranges, addresses, numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { accept, NO_LINES, release, rowAt } = await load("meetings/order");
const { addRows, columns } = await load("participant/columns");
const { joined, ribbon, ticks } = await load("meeting/ribbon");
const { parseRange, rangeText, spanOf, zoomed } = await load("participant/range");
const { forAll, linesOf, reach, sideOf } = await load("meeting/verdict");
const { bandsOf } = await load("ui/bands");
const format = await load("format");
const { href, parse } = await load("route");

const row = (id, score) => ({ meetingId: id, score });
const answer = (items, more = {}) => ({ from: 0, total: items.length, items, ...more });
const names = (lines) => Array.from({ length: lines.total }, (_, i) => rowAt(lines, i)?.meetingId);

test("while the list is held, lines keep their meeting and only their words change", () => {
  const before = accept(NO_LINES, answer([row("a", 1), row("b", 2), row("c", 3)]), "");
  const after = accept(before, answer([row("c", 0.5), row("b", 2.2), row("a", 1)]), "read");
  assert.deepEqual(names(after), ["a", "b", "c"]);
  assert.equal(rowAt(after, 2).score, 0.5);
  assert.equal(after.moved, 2);
  const passing = accept(before, answer([row("c", 0.5), row("b", 2.2), row("a", 1)]), "moving");
  assert.deepEqual(names(passing), ["a", "b", "c"]);
  assert.equal(passing.moved, 0, "nobody waits for the new order");
  const free = release(after, 3);
  assert.deepEqual(names(free), ["c", "b", "a"]);
  assert.equal(free.moved, 0);
});

test("a held list keeps what left the window, and does not shrink", () => {
  const before = accept(NO_LINES, answer([row("a", 1), row("b", 2)]), "");
  const after = accept(before, answer([row("b", 2)]), "read");
  assert.deepEqual(names(after), ["a", "b"]);
  assert.deepEqual(names(accept(after, answer([row("b", 2)]), "")), ["b"]);
});

test("a window in the middle fills its own lines only", () => {
  const lines = accept(NO_LINES, answer([row("x", 3)], { from: 40, total: 100 }), "");
  assert.equal(lines.total, 100);
  assert.equal(rowAt(lines, 0), undefined);
  assert.equal(rowAt(lines, 40).meetingId, "x");
});

const told = (rtt) => ({ level: "raw", ticks: 9, series: rtt ? { rtt } : {} });
const rows = (t, rtt) => ({ sessionId: "s", t, series: { rtt } });

test("columns: live rows are joined after the answer, each once; both numbers are told", () => {
  const got = { ...rows([1000, 2000], [0.1, 0.2]), shown: 2, stats: told() };
  const out = columns(got, rows([2000, 3000, 4000], [9, 0.3, null]), ["rtt"]);
  assert.deepEqual(out.t, [1000, 2000, 3000, 4000]);
  assert.deepEqual(out.series.rtt, [0.1, 0.2, 0.3, null]);
  assert.deepEqual([out.shown, out.ticks], [4, 11]);
  const part = columns(got, rows([3000, 4000], [0.3, 0.4]), ["rtt"], 3500);
  assert.deepEqual(part.t, [1000, 2000, 3000], "of a fixed range no more than is in it");
});

test("columns: what a live row tells that is worse is the worst, in whatever way it is bad", () => {
  const known = { median: 0.1, worst: 0.2, at: 2000 };
  const got = { ...rows([1000, 2000], [0.1, 0.2]), shown: 2, stats: told(known) };
  const worst = (/** @type {number[]} */ live) =>
    columns(got, rows([3000, 4000], live), ["rtt"]).stats.rtt;
  assert.deepEqual(worst([0.05, 0.1]), known);
  assert.deepEqual(worst([0.3, 0.25]), { median: 0.1, worst: 0.3, at: 3000 });
  const score = { ...got, series: { score: [4, 3] } };
  score.stats = { ...got.stats, series: { score: { median: 3, worst: 3, at: 2000 } } };
  const live = { sessionId: "s", t: [3000], series: { score: [2] } };
  assert.equal(columns(score, live, ["score"]).stats.score.worst, 2);
});

test("columns: no line bridges a gap, told by the service or seen in the live rows", () => {
  const gaps = [{ from: 2000, to: 60_000, why: "lost" }];
  const got = { ...rows([1000, 2000, 60_000], [1, 2, 3]), shown: 3, stats: told(), gaps };
  const out = columns(got, rows([61_000, 90_000], [4, 5]), ["rtt"]);
  assert.deepEqual(out.t, [1000, 2000, 2001, 60_000, 61_000, 61_001, 90_000]);
  assert.deepEqual(out.series.rtt, [1, 2, null, 3, 4, null, 5]);
});

test("live rows: in order, no doubles, a bounded number, a new session starts anew", () => {
  let tail = addRows(null, rows([1, 2], [10, 20]));
  tail = addRows(tail, rows([2, 3], [20, 30]));
  assert.deepEqual(tail.t, [1, 2, 3]);
  assert.deepEqual(tail.series.rtt, [10, 20, 30]);
  tail = addRows(tail, { sessionId: "s", t: [4], series: { score: [5] } });
  assert.deepEqual(tail.series.rtt, [10, 20, 30, null]);
  assert.deepEqual(tail.series.score, [null, null, null, 5]);
  for (let i = 5; i < 4000; i += 500) {
    const t = Array.from({ length: 500 }, (_, n) => i + n);
    tail = addRows(tail, rows(t, t));
  }
  assert.equal(tail.t.length, 1800);
  assert.equal(tail.series.rtt.length, 1800);
  assert.deepEqual(addRows(tail, { sessionId: "z", t: [1], series: {} }).t, [1]);
});

test("ribbon: colours by rating, heights by score, hatched where nothing was measured", () => {
  const span = { from: 0, to: 100_000 };
  const t = [0, 20_000, 40_000, 60_000];
  const shape = ribbon(t, [4.5, 3.5, null, 2], span, "ended");
  assert.match(shape.paths.good, /^M0 32V4H200V32Z$/);
  assert.match(shape.paths.fair, /^M200 32V12H400V32Z$/);
  assert.match(shape.paths.poor, /^M600 32V24H800V32Z$/);
  assert.deepEqual(shape.gaps, [[400, 600]]);
});

test("ribbon: a lost participant is hatched from the last sample on, one who left is not", () => {
  const span = { from: 0, to: 100_000 };
  assert.deepEqual(ribbon([0, 10_000], [4, 4], span, "lost").gaps, [[200, 1000]]);
  assert.deepEqual(ribbon([0, 10_000], [4, 4], span, "left").gaps, []);
});

test("ribbon: a declared gap becomes a null between its neighbours", () => {
  const out = joined([0, 1000, 9000], [4, 4, 4], [{ from: 1000, to: 9000 }]);
  assert.deepEqual(out, { t: [0, 1000, 1000, 9000], score: [4, 4, null, 4] });
});

test("ticks: round times, never more than nine, inside the axis", () => {
  for (const length of [10_000, 61_000, 3_600_000, 86_400_000]) {
    const from = 1_795_448_731_544;
    const all = ticks({ from, to: from + length });
    assert.ok(all.length >= 1 && all.length <= 9, `${length}: ${all.length}`);
    for (const tick of all) assert.ok(tick.at >= 0 && tick.at <= 1 && tick.t % 5000 === 0);
  }
});

test("ranges: text and back, nonsense is the whole call", () => {
  for (const text of ["all", "5m", "60m", "1795448731000-1795448791000"]) {
    assert.equal(rangeText(parseRange(text)), text);
  }
  for (const text of ["", "m", "9-5", "1795448791000-1795448731000", "-5m", "99999999m"]) {
    assert.equal(parseRange(text).kind, "all", text);
  }
});

test("zoom: halves around the middle, stays inside, and out to the whole call is all again", () => {
  const whole = { from: 0, to: 800_000 };
  assert.deepEqual(zoomed(whole, whole, 0.5), { kind: "fixed", from: 200_000, to: 600_000 });
  const near = zoomed({ from: 0, to: 200_000 }, whole, 2);
  assert.deepEqual(near, { kind: "fixed", from: 0, to: 400_000 });
  assert.deepEqual(zoomed({ from: 100_000, to: 700_000 }, whole, 4), { kind: "all" });
  const tight = zoomed({ from: 1000, to: 2000 }, whole, 0.5);
  assert.ok(tight.to - tight.from >= 5000);
  assert.deepEqual(spanOf({ kind: "last", ms: 60_000 }, whole), { from: 740_000, to: 800_000 });
});

test("issues: opened and closed by key, an open one reaches on, the state's is not doubled", () => {
  const open = { type: "issue-open", issue: "i0", name: "outage", severity: "major" };
  const events = [
    { ...open, t: 5, since: 4, sentence: "a" },
    { ...open, issue: "i1", t: 7, since: 7 },
    { ...open, type: "issue-close", t: 9, until: 9, sentence: "b" },
  ];
  const state = [{ type: "outage", severity: "major", since: 7, sentence: "c" }];
  const bands = bandsOf(events, state);
  assert.deepEqual(
    bands.map((b) => [b.from, b.to, b.sentence]),
    [
      [4, 9, "b"],
      [7, null, "c"], // what it says of this moment
    ],
  );
  assert.equal(bandsOf([], state)[0].sentence, "c");
});

test("numbers: three digits and a unit", () => {
  const { said } = format;
  assert.equal(said("bits", 1_234_567), "1.23 Mbit/s");
  assert.equal(said("bits", 0), "0 bit/s");
  assert.equal(said("seconds", 0.0843), "84 ms");
  assert.equal(said("seconds", 0.0042), "4.2 ms");
  assert.equal(said("share", 0.1123), "11.2 %");
  assert.equal(said("share", 0.0004), "0.04 %");
  assert.equal(said("score", null), "–");
  assert.equal(said("fps", Number.NaN), "–");
  assert.equal(format.length(3_723_000), "1:02:03");
  assert.equal(format.length(null), "–");
  assert.equal(format.length(-5), "0:00");
});

test("addresses: every screen and filter, ids of any shape, there and back", () => {
  const odd = "a/b?c#d%25 é<b>";
  const routes = [
    { page: "meetings", live: true, search: "", rating: "", range: "" },
    { page: "meetings", live: false, search: "x & y", rating: "failed", range: "1795000000000-" },
    { page: "meeting", meetingId: odd },
    { page: "meeting", meetingId: odd, started: "1795000000000" },
    { page: "participant", meetingId: odd, participantId: odd, session: "s", range: "5m" },
  ];
  for (const route of routes) {
    const url = new URL(href(route), "http://h");
    assert.deepEqual(parse(url.pathname, url.search), route);
  }
  assert.equal(parse("/m/%E0%A4%A", "").page, "lost");
  assert.equal(parse("/nothing", "").page, "lost");
  assert.equal(parse("/", "?rating=purple").rating, "");
  assert.deepEqual(parse("/m/x", "?started=soon"), { page: "meeting", meetingId: "x" });
});

test("a meeting's issues are joined with what each participant says of them", () => {
  const open = (direction, sentence) => ({
    presence: "live",
    sessionId: direction,
    state: {
      issues: { i0: { type: "high-loss", since: 5, sentence, evidence: { direction } } },
    },
  });
  const fault = { side: "sender", participant: "b", confidence: "high", because: "…" };
  const issue = { type: "high-loss", since: 5, severity: "major", sentence: "…", fault };
  const meeting = {
    participants: [
      { participantId: "a", name: "Ada", sessions: [open("out", "out!"), open("in", "in!")] },
      { participantId: "b", name: null, sessions: [] },
    ],
    issues: [
      { ...issue, direction: "in", scope: "several", participants: ["a", "b"], present: 4 },
      { ...issue, direction: "out", scope: "everyone", participants: ["a"], present: 1, until: 9 },
    ],
  };
  const [first, second] = linesOf(meeting);
  assert.deepEqual(first.people, [
    { participantId: "a", name: "Ada", sentence: "in!", over: false },
    { participantId: "b", name: "b", sentence: "", over: true },
  ]);
  assert.equal(second.people[0].sentence, "out!");
  assert.notEqual(first.key, second.key);
  assert.equal(forAll(meeting), undefined, "its sentence is about something else");
  meeting.sentence = meeting.issues[1].sentence = "All!";
  assert.equal(forAll(meeting), meeting.issues[1]);
  assert.deepEqual(meeting.issues.map(reach), ["2 of 4", "everyone"]);
  const nameOf = (id) => id.toUpperCase();
  assert.equal(sideOf(issue, nameOf), "Sender: B");
  assert.equal(sideOf({ fault: { side: "path" } }, nameOf), "Common path");
  assert.equal(sideOf({ fault: { side: "unknown" } }, nameOf), "");
  assert.deepEqual(linesOf({ participants: [] }), []);
});

test("addresses of the other screens: path below the section and query come back", () => {
  const route = { page: "section", id: "http", rest: ["GET /a b"], ask: { range: "24h" } };
  const [path, query] = href(route).split("?");
  assert.equal(path, "/http/GET%20%2Fa%20b");
  assert.deepEqual(parse(path, query), route);
  assert.equal(parse("/nowhere", "").page, "lost");
});
