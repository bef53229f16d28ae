// What the dashboard says and draws out of plain values: tickets, events, summaries, small lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

process.env.TZ = "UTC";
const { sparkPath } = await load("ui/spark", "tsx");
const { participantTicket, meetingTicket } = await load("ui/ticket");
const { happened } = await load("participant/happened");
const { shownOf, summary } = await load("participant/summary");
const { PANELS } = await load("participant/panels");
const { stack } = await load("participant/strip", "tsx");
const { told } = await load("participant/streams", "tsx");
const { panned } = await load("participant/range");
const { fromInput, rangeOf, toInput, whenOf, whenText } = await load("meetings/when");
const { badFlows, flowsOf } = await load("meeting/flows");
const { accept, keyOf, NO_LINES, rowAt } = await load("meetings/order");
const { tell, thresholds } = await load("core");

const T = Date.UTC(2026, 10, 28, 3, 0, 0);

test("the small line is on the whole scale, newest at the right, and has no bridge over holes", () => {
  const full = sparkPath(Array.from({ length: 30 }, () => 5));
  assert.match(full.line, /^M0 1H3V1/);
  assert.ok(full.line.endsWith("H90"));
  const { line, area } = sparkPath([1, null, 3]);
  assert.equal(line, "M81 21H84M87 11H90");
  assert.equal(area.match(/Z/g).length, 2);
  assert.deepEqual(sparkPath([]), { line: "", area: "" });
});

const SAID = "Losing 12.4 % of incoming packets.";
const session = {
  sessionId: "5feceb66",
  presence: "live",
  startedAt: T,
  engine: "pyodide",
  host: "worker",
  state: {
    t: T + 600_000,
    score: 1.94,
    rating: "poor",
    sentence: SAID,
    net: { download: 634_000, upload: 375_000, rtt: 0.344, lossIn: 0.124, jitter: 0.054 },
    facts: {
      browser: "Chrome",
      browserVersion: "156",
      os: "Windows 11",
      connection: "wifi",
      cores: 8,
    },
    pcs: { c0: { state: "connected", local: "srflx", remote: "relay", protocol: "udp" } },
    engine: "pyodide",
    host: "worker",
  },
};
const ada = {
  participantId: "u1",
  name: "Ada",
  score: 1.94,
  rating: "poor",
  sentence: SAID,
  sessions: [session],
};
const meeting = {
  meetingId: "board-room",
  live: true,
  startedAt: T,
  endedAt: null,
  score: 1.94,
  rating: "poor",
  sentence: `Only Ada: ${SAID}`,
  participants: [ada],
  issues: [],
};

test("a ticket: the core's sentence, the facts with units and UTC times, the link", () => {
  const issues = [{ type: "high-loss", since: T + 120_000, to: null }];
  const text = participantTicket(
    meeting,
    ada,
    session,
    issues,
    "https://cv.example/m/board-room/p/u1",
  );
  assert.equal(
    text,
    `Ada: ${SAID}

Meeting: board-room
Participant: Ada (u1)
Session: 5feceb66
When: 2026-11-28 03:00:00 UTC to now (live)
Score: 1.9 (poor)
Numbers: down 634 kbit/s, up 375 kbit/s, round trip 344 ms, loss in 12.4 %, jitter 54 ms
Issues: High loss since 2026-11-28 03:02:00 UTC
Connection: connected, srflx → relay · UDP
Device: Chrome 156, Windows 11, wifi, 8 cores
Measured by: Pyodide in the page's worker

https://cv.example/m/board-room/p/u1`,
  );
  const bare = participantTicket(meeting, { ...ada, sessions: [] }, undefined, [], "x");
  assert.ok(bare.startsWith(`Ada: ${SAID}`));
});

test("a meeting's ticket tells who suffers; an ended one's has what it came to", () => {
  const live = meetingTicket(meeting, "link");
  assert.ok(live.startsWith(`board-room: Only Ada: ${SAID}\n`));
  assert.match(live, /Suffering: Ada 1\.9 \(poor\)/);
  const ended = { ...meeting, live: false, endedAt: T + 60_000, summary: { sentence: "Ada: so." } };
  assert.match(
    meetingTicket(ended, "link"),
    /^board-room: Ada: so\.\n[\s\S]*03:00:00 UTC to 2026-11-28 03:01:00 UTC/,
  );
});

