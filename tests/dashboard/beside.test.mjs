// Pure parts of the screens beside the calls: questions, sums, words, exports.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { errorStatus, perMinute, query, spanQuery } = await load("http/ask");
const { keepLines } = await load("jobs/order");
const { byValue, failedShare, periods, share, stars, topOf, worstFirst } =
  await load("trends/sums");
const { leads, scaled, secondsOf, sentenceOf, spanText, typed } = await load("alerts/words");
const { change, valueText } = await load("settings/words");
const { orderOf, orderText } = await load("ui/list", "tsx");
const format = await load("format");

test("ranges of the address as REST wants them; nonsense is the usual one", () => {
  assert.deepEqual(spanQuery("7d"), { range: "7d" });
  assert.deepEqual(spanQuery("1795448731000-1795448791000"), {
    from: "1795448731000",
    to: "1795448791000",
  });
  for (const odd of ["", "7w", "0d", "<b>", "-1h"])
    assert.deepEqual(spanQuery(odd), { range: "24h" });
  assert.equal(query({ a: "x y", b: undefined, c: "" }), "a=x+y&c=");
  assert.deepEqual(orderOf("-p95", {}), { field: "p95", down: true });
  assert.equal(orderText(orderOf("route", {})), "route");
  assert.deepEqual([0, 0.0099, 0.01, 0.05].map(errorStatus), [
    undefined,
    undefined,
    "fair",
    "poor",
  ]);
});

const tally = (start, by, value, more) => ({
  start,
  by,
  value,
  minutes: 0,
  goodMinutes: 0,
  fairMinutes: 0,
  poorMinutes: 0,
  joined: 0,
  failed: 0,
  count: 0,
  ...more,
});
const ITEMS = [
  tally(0, "all", "", { minutes: 10, goodMinutes: 6, fairMinutes: 2, poorMinutes: 2, joined: 4 }),
  tally(20, "all", "", { minutes: 5, goodMinutes: 5, joined: 1, failed: 1 }),
  tally(0, "network", "wifi", { minutes: 9, goodMinutes: 8, poorMinutes: 1 }),
  tally(20, "network", "cellular", { minutes: 1, poorMinutes: 1 }),
  tally(0, "stars", "5", { count: 3 }),
  tally(0, "stars", "1", { count: 1 }),
];

test("trends: shares are of what had a score, empty periods stay, the worst come first", () => {
  const { t, sums } = periods({ from: 0, to: 29, width: 10, items: ITEMS }, 0);
  assert.deepEqual(t, [0, 10, 20]);
  assert.deepEqual(
    sums.map((one) => share(one, "poor")),
    [0.2, null, 0],
  );
  assert.equal(failedShare(sums[1]), null);
  assert.equal(failedShare(sums[2]), 1);
  const networks = worstFirst(byValue(ITEMS, "network"));
  assert.deepEqual(
    networks.map((one) => one.value),
    ["wifi", "cellular"],
  );
  assert.deepEqual(
    byValue(ITEMS, "network", 20).map((one) => one.value),
    ["cellular"],
  );
  assert.deepEqual(stars(byValue(ITEMS, "stars")), { mean: 4, given: 4 });
  assert.deepEqual(stars([]), { mean: null, given: 0 });
  assert.deepEqual([0.001, 0.03, 0.3, 1].map(topOf), [0.02, 0.05, 0.5, 1]);
});

test("times of a rule are typed as people write them", () => {
  assert.deepEqual(
    ["90", "30s", " 5m ", "5 min", "2h", "1d"].map(secondsOf),
    [90, 30, 300, 300, 7200, 86400],
  );
  for (const odd of ["", "5w", "m", "1.5h", "-5"]) assert.equal(secondsOf(odd), null);
  for (const s of [45, 300, 7200, 86400]) assert.equal(secondsOf(spanText(s)), s);
  const { scale } = typed("ratio");
  assert.equal(scaled(0.07, scale), 7);
  assert.equal(scaled(7, 1 / scale), 0.07);
  assert.equal(scaled(750, 1 / typed("s").scale), 0.75);
});

const RULE = {
  name: "x",
  on: "calls",
  metric: "poor",
  above: null,
  below: null,
  share: 0.2,
  of: "participants",
  per: "all",
  for: 60,
  window: 300,
  match: {},
};
const METRICS = [
  { name: "poor", unit: "", what: "rated poor", flag: true },
  { name: "rtt", unit: "s", what: "round trip", flag: false },
];

test("a rule in words", () => {
  assert.equal(
    sentenceOf(RULE, METRICS),
    "20 % of the participants rated poor, in 5 min, for 1 min",
  );
  const slow = { ...RULE, metric: "rtt", share: null, above: 0.5, per: "meeting", for: 0 };
  assert.equal(
    sentenceOf({ ...slow, match: { browser: "Firefox" } }, METRICS),
    "Round trip above 500 ms, for each meeting (only browser Firefox), in 5 min",
  );
  const about = { meetingId: "a/b", participantId: "<p>" };
  assert.equal(leads({ about, since: 17 }), "/m/a%2Fb/p/%3Cp%3E?started=17");
  assert.equal(leads({ about: {} }), null);
});

test("costs: what changes by how much", () => {
  assert.equal(change(100, 38), "−62 %");
  assert.equal(change(100, 115), "+15 %");
  assert.equal(change(100, 100), "as now");
  assert.equal(change(0, 5), "more than now");
  assert.equal(valueText("sampleSeconds", 0), "Automatic");
  assert.equal(valueText("off", true), "Off: all pages stop");
});

test("durations, bytes and counts in the unit that fits", () => {
  const said = (unit, value) => format.said(unit, value);
  assert.deepEqual(
    [0.00042, 0.0421, 0.9, 42.71, 150, 9000].map((s) => said("took", s)),
    ["420 µs", "42.1 ms", "900 ms", "42.7 s", "2.5 min", "2.5 h"],
  );
  assert.deepEqual(
    [0, 999, 1500, 4.2e6, 1.07e9].map((n) => said("bytes", n)),
    ["0 B", "999 B", "1.5 kB", "4.2 MB", "1.07 GB"],
  );
  assert.deepEqual(
    [950, 9999, 11_400, 3.2e6].map((n) => said("many", n)),
    ["950", "9,999", "11.4 k", "3.2 M"],
  );
});

test("a rate is of the minutes that have gone by", () => {
  const span = { from: 0, to: 600_000 };
  assert.equal(perMinute(120, span, 900_000), "12");
  assert.equal(perMinute(120, span, 300_000), "24"); // the other half is still to come
  assert.equal(perMinute(0, span, 900_000), "0");
  assert.equal(perMinute(1, { from: 0, to: 90 * 86_400_000 }, 90 * 86_400_000), "<0.001");
});

test("held lines keep their job and say what is new of it", () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => ({ id, state: "waiting" }));
  const done = { id: "a", state: "completed" };
  const { items, moved } = keepLines([a, b], [c, done, b]);
  assert.deepEqual(items, [done, b]);
  assert.equal(moved, 3);
  assert.deepEqual(keepLines([a, b], [a]), { items: [a, b], moved: 1 }); // what has gone stays
  assert.deepEqual(keepLines([a, b], [done, b]), { items: [done, b], moved: 0 });
});
