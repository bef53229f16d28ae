// The shapes the service sends (docs/internals.md, section 3), all in base units:
// seconds, bit/s, ratios 0–1, scores 1–5, times in epoch milliseconds of the server's clock.

export type Rating = "good" | "fair" | "poor" | "unknown";
/** What the list can be narrowed to: a rating, or the calls that never started. */
export type Kind = Rating | "failed";
export type Presence = "live" | "lost" | "left" | "ended";

export interface Issue {
  type: string;
  severity: "major" | "minor";
  since: number;
  until?: number;
  sentence: string;
  evidence?: Record<string, unknown>;
}

/** What one peer connection does: names of states and of the candidate pair's kinds. */
export interface Connection {
  name?: string;
  state?: string;
  ice?: string;
  local?: string;
  remote?: string;
  protocol?: string;
  relayProtocol?: string;
  networkType?: string;
  /** Seconds; see docs/internals.md, "How connections come up". */
  connectTime?: number;
  firstFrameTime?: number;
  firstSoundTime?: number;
}

export interface Stream {
  kind?: string;
  direction?: string;
  codec?: string;
  rid?: string;
  bitrate?: number;
  loss?: number;
  jitter?: number;
  rtt?: number;
  fps?: number;
  width?: number;
  height?: number;
  cpuLimited?: number;
  bandwidthLimited?: number;
  otherLimited?: number;
}

/** The state document in base units. Every part may be missing: an engine may be starting. */
export interface State {
  tick?: number;
  t?: number;
  rating?: Rating;
  score?: number;
  sentence?: string;
  /** Points of score lost, by cause. */
  reasons?: Record<string, number>;
  net?: Record<string, number>;
  facts?: Record<string, string | number | boolean>;
  /** By track: whose it is. */
  labels?: Record<string, { participant?: string; source?: string }>;
  pcs?: Record<string, Connection>;
  media?: Record<string, number>;
  /** Only while watched: by key ("s0"), the metrics of docs/metrics.md. */
  streams?: Record<string, Stream>;
  video?: Record<string, number>;
  issues?: Record<string, Issue>;
  counts?: Record<string, number>;
  engine?: string;
  host?: string;
  why?: string;
  boot?: number;
}

export interface SessionInfo {
  sessionId: string;
  presence: Presence;
  engine?: string | null;
  host?: string | null;
  startedAt?: number | null;
  endedAt?: number | null;
  state?: State | null;
}

export interface Participant {
  participantId: string;
  name?: string | null;
  anonymous?: boolean;
  score: number | null;
  rating: Rating;
  sentence: string | null;
  sessions: SessionInfo[];
}

export interface MeetingHead {
  meetingId: string;
  live: boolean;
  startedAt: number | null;
  endedAt: number | null;
  score: number | null;
  rating: Rating;
  sentence: string | null;
  /** Of an ended one, once it is summed up. */
  summary?: Summary | null;
}

/** What an ended meeting came to; minutes are of all participants together. */
export interface Summary {
  verdict: Rating;
  minutes: number;
  poorMinutes: number;
  cause: string | null;
  sentence: string;
  who: {
    participantId: string;
    name: string;
    verdict: Rating;
    minutes: number;
    poorMinutes: number;
  }[];
  suffered: number;
  failed: number;
  stars: Record<string, number>;
}

export interface MeetingRow extends MeetingHead {
  participants: number;
  /** It never started: somebody could not get in, and nobody has a score. */
  failed?: boolean;
  /** The worst score of each 10 s of the last five minutes, the newest last. */
  trend?: (number | null)[];
}

/** An issue over the participants of a meeting: who has it together, and whose fault it is. */
export interface MeetingIssue {
  type: string;
  direction?: "in" | "out";
  scope: "everyone" | "several" | "one";
  /** Their ids, in the order in which it began. */
  participants: string[];
  /** How many they are out of. */
  present: number;
  since: number;
  /** Nobody has it any more since then; it is held for a moment, in case it comes back. */
  until?: number;
  severity: "major" | "minor";
  sentence: string;
  fault: {
    side: "sender" | "receiver" | "path" | "unknown";
    participant?: string;
    confidence: "high" | "medium" | "low";
    because: string;
  };
}

export interface Meeting extends MeetingHead {
  participants: Participant[];
  /** Open now, the worst first. */
  issues?: MeetingIssue[];
}

export interface ListQuery {
  /** Number of the question, told again with each answer. */
  n: number;
  live: boolean;
  search: string;
  rating: Kind | "";
  sort: string;
  /** Of those that ended: when they went on, epoch ms. */
  since?: number;
  until?: number;
  from: number;
  count: number;
}

/** One window of the list: rows `from` … `from + items.length − 1` of `total` that match. */
export interface ListAnswer {
  n: number | null;
  total: number;
  counts: Record<Kind, number>;
  meetings: number;
  participants: number;
  from: number;
  items: MeetingRow[];
}

/** Columns over time; null is "not measured". */
export interface Rows {
  sessionId: string;
  t: number[];
  series: Record<string, (number | null)[]>;
}

export interface Gap {
  from: number;
  to: number;
  why?: string;
}

/** What a point or a number is made of: of ticks, or of buckets of a minute or an hour. */
export type Level = "raw" | "1m" | "1h";

export interface SeriesStat {
  median: number;
  worst: number;
  at: number;
}

export interface SeriesAnswer extends Rows {
  sessions?: string[];
  level: Level;
  shown: number;
  total: number;
  gaps?: Gap[];
  /** Of all ticks of the range, shown or not. */
  stats: { ticks: number; series: Record<string, SeriesStat> };
}

export interface CallEvent {
  sessionId?: string;
  tick?: number;
  t: number;
  type: string;
  [more: string]: unknown;
}