test("events in words; what is unknown is told as it came", () => {
  const say = (event) => {
    const { title, text, tone } = happened({ t: T, ...event });
    return `${title}|${text}|${tone}`;
  };
  assert.equal(
    say({ type: "issue-open", name: "high-loss", severity: "major", sentence: SAID }),
    `High loss|${SAID}|poor`,
  );
  assert.equal(say({ type: "pc", connectionState: "failed" }), "Connection|failed|poor");
  assert.equal(say({ type: "pc", video: "muted" }), "Sending|video off|");
  assert.equal(
    say({
      type: "media",
      what: "getUserMedia",
      audio: true,
      video: true,
      ok: false,
      error: "NotAllowedError",
    }),
    "Camera and microphone|refused: NotAllowedError|poor",
  );
  assert.equal(say({ type: "rate", stars: 2 }), "Rated ★★||mark");
  assert.equal(say({ type: "rate", stars: 1e9 }), "Rated ★★★★★||mark");
  assert.equal(say({ type: "clock-jump", ms: -4000 }), "Clock jumped|back 4 s|");
  assert.equal(
    say({ type: "from-tomorrow", tick: 3, a: 1, b: { c: 2 } }),
    'from-tomorrow|a 1, b {"c":2}|',
  );
});

test("a chart in one sentence: the median and the worst that the service tells, of what", () => {
  const when = (/** @type {number} */ t) => `${(t - T) / 1000} s`;
  const [panel] = PANELS.filter((one) => one.id === "score");
  const stats = { score: { median: 4.2, worst: 1.9, at: T + 2000 } };
  const text = "Score median 4.2, worst 1.9 at 2 s.";
  assert.equal(summary(panel, { stats, level: "raw" }, when), text);
  assert.equal(
    summary(panel, { stats, level: "1m" }, when),
    `${text} Medians are of the means of each minute.`,
  );
  assert.equal(summary(panel, { stats: {}, level: "raw" }, when), "Nothing was measured.");
});

test("how many of the measured points a chart shows, and that they are the worst", () => {
  const of = (/** @type {object} */ more) => shownOf({ shown: 50, level: "raw", ...more });
  assert.equal(of({ ticks: 50 }), "all 50 points");
  assert.equal(of({ ticks: 1440 }), "showing 50 of 1,440 points");
  const worst = "showing 50 of 86,400 points, each the worst of its";
  assert.equal(of({ ticks: 86_400, level: "1m" }), `${worst} minute`);
  assert.equal(of({ ticks: 86_400, level: "1h" }), `${worst} hour`);
});

test("four charts, with the thresholds of the rules", () => {
  assert.deepEqual(
    PANELS.map((panel) => panel.title),
    ["Score", "Network", "Audio", "Video"],
  );
  const drawn = PANELS.flatMap((p) => p.plots.flatMap((one) => one.thresholds ?? [])).map(
    (t) => t.at,
  );
  assert.deepEqual(drawn, [
    4,
    3.1,
    thresholds.rtt,
    thresholds.jitter,
    thresholds.loss,
    thresholds.concealed,
    thresholds.jitterBuffer,
  ]);
  assert.equal(thresholds.rtt, 0.4);
  assert.ok(
    Object.keys(tell).length > 25 && Object.values(tell).every((words) => words.length > 20),
  );
});

test("panning keeps the length and stays within the call", () => {
  const whole = { from: 0, to: 100_000 };
  assert.deepEqual(panned({ from: 20_000, to: 40_000 }, whole, 0.5), {
    kind: "fixed",
    from: 30_000,
    to: 50_000,
  });
  assert.deepEqual(panned({ from: 90_000, to: 99_000 }, whole, 5), {
    kind: "fixed",
    from: 91_000,
    to: 100_000,
  });
  assert.deepEqual(panned({ from: 1000, to: 11_000 }, whole, -1), {
    kind: "fixed",
    from: 0,
    to: 10_000,
  });
});

