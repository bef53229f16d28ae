// What callvitals promises in types. Nothing but types and no imports: the build makes the .d.ts of
// the served module and of the npm package from this very text (scripts/npm.mjs).

/** What may compute: `auto` decides by device and network. */
export type EngineChoice = "auto" | "pyodide" | "micropython" | "relay";

/** What computes, where, and why it is that; shown on the dashboard in these words. */
export interface Mode {
  engine: "pyodide" | "micropython" | "none" | "starting";
  host: "worker" | "main" | "none";
  why: string;
}

export interface Options {
  /** The meeting's id, as the host app names it. */
  meeting: string;
  /** Who this is; without it the session is anonymous. */
  participant?: string;
  /** A name to show. */
  name?: string;
  /** The callvitals service, "https://cv.example"; default: where the script came from. */
  host?: string;
  /** Ingest key, and the host app's token for this participant, where the service asks for them. */
  key?: string;
  token?: string;
  /** What shall compute; default "auto". */
  engine?: EngineChoice;
  /** false: only connections given to `watch` are measured. Default true. */
  auto?: boolean;
  /** More about the session: strings, booleans, integers. */
  meta?: Record<string, unknown>;
}

export type Rating = "good" | "fair" | "poor" | "unknown";

/** The session's verdict on itself. */
export interface Score {
  name: "score";
  /** 1.0–5.0; null while it is unknown. */
  value: number | null;
  rating: Rating;
  /** Points of score lost, by cause. */
  reasons: Record<string, number>;
  /** What it suffers from, in one sentence; empty where all is well. */
  sentence: string;
}

/** What a second of the session was like. Base units: s, bit/s, ratios 0–1, frames per second. */
export interface Sample {
  /** Epoch ms, by the service's clock where it is known. */
  t: number;
  /** Of `score`, `upload`, `download`, `rtt`, `lossIn`, `lossOut`, `jitter`, `jitterBuffer`,
   *  `concealed`, `fpsIn`, `fpsOut`, `frozen` those that are known. */
  values: Record<string, number>;
}

/** A trouble that begins or is over. */
export interface Issue {
  kind: "open" | "close";
  /** The same in both, and unlike any other of the session. */
  id: string;
  /** "outage", "high-loss", "no-permission" … */
  type: string;
  severity: "major" | "minor";
  /** Epoch ms, by the service's clock where it is known. */
  since: number;
  /** When it was over; `close` only. */
  until?: number;
  /** As a support engineer would say it. */
  sentence: string;
  /** The figures it stands on, in base units. */
  evidence: Record<string, unknown>;
}

/** Events of `on`, with what their callbacks get. */
export interface Events {
  /** An engine took over, or none is possible. */
  mode: Mode;
  /** The service ended the session, or `stop` did. */
  end: { why: string };
  /** Each tick: once a second, less often with many connections or while hidden. */
  sample: Sample;
  /** The score, its rating or its sentence changed. */
  score: Score;
  issue: Issue;
}

export interface Api {
  version: string;
  init(options: Options): void;
  watch(pc: RTCPeerConnection): void;
  stop(): Promise<void>;
  /** A moment of the host app on the timeline. */
  mark(name: string, data?: Record<string, unknown>): void;
  /** Whose track this is, or a receiver's or sender's; `source`: "camera", "screen" … */
  label(
    track: string | { id: string } | { track: { id: string } | null },
    whose: { participant?: string; source?: string },
  ): void;
  /** The participant's own verdict, 1–5. */
  rate(stars: number, text?: string): void;
  on<E extends keyof Events>(event: E, run: (value: Events[E]) => void): () => void;
  /** The newest verdict; null before there is one. */
  score(): Promise<Score | null>;
  debug: {
    /** The state last sent to the service, in base units; null before there is one. */
    state(): Promise<unknown>;
    /** Engine, host, why; ticks, buffers, own cost in ms. */
    info(): Record<string, unknown> | null;
  };
}
