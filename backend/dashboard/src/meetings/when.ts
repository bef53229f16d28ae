// When ended meetings went on: text in the address bar ⇄ a span of epoch milliseconds. Pure.

export interface When {
  since?: number;
  until?: number;
}

export const PRESETS: readonly (readonly [string, string])[] = [
  ["", "Any time"],
  ["1h", "Last hour"],
  ["24h", "Last 24 h"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
];

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Rounded down to a minute: the same question for a minute, and then a fresh one. */
export function whenOf(range: string, now: number): When {
  const last = /^(\d{1,3})([hd])$/.exec(range);
  if (last) {
    const ms = Number(last[1]) * (last[2] === "d" ? 24 * HOUR : HOUR);
    return { since: Math.floor((now - ms) / MINUTE) * MINUTE };
  }
  const fixed = /^(\d{10,15})?-(\d{10,15})?$/.exec(range);
  if (!fixed) return {};
  return {
    ...(fixed[1] ? { since: Number(fixed[1]) } : {}),
    ...(fixed[2] ? { until: Number(fixed[2]) } : {}),
  };
}

export const rangeOf = ({ since, until }: When): string =>
  since === undefined && until === undefined ? "" : `${since ?? ""}-${until ?? ""}`;

const two = (n: number): string => String(n).padStart(2, "0");

/** What a datetime-local input shows and gives: the reader's own clock. */
export function toInput(ms: number | undefined): string {
  if (ms === undefined) return "";
  const at = new Date(ms);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function fromInput(text: string): number | undefined {
  const ms = new Date(text).getTime();
  return Number.isFinite(ms) ? ms : undefined;
}

/** A range in words, for the sentence that says what was looked for. */
export function whenText(range: string): string {
  const preset = PRESETS.find(([text]) => text === range);
  if (preset) return preset[1].toLowerCase();
  const { since, until } = whenOf(range, 0);
  const say = (ms: number): string => toInput(ms).replace("T", " ");
  if (since !== undefined && until !== undefined) return `${say(since)} to ${say(until)}`;
  return since !== undefined ? `since ${say(since)}` : `until ${say(until ?? 0)}`;
}