test("when a meeting began: presets, a span, and nothing where the text is nonsense", () => {
  assert.deepEqual(whenOf("24h", T + 30_000), { since: T - 86_400_000 });
  assert.deepEqual(whenOf("7d", T), { since: T - 7 * 86_400_000 });
  const span = { since: T, until: T + 60_000 };
  assert.deepEqual(whenOf(rangeOf(span), 0), span);
  assert.deepEqual(whenOf(rangeOf({ until: T }), 0), { until: T });
  for (const text of ["", "yesterday", "-1", "99999d"]) assert.deepEqual(whenOf(text, T), {}, text);
  assert.equal(fromInput(toInput(T)), T);
  assert.equal(whenText(rangeOf(span)), "2026-11-28 03:00 to 2026-11-28 03:01");
});

test("an ended meeting's name may come again: each time is a row of its own", () => {
  const row = (startedAt) => ({ meetingId: "standup", live: false, startedAt });
  const lines = accept(NO_LINES, { from: 0, total: 2, items: [row(2), row(1)] }, false);
  assert.deepEqual(
    [0, 1].map((line) => rowAt(lines, line).startedAt),
    [2, 1],
  );
  assert.equal(keyOf({ meetingId: "standup", live: true, startedAt: 9 }), "standup");
});

test("who receives whom: a named sender's trouble is in one cell, an unnamed one in the row", () => {
  const person = (id, labels, issues = {}) => ({
    participantId: id,
    name: id.toUpperCase(),
    sessions: [
      {
        presence: "live",
        state: {
          labels: Object.fromEntries(labels.map((p, i) => [`t${i}`, { participant: p }])),
          issues,
        },
      },
    ],
  });
  const bad = (evidence, severity = "major") => ({
    i0: { type: "high-loss", severity, since: T, sentence: SAID, evidence },
  });
  const flows = flowsOf({
    participants: [
      person("a", ["b", "c"], bad({ direction: "in", participant: "b" })),
      person("b", ["a", "c"], bad({ direction: "in" }, "minor")),
      person("c", ["a", "nobody"], bad({ direction: "out" })),
      person("d", []),
    ],
  });
  const cells = [...flows.cells].map(
    ([to, row]) => `${to}: ${[...row].map(([from, c]) => `${from} ${c.flow}`)}`,
  );
  assert.deepEqual(cells, ["a: b poor,c well", "b: a fair,c fair", "c: a well"]);
  assert.deepEqual(
    flows.people.map((p) => p.id),
    ["a", "b", "c"],
  );
  assert.equal(badFlows(flows).length, 3);
  assert.deepEqual(flowsOf({ participants: [person("x", [])] }).people, []);
});

test("issues at the same time lie in rows of their own; what has no room is counted", () => {
  const span = { from: 0, to: 100_000 };
  const band = (/** @type {number} */ from, /** @type {number | null} */ to) => ({
    type: "high-loss",
    severity: "minor",
    from,
    to,
    sentence: "",
  });
  const rows = (/** @type {object[]} */ ...bands) => {
    const { placed, more } = stack(bands, span);
    return [placed.map((one) => one.row).join(""), more];
  };
  assert.deepEqual(rows(band(0, 10_000), band(10_000, 20_000)), ["00", 0]);
  assert.deepEqual(rows(band(5000, 30_000), band(0, 10_000), band(20_000, null)), ["010", 0]);
  assert.deepEqual(
    rows(band(0, 9), band(10, 20), band(1000, 2000)),
    ["010", 0],
    "as wide as drawn",
  );
  const same = [band(0, null), band(0, null), band(0, null), band(0, null), band(9, null)];
  assert.deepEqual(rows(...same), ["012", 2]);
  assert.deepEqual(rows(band(-9000, -1), band(100_001, null)), ["", 0]);
});

test("a stream in words: what was told of it, by W3C's names where it has one", () => {
  const stream = { kind: "video", direction: "outbound", fps: 24, width: 640, height: 360 };
  assert.deepEqual(told({ ...stream, rtt: 0.08, cpuLimited: 0.4, bandwidthLimited: 0 }), [
    ["roundTripTime", "80 ms"],
    ["frameWidth × frameHeight", "640 × 360"],
    ["framesPerSecond", "24 fps"],
    ["qualityLimitationReason", "cpu"],
  ]);
  assert.deepEqual(told({ kind: "audio" }), []);
});
