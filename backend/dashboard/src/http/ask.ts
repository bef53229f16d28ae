// The questions of the API's screens, out of what the address says. Pure.
import { many } from "../format";
import { parseRange } from "../participant/range";
import type { Endpoint, EndpointSeries } from "./types";

export const RANGES = [
  ["1h", "1 h"],
  ["24h", "24 h"],
  ["7d", "7 d"],
  ["30d", "30 d"],
  ["90d", "90 d"],
] as const;
export const USUAL_RANGE = "24h";

/** `24h`, or `1700…-1700…`, as REST wants it. */
export function spanQuery(range: string): Record<string, string> {
  const fixed = parseRange(range);
  if (fixed.kind === "fixed") return { from: String(fixed.from), to: String(fixed.to) };
  return { range: /^[1-9]\d{0,4}[mhd]$/.test(range) ? range : USUAL_RANGE };
}

export const query = (parts: Record<string, string | undefined>): string =>
  new URLSearchParams(
    Object.entries(parts).filter((pair): pair is [string, string] => pair[1] !== undefined),
  ).toString();

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

const MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export const PERIOD: Record<EndpointSeries["level"], string> = {
  minute: "per minute",
  hour: "hourly",
  day: "daily",
};

/** From the first period's start to the last one's end. */
export function spanOf(answer: EndpointSeries): { from: number; to: number } {
  const width = MS[answer.level];
  const first = answer.t[0] ?? Date.now() - width;
  return { from: first, to: (answer.t.at(-1) ?? first) + width };
}

export const sum = (values: readonly (number | null)[] | undefined): number =>
  (values ?? []).reduce<number>((all, value) => all + (value ?? 0), 0);

/** Of the minutes that have gone by (`from`, `to`: epoch ms), not of those still to come. */
export function perMinute(
  requests: number,
  { from, to }: { from: number; to: number },
  now = Date.now(),
): string {
  const rate = requests / Math.max(1, (Math.min(now, to) - from) / 60_000);
  return rate > 0 && rate < 0.001 ? "<0.001" : many(rate).value;
}

export const keyOf = (one: Endpoint): string => `${one.service}\n${one.method}\n${one.route}`;

/** Our own limits: a share of errors that somebody should look at, and one that hurts. */
export const errorStatus = (share: number): "poor" | "fair" | undefined =>
  share >= 0.05 ? "poor" : share >= 0.01 ? "fair" : undefined;
