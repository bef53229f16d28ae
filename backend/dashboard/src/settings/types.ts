// What pages are told and what it costs them (GET /api/config). Times in epoch ms.
export type Value = number | string | boolean;
export type Config = Record<Name, Value>;
export type Name = "messageSeconds" | "sampleSeconds" | "share" | "engine" | "off";

/** Of one participant: a minute's messages, samples, bytes and ms; download and memory in bytes. */
export interface Cost {
  messages: number;
  samples: number;
  sentBytes: number;
  storedBytes: number;
  workerMs: number;
  pageMs: number;
  download: number;
  memory: number;
}

export interface Setting {
  name: Name;
  what: string;
  choices: { value: Value; cost: Cost }[];
}

export interface ConfigAnswer {
  version: number;
  changedAt: number | null;
  config: Config;
  defaults: Config;
  changed: Name[];
  pages: number;
  cost: Cost;
  /** What pages really sent a minute, if there were enough of them. */
  measured?: { sentBytes: number; pages: number; seconds: number } | null;
  settings: Setting[];
}
