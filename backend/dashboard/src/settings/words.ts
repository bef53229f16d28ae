// How settings and costs are said. Pure.
import { bytes, digits, type Shown } from "../format";
import type { Cost, Name, Value } from "./types";

export const TITLE: Record<Name, string> = {
  messageSeconds: "Message interval",
  sampleSeconds: "Sampling interval",
  share: "Share of sessions",
  engine: "Engine",
  off: "Measuring",
};

export const ENGINES: Record<string, string> = {
  auto: "Automatic",
  pyodide: "Pyodide",
  micropython: "MicroPython",
};

/** A value as people say it. */
export function valueText(name: Name, value: Value): string {
  if (name === "engine") return ENGINES[String(value)] ?? String(value);
  if (name === "off") return value ? "Off: all pages stop" : "On";
  if (name === "share") return `${value} %`;
  if (name === "sampleSeconds" && value === 0) return "Automatic";
  return `${value} s`;
}

const ms = (value: number): Shown =>
  value >= 1000 ? { value: digits(value / 1000), unit: "s" } : { value: digits(value), unit: "ms" };

export interface Kind {
  key: keyof Cost;
  name: string;
  show: (value: number) => Shown;
  /** What the number is of: a minute of a call, or once. */
  per: string;
}

export const KINDS: readonly Kind[] = [
  { key: "sentBytes", name: "Sent", show: bytes, per: "a minute" },
  { key: "storedBytes", name: "Stored here", show: bytes, per: "a minute" },
  { key: "workerMs", name: "Worker", show: ms, per: "a minute" },
  { key: "pageMs", name: "Page's thread", show: ms, per: "a minute" },
  { key: "download", name: "Download", show: bytes, per: "once, then cached" },
  { key: "memory", name: "Memory", show: bytes, per: "while measuring" },
];

/** Which costs a setting moves. */
export const MOVES: Record<Name, readonly (keyof Cost)[]> = {
  messageSeconds: ["sentBytes"],
  sampleSeconds: ["sentBytes", "storedBytes", "workerMs", "pageMs"],
  share: ["sentBytes", "storedBytes", "workerMs"],
  engine: ["workerMs", "download", "memory"],
  off: ["sentBytes", "workerMs"],
};

export const LIMITS: Partial<Record<Name, readonly [number, number, string]>> = {
  messageSeconds: [1, 300, "s"],
  sampleSeconds: [0, 60, "s"],
  share: [0, 100, "%"],
};

/** "−62 %", "+15 %", "the same". */
export function change(now: number, then: number): string {
  if (now === then) return "as now";
  if (now === 0) return "more than now";
  const share = Math.round((then / now - 1) * 100);
  if (share === 0) return "about as now";
  return share > 0 ? `+${share} %` : `−${-share} %`;
}
