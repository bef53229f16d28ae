// Numbers and times as people read them. Pure; three significant digits, a unit always beside it.

export const NONE = "–";

/** A value and its unit, apart, so that the unit can be set smaller. */
export interface Shown {
  value: string;
  unit: string;
}

/** Three significant digits without exponent: 0.123, 1.23, 12.3, 123, 1,230. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size >= 100) return String(Math.round(value));
  if (size >= 10) return trim(value.toFixed(1));
  if (size >= 1) return trim(value.toFixed(2));
  return size === 0 ? "0" : trim(value.toFixed(3));
}

const trim = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

const BITS = [
  [1e9, "Gbit/s"],
  [1e6, "Mbit/s"],
  [1e3, "kbit/s"],
  [0, "bit/s"],
] as const;

export function bits(value: number): Shown {
  for (const [size, unit] of BITS) {
    if (Math.abs(value) >= size) return { value: digits(size ? value / size : value), unit };
  }
  return { value: "0", unit: "bit/s" };
}

const BYTES = [
  [1e12, "TB"],
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
] as const;

export function bytes(value: number): Shown {
  for (const [size, unit] of BYTES) {
    if (Math.abs(value) >= size) return { value: digits(value / size), unit };
  }
  return { value: digits(Math.round(value)), unit: "B" };
}

/** How long something took, from microseconds to hours, in the unit that fits. */
export function took(s: number): Shown {
  if (s === 0) return { value: "0", unit: "ms" };
  if (s < 0.001) return { value: digits(Math.round(s * 1e6)), unit: "µs" };
  if (s < 1) return { value: digits(s * 1e3), unit: "ms" };
  if (s < 120) return { value: digits(s), unit: "s" };
  if (s < 7200) return { value: digits(s / 60), unit: "min" };
  return { value: digits(s / 3600), unit: "h" };
}

/** 950, 12.3 k, 4.56 M. */
export function many(value: number): Shown {
  if (Math.abs(value) >= 1e6) return { value: `${digits(value / 1e6)} M`, unit: "" };
  if (Math.abs(value) >= 1e4) return { value: `${digits(value / 1e3)} k`, unit: "" };
  return { value: digits(value), unit: "" };
}

export type Unit = "bits" | "seconds" | "share" | "fps" | "score" | "bytes" | "took" | "many";

export const SHOW: Record<Unit, (value: number) => Shown> = {
  bits,
  // Delays of a call are told in milliseconds, whatever their size.
  seconds: (s) => ({ value: digits(s * 1000 >= 10 ? Math.round(s * 1000) : s * 1000), unit: "ms" }),
  share: (x) => ({ value: x === 0 ? "0" : (x * 100).toFixed(x < 0.1 ? 2 : 1), unit: "%" }),
  fps: (x) => ({ value: digits(Math.round(x * 10) / 10), unit: "fps" }),
  score: (x) => ({ value: x.toFixed(1), unit: "" }),
  bytes,
  took,
  many,
};

export function show(unit: Unit, value: number | null | undefined): Shown {
  return typeof value === "number" && Number.isFinite(value)
    ? SHOW[unit](value)
    : { value: NONE, unit: "" };
}

export function said(unit: Unit, value: number | null | undefined): string {
  const shown = show(unit, value);
  return shown.unit ? `${shown.value} ${shown.unit}` : shown.value;
}

export const score = (value: number | null | undefined): string => show("score", value).value;

const two = (n: number): string => String(n).padStart(2, "0");

/** 09:31, or 22 Nov 09:31 when it is not today. */
export function clock(ms: number | null | undefined, now: number): string {
  if (typeof ms !== "number") return NONE;
  const at = new Date(ms);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === new Date(now).toDateString()) return time;
  return `${at.getDate()} ${at.toLocaleString("en", { month: "short" })} ${time}`;
}

export function clockSeconds(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** How a moment within a stretch of time is said: with its day, unless all of it is today. */
export function moments(from: number, to: number, now: number): (ms: number) => string {
  const today = (ms: number): boolean =>
    new Date(ms).toDateString() === new Date(now).toDateString();
  return today(from) && today(to) ? clockSeconds : (ms) => `${day(ms, now)} ${clockSeconds(ms)}`;
}

/** On an axis whose marks are `step` ms apart: the day where one begins, else the time. */
export function axisTime(ms: number, step: number): string {
  const at = new Date(ms);
  // Not "at 0 h": where the clock is put ahead at midnight, a day begins at 1 h.
  const begins = new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime() === ms;
  if (begins || step >= 86_400_000) return day(ms, ms);
  return step < 60_000 ? clockSeconds(ms) : clockSeconds(ms).slice(0, 5);
}

/** 0:07, 24:10, 1:02:03. */
export function length(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return NONE;
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 22 Nov, or 22 Nov 2025 when it is another year. */
export function day(ms: number, now: number): string {
  const at = new Date(ms);
  const text = `${at.getDate()} ${at.toLocaleString("en", { month: "short" })}`;
  return at.getFullYear() === new Date(now).getFullYear() ? text : `${text} ${at.getFullYear()}`;
}

/** 12 s, 4 min, 3 h: how old something is. */
export function age(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  return `${Math.round(s / 3600)} h`;
}

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
