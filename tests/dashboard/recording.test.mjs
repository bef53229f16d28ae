// @ts-nocheck
// Recordings: a lane in words and as rows, a ticket without a link.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { laneText } = await load("recording/lanes", "tsx");
const { recordingTicket } = await load("recording/ticket");

const T = Date.UTC(2026, 10, 24, 3, 20, 0);
const clock = (t) => new Date(t).toLocaleTimeString("en-GB"); // of wherever this runs
const issue = (type, since, until, open = false) => ({
  type,
  severity: "major",
  since: T + since,
  until: T + until,
  open,
  sentence: "…",
});
const one = {
  pc: "A",
  end: T + 120_000,
  score: 3.4,
  rating: "fair",
  lowest: { score: 2.1, t: T + 30_000 },
  means: { rtt: 0.084, download: 1_200_000, lossIn: null },
  route: { local: "host", remote: "relay", protocol: "udp" },
  issues: [issue("high-loss", 20_000, 60_000)],
  series: { t: [T, T + 1000, T + 61_000], series: { score: [4, 2.5, null] } },
};

test("a lane in one sentence: rating, score, lowest, issues, marks", () => {
  assert.equal(
    laneText(one, 2),
    `Fair, 3.4 of 5, lowest 2.1 at ${clock(T + 30_000)}; High loss for 0:40 from ${clock(T + 20_000)}; 2 marks`,
  );
  const many = { ...one, score: null, rating: "unknown", lowest: null };
  many.issues = [1, 2, 3, 4, 5].map((n) => issue("outage", n, 5000));
  assert.match(laneText(many, 0), /^Unknown, no score; Outage .*; 2 more issues$/);
});

test("a ticket about a recording: the sentence, the facts, the file's name, no link", () => {
  const all = {
    meeting: "standup",
    facts: { browser: "Firefox", os: "Linux" },
    start: T,
    end: T + 120_000,
    score: 3.4,
    rating: "fair",
    sentence: "Lost up to 9 % of incoming packets.",
    missing: ["the last line: it is cut off"],
    issues: [issue("clock-jump", 1000, 120_000, true)],
  };
  assert.equal(
    recordingTicket("call.gz", all, one),
    [
      "standup: Lost up to 9 % of incoming packets.",
      "",
      "File: call.gz",
      "Meeting: standup",
      "When: 2026-11-24 03:20:00 UTC to 2026-11-24 03:22:00 UTC",
      "Score: 3.4 (fair)",
      "Connection: A: 3.4 (fair)",
      "Numbers: down 1.2 Mbit/s, round trip 84 ms",
      "Issues: Clock jump since 2026-11-24 03:20:01 UTC; High loss since 2026-11-24 03:20:20 UTC, over at 2026-11-24 03:21:00 UTC",
      "Path: host to relay, udp",
      "Device: Firefox Linux",
      "Missing: the last line: it is cut off",
    ].join("\n"),
  );
  assert.match(
    recordingTicket("x", { ...all, sentence: "", meeting: "" }, undefined),
    /^x: No trouble found\./,
  );
});
