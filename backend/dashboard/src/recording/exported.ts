// An export of ours (every tick, NDJSON or CSV: docs/api.md) as what an analysis looks like. The values
// are those that were stored; nothing is judged anew. Pure.
import { thresholds } from "../core";
import type { Rating } from "../types";
import type { Analysis, RecordedConnection } from "./types";

type Row = Record<string, string | number | null>;

const WHO = new Set(["meetingId", "participantId", "name", "sessionId", "tick", "t"]);
const PAUSE = 12_000; // ms without a tick, as the live charts have it
const LONGEST = 100_000_000; // bytes, as of a recording

/** Does a file begin as such an export does? */
export function isExport(head: string): boolean {
  const line = head.split("\n", 1)[0] ?? "";
  return ["meetingId", "sessionId", "tick", "t"].every((name) =>
    line.startsWith("{") ? line.includes(`"${name}":`) : line.split(",").includes(name),
  );
}

/** Fields of one CSV text (RFC 4180), row by row. */
export function* csv(text: string): Generator<string[]> {
  let row: string[] = [];
  const field = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/gy;
  for (let found = field.exec(text); found; found = field.exec(text)) {
    const [whole, value = "", end] = found;
    row.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end !== ",") {
      if (row.length > 1 || row[0] !== "") yield row;
      row = [];
    }
    if (!whole || field.lastIndex >= text.length) return;
  }
}

function* rowsOf(text: string): Generator<Row> {
  if (text.startsWith("{")) {
    let n = 0;
    for (const line of text.split("\n")) {
      n++;
      if (!line) continue;
      try {
        yield JSON.parse(line) as Row;
      } catch {
        throw new Error(`Line ${n} of this export is no JSON: it was cut off, or changed.`);
      }
    }
    return;
  }
  let names: string[] | null = null;
  for (const fields of csv(text)) {
    if (!names) {
      names = fields;
      continue;
    }
    const row: Row = {};
    names.forEach((name, i) => {
      const value = fields[i] ?? "";
      row[name] = value === "" ? null : name === "t" || !WHO.has(name) ? Number(value) : value;
    });
    yield row;
  }
}

const ratingOf = (score: number | null): Rating =>
  score === null
    ? "unknown"
    : score >= thresholds.good
      ? "good"
      : score >= thresholds.fair
        ? "fair"
        : "poor";

function mean(values: readonly (number | null)[]): number | null {
  let [sum, n] = [0, 0];
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    sum += value;
    n++;
  }
  return n ? sum / n : null;
}

/** Sessions as connections, the means of their ticks as what they came to. Throws an Error in words
 *  where it is no such export. */
export function analysisOf(text: string): Analysis {
  if (text.length > LONGEST)
    throw new Error("This export is too large to be shown: at most 100 MB.");
  const sessions = new Map<
    string,
    { who: Row; t: number[]; series: Record<string, (number | null)[]> }
  >();
  let meeting = "";
  for (const row of rowsOf(text)) {
    if (typeof row.t !== "number" || !Number.isFinite(row.t)) {
      throw new Error("A row of this export has no time (t).");
    }
    const id = String(row.sessionId ?? "");
    let one = sessions.get(id);
    if (!one) {
      one = { who: row, t: [], series: {} };
      sessions.set(id, one);
    }
    meeting ||= String(row.meetingId ?? "");
    const last = one.t.at(-1);
    if (last !== undefined && row.t - last > PAUSE) {
      one.t.push(last + 1); // a row without values, so that no line bridges the gap
      for (const column of Object.values(one.series)) column.push(null);
    }
    one.t.push(row.t);
    for (const name of Object.keys(row)) {
      if (WHO.has(name)) continue;
      one.series[name] ??= one.t.slice(1).map(() => null);
      one.series[name]?.push(typeof row[name] === "number" ? (row[name] as number) : null);
    }
  }
  if (!sessions.size) throw new Error("There is no tick in this export.");
  const connections = [...sessions].map(([id, { who, t, series }]): RecordedConnection => {
    const [start, end] = [t[0] as number, t.at(-1) as number];
    const score = mean(series.score ?? []);
    return {
      pc: String(who.name || who.participantId || id),
      start,
      end,
      duration: (end - start) / 1000,
      reports: t.length,
      score,
      rating: ratingOf(score),
      sentence: "",
      state: null,
      means: Object.fromEntries(Object.entries(series).map(([name, all]) => [name, mean(all)])),
      streams: [],
      issues: [],
      events: [],
      series: { t, series },
    };
  });
  const worst = [...connections].sort((a, b) => (a.score ?? 9) - (b.score ?? 9))[0];
  const start = Math.min(...connections.map((one) => one.start));
  const end = Math.max(...connections.map((one) => one.end));
  return {
    meeting,
    format: "export",
    start,
    end,
    duration: (end - start) / 1000,
    facts: {},
    score: worst?.score ?? null,
    rating: worst?.rating ?? "unknown",
    sentence: "",
    missing: ["issues, events and streams: an export of ticks has their values alone."],
    issues: [],
    events: [],
    connections,
  };
}
