// The score over time as filled shapes, one path per rating. Pure geometry on a 1000 × 32 field.
import { thresholds } from "../core";
import type { Gap, Rating } from "../types";

export interface Span {
  from: number;
  to: number;
}

export interface Ribbon {
  paths: Record<Rating, string>;
  /** Stretches without a measurement, in the field's units. */
  gaps: [number, number][];
}

const HEIGHT = 32;

// The public table of the ratings; which rating a moment has follows from its score alone.
const ratingOf = (score: number): Rating =>
  score >= thresholds.good ? "good" : score >= thresholds.fair ? "fair" : "poor";

/** Put a null where the service says that there is a gap, so that no shape bridges it. */
export function joined(
  t: readonly number[],
  score: readonly (number | null)[],
  gaps: readonly Gap[],
): { t: number[]; score: (number | null)[] } {
  const out = { t: [] as number[], score: [] as (number | null)[] };
  let g = 0;
  t.forEach((at, i) => {
    for (let gap = gaps[g]; gap && gap.from < at; gap = gaps[++g]) {
      out.t.push(Math.max(gap.from, out.t.at(-1) ?? gap.from));
      out.score.push(null);
    }
    out.t.push(at);
    out.score.push(score[i] ?? null);
  });
  return out;
}

/** Steps: a score holds until the next point; the last one for a moment, the newest of who is live up
 *  to now. */
export function ribbon(
  t: readonly number[],
  score: readonly (number | null)[],
  span: Span,
  presence: string,
): Ribbon {
  const paths: Record<Rating, string> = { good: "", fair: "", poor: "", unknown: "" };
  const gaps: [number, number][] = [];
  const scale = 1000 / (span.to - span.from);
  const x = (at: number): number => Math.min(1000, Math.max(0, (at - span.from) * scale));
  const usual = t.length > 1 ? ((t.at(-1) ?? 0) - (t[0] ?? 0)) / (t.length - 1) : 10_000;
  const last = t.length - 1;
  for (let i = 0; i <= last; i++) {
    const at = t[i] as number;
    const value = score[i];
    // The newest value holds up to now while the page talks to us (it may be silent for 10 s).
    const hold = presence === "live" ? 25_000 : Math.max(usual, 1000);
    const end = i < last ? (t[i + 1] as number) : Math.min(span.to, at + hold);
    const [a, b] = [x(at), x(end)];
    if (value === null || value === undefined) {
      const before = gaps.at(-1);
      if (before && before[1] >= a) before[1] = b;
      else if (i < last) gaps.push([a, b]);
      continue;
    }
    const top = HEIGHT - Math.max(3, ((value - 1) / 4) * HEIGHT);
    paths[ratingOf(value)] += `M${n(a)} ${HEIGHT}V${n(top)}H${n(b)}V${HEIGHT}Z`;
  }
  // Lost is not left: who is lost is still expected, and hatched from the last sample on.
  const final = t.length ? x((t[last] as number) + Math.max(usual, 1000)) : 0;
  if (presence === "lost" && final < 1000) gaps.push([final, 1000]);
  return { paths, gaps };
}

const n = (value: number): string => String(Math.round(value * 10) / 10);

export interface Tick {
  t: number;
  /** 0–1 along the axis. */
  at: number;
  text: string;
}

/** Round lengths of time, ms. */
export const STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200].map(
  (s) => s * 1000,
);

/** Round times along the axis, four to eight of them, none at the very edges. */
export function ticks(span: Span): Tick[] {
  const length = span.to - span.from;
  const step = STEPS.find((s) => length / s <= 8) ?? 86_400_000;
  // Round by the clock on the wall, whose distance to UTC may change on the way.
  const zone = (t: number): number => new Date(t).getTimezoneOffset() * 60_000;
  const out: Tick[] = [];
  const first = Math.ceil((span.from - zone(span.from)) / step) * step;
  for (let wall = first; wall - step <= span.to - zone(span.to); wall += step) {
    const t = wall + zone(wall + zone(span.from));
    const at = (t - span.from) / length;
    if (at < 0.03 || at > 0.97 || t <= (out.at(-1)?.t ?? 0)) continue;
    const time = new Date(t).toTimeString();
    out.push({ t, at, text: step < 60_000 ? time.slice(0, 8) : time.slice(0, 5) });
  }
  return out;
}
