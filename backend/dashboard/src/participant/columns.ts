// A panel's columns: what the service answered, and the live rows that came after it. Pure.
import { lowIsBad } from "../core";
import type { Gap, Level, Rows, SeriesAnswer, SeriesStat } from "../types";

/** Columns ready to draw: times in epoch ms, null where nothing was measured. */
export interface Columns {
  t: number[];
  series: Record<string, (number | null)[]>;
  gaps: Gap[];
  shown: number;
  /** What each point of the answer is: a tick, or the worst of a minute or an hour. */
  level: Level;
  /** How many ticks there are, shown or not. */
  ticks: number;
  /** Of all of them; the median is the answer's: of ticks, or of the means of minutes or hours. */
  stats: Record<string, SeriesStat>;
}

// A pause in the live rows longer than this is a gap. (What lies in the log, the service judges.)
const PAUSE = 12_000;
const TAIL_ROWS = 1800;

/**
 * Joins answer and tail, this up to `until`; a null row goes into every gap, so that no line bridges
 * it. Pure.
 */
export function columns(
  answer: SeriesAnswer,
  tail: Rows | null,
  metrics: readonly string[],
  until = Number.POSITIVE_INFINITY,
): Columns {
  const out: Columns = {
    t: [],
    series: {},
    gaps: answer.gaps ?? [],
    shown: answer.shown,
    level: answer.level,
    ticks: answer.stats.ticks,
    stats: { ...answer.stats.series },
  };
  for (const name of metrics) out.series[name] = [];
  const put = (t: number, from: Rows | null, i: number): void => {
    out.t.push(t);
    for (const name of metrics) out.series[name]?.push(from?.series[name]?.[i] ?? null);
  };
  let g = 0;
  const bridge = (next: number): void => {
    for (let gap = out.gaps[g]; gap && gap.from < next; gap = out.gaps[++g]) {
      const last = out.t.at(-1);
      if (last !== undefined && gap.to > last) put(Math.max(last + 1, gap.from), null, 0);
    }
  };
  answer.t.forEach((t, i) => {
    bridge(t);
    if (t > (out.t.at(-1) ?? Number.NEGATIVE_INFINITY)) put(t, answer, i);
  });
  if (!tail) return out;
  tail.t.forEach((t, i) => {
    const last = out.t.at(-1);
    if (t > until || (last !== undefined && t <= last)) return;
    if (last !== undefined && t - last > PAUSE) put(last + 1, null, 0);
    put(t, tail, i);
    out.shown++;
    out.ticks++;
    for (const name of metrics) {
      const value = tail.series[name]?.[i] ?? null;
      const known = out.stats[name];
      if (value === null) continue;
      if (!known) out.stats[name] = { median: value, worst: value, at: t };
      else if (lowIsBad.includes(name) ? value < known.worst : value > known.worst)
        out.stats[name] = { ...known, worst: value, at: t };
    }
  });
  return out;
}

/** The newest live rows of one session, at most half an hour of them. */
export function addRows(tail: Rows | null, rows: Rows): Rows {
  if (!tail || tail.sessionId !== rows.sessionId)
    tail = { sessionId: rows.sessionId, t: [], series: {} };
  const newest = tail.t.at(-1) ?? 0;
  const fresh = rows.t.map((t, i) => [t, i] as const).filter(([t]) => t > newest);
  if (!fresh.length) return tail;
  const t = [...tail.t, ...fresh.map(([at]) => at)];
  const series: Rows["series"] = {};
  for (const name of new Set([...Object.keys(tail.series), ...Object.keys(rows.series)])) {
    const old = tail.series[name] ?? tail.t.map(() => null);
    series[name] = [...old, ...fresh.map(([, i]) => rows.series[name]?.[i] ?? null)];
  }
  if (t.length <= TAIL_ROWS) return { sessionId: tail.sessionId, t, series };
  const cut = t.length - TAIL_ROWS;
  for (const name of Object.keys(series)) series[name] = series[name]?.slice(cut) ?? [];
  return { sessionId: tail.sessionId, t: t.slice(cut), series };
}
