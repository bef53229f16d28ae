// From tallies of hours or days to what the screen shows: adding up, nothing else. Pure.

export interface Tally {
  start: number;
  by: "all" | "browser" | "network" | "engine" | "issue" | "stars";
  value: string;
  minutes: number;
  goodMinutes: number;
  fairMinutes: number;
  poorMinutes: number;
  poorShare: number | null;
  joined: number;
  failed: number;
  /** Of issues opened, of stars given. */
  count: number;
}

export interface Tallies {
  from: number;
  to: number;
  /** ms of a period. */
  width: number;
  items: Tally[];
}

export interface Sum {
  value: string;
  minutes: number;
  good: number;
  fair: number;
  poor: number;
  joined: number;
  failed: number;
  count: number;
}

const nothing = (value: string): Sum => ({
  value,
  minutes: 0,
  good: 0,
  fair: 0,
  poor: 0,
  joined: 0,
  failed: 0,
  count: 0,
});

function add(to: Sum, one: Tally): void {
  to.minutes += one.minutes;
  to.good += one.goodMinutes;
  to.fair += one.fairMinutes;
  to.poor += one.poorMinutes;
  to.joined += one.joined;
  to.failed += one.failed;
  to.count += one.count;
}

/** Over all periods from `start` on (and before `end`), by value. */
export function byValue(
  items: readonly Tally[],
  by: Tally["by"],
  start = 0,
  end = Number.POSITIVE_INFINITY,
): Sum[] {
  const found = new Map<string, Sum>();
  for (const one of items) {
    if (one.by !== by || one.start < start || one.start >= end) continue;
    const sum = found.get(one.value) ?? nothing(one.value);
    found.set(one.value, sum);
    add(sum, one);
  }
  return [...found.values()];
}

export const whole = (items: readonly Tally[], start: number, end?: number): Sum =>
  byValue(items, "all", start, end)[0] ?? nothing("");

/** Of the minutes that had a score; null where none had. */
export function share(sum: Sum, of: "poor" | "fair" | "good"): number | null {
  const rated = sum.good + sum.fair + sum.poor;
  return rated > 0 ? sum[of] / rated : null;
}

export const failedShare = (sum: Sum): number | null =>
  sum.joined > 0 ? Math.min(1, sum.failed / sum.joined) : null;

/** One sum per period, also where nothing was. */
export function periods(answer: Tallies, start: number): { t: number[]; sums: Sum[] } {
  const { width } = answer;
  const first = Math.floor(start / width) * width;
  const count = Math.max(1, Math.ceil((answer.to + 1 - first) / width));
  const t = Array.from({ length: count }, (_, i) => first + i * width);
  const sums = t.map(() => nothing(""));
  for (const one of answer.items) {
    const sum = one.by === "all" ? sums[Math.floor((one.start - first) / width)] : undefined;
    if (sum) add(sum, one);
  }
  return { t, sums };
}

/** Who suffers most first: minutes that were poor, then all. */
export const worstFirst = (sums: readonly Sum[]): Sum[] =>
  [...sums].sort(
    (a, b) => b.poor - a.poor || b.minutes - a.minutes || (a.value < b.value ? -1 : 1),
  );

/** The mean of the stars given; null without any. */
export function stars(sums: readonly Sum[]): { mean: number | null; given: number } {
  const given = sums.reduce((n, one) => n + one.count, 0);
  const all = sums.reduce((n, one) => n + one.count * Number(one.value), 0);
  return { mean: given ? all / given : null, given };
}

const STEPS = [0.02, 0.05, 0.1, 0.2, 0.5, 1];
/** The top of a scale for shares, a round one. */
export const topOf = (most: number): number => STEPS.find((step) => most <= step * 0.98) ?? 1;
