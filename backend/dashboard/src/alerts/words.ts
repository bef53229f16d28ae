// Values, spans and rules in words; and a form's text to a rule and back. Pure.
import { digits, NONE, said } from "../format";
import type { Rating } from "../types";
import type { Alert, Metric, Rule, Severity } from "./types";

export const SHAPE: Record<Severity, Rating> = {
  critical: "poor",
  warning: "fair",
  info: "unknown",
};

export function amount(value: number | null, unit: string): string {
  if (value === null) return NONE;
  if (unit === "ratio") return `${digits(value * 100)} %`;
  if (unit === "s") return said("took", value);
  if (unit === "bit/s") return said("bits", value);
  if (unit === "bytes") return said("bytes", value);
  if (unit === "1/s") return `${digits(value)} a second`;
  return digits(value);
}

/** 45 s, 5 min, 2 h, 1 d. */
export function span(seconds: number): string {
  for (const [size, unit] of [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size} ${unit}`;
  }
  return `${seconds} s`;
}

/** `5m`, `30s`, `90` → seconds; null where it is none. */
export function secondsOf(text: string): number | null {
  const found = /^\s*(\d{1,6})\s*(s|m|min|h|d)?\s*$/.exec(text);
  if (!found) return null;
  const size = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 }[found[2] ?? "s"] ?? 1;
  return Number(found[1]) * size;
}

export const spanText = (seconds: number): string =>
  span(seconds).replace(" min", "m").replace(" ", "");

const PER: Record<Rule["per"], string> = {
  all: "",
  meeting: ", for each meeting",
  participant: ", for each participant",
  endpoint: ", for each endpoint",
};

/** "Share of participants rated poor ≥ 20 % in 5 min, for 1 min". */
export function sentenceOf(rule: Rule, metrics: readonly Metric[]): string {
  const metric = metrics.find((one) => one.name === rule.metric);
  const what = metric?.what ?? rule.metric;
  const unit = metric?.unit ?? "";
  const limit =
    rule.above !== null
      ? `above ${amount(rule.above, unit)}`
      : rule.below !== null
        ? `below ${amount(rule.below, unit)}`
        : "";
  let head: string;
  if (rule.share !== null) {
    const who = rule.on === "calls" ? rule.of : "endpoints";
    head = `${amount(rule.share, "ratio")} of the ${who} ${metric?.flag ? what : `with ${what} ${limit}`}`;
  } else if (metric?.flag) {
    const who =
      rule.per === "participant" ? "" : `more than ${digits(rule.above ?? 0)} ${rule.of} `;
    head = `${who}${what}`;
  } else head = `${what} ${limit}`;
  const only = Object.entries(rule.match).map(([name, value]) => `${name} ${value}`);
  const where = only.length ? ` (only ${only.join(", ")})` : "";
  const text = `${head}${PER[rule.per]}${where}, in ${span(rule.window)}${rule.for ? `, for ${span(rule.for)}` : ""}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Where an alert leads: the meeting, the participant, the endpoint it is about. */
export function leads(alert: Alert): string | null {
  const { meetingId, participantId, route, method, service } = alert.about;
  const id = encodeURIComponent;
  // A name may come again: the time of it in which this was.
  const then = `?started=${alert.since}`;
  if (meetingId && participantId) return `/m/${id(meetingId)}/p/${id(participantId)}${then}`;
  if (meetingId) return `/m/${id(meetingId)}${then}`;
  if (route) {
    const ask = new URLSearchParams({ service: service ?? "", method: method ?? "", route });
    return `/http/endpoint?${ask}`;
  }
  return null;
}

// -- the form ------------------------------------------------------------------------------------

/** How a limit of this unit is typed, and how many of those make one base unit. */
export function typed(unit: string): { unit: string; scale: number } {
  if (unit === "ratio") return { unit: "%", scale: 100 };
  if (unit === "s") return { unit: "ms", scale: 1000 };
  if (unit === "bit/s") return { unit: "kbit/s", scale: 0.001 };
  if (unit === "bytes") return { unit: "MB", scale: 1e-6 };
  return { unit: unit === "1/s" ? "a second" : "", scale: 1 };
}

export const scaled = (value: number, scale: number): number =>
  Number((value * scale).toPrecision(12));

export const FRESH: Rule = {
  name: "",
  on: "calls",
  metric: "poor",
  above: null,
  below: null,
  share: 0.2,
  clear: null,
  of: "participants",
  per: "all",
  for: 60,
  window: 300,
  hold: 60,
  minSample: 5,
  match: {},
  severity: "warning",
  deliver: [],
  enabled: true,
  source: "api",
  unit: "ratio",
};

/** Rules to begin with, one click each. */
export const READY: readonly (readonly [string, string, Partial<Rule>])[] = [
  [
    "Many calls are poor",
    "A fifth of all participants is rated poor for a minute.",
    { name: "many-poor", on: "calls", metric: "poor", share: 0.2, for: 60, severity: "critical" },
  ],
  [
    "People cannot join",
    "One join in twenty never gets a connection.",
    { name: "failed-joins", on: "calls", metric: "failedJoins", share: 0.05, window: 900 },
  ],
  [
    "The API fails",
    "An endpoint answers one request in twenty with an error.",
    { name: "api-errors", on: "endpoints", per: "endpoint", metric: "errorShare", above: 0.05 },
  ],
];
