// The shapes the service sends (docs/internals.md, section 3), all in base units:
// seconds, bit/s, ratios 0–1, scores 1–5, times in epoch milliseconds of the server's clock.

export type Rating = "good" | "fair" | "poor" | "unknown";
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
  pcs?: Record<string, Connection>;
  media?: Record<string, number>;
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
}

export interface MeetingRow extends MeetingHead {
  participants: number;
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
  live: boolean;
  search: string;
  rating: Rating | "";
  sort: string;
  from: number;
  count: number;
}

/** One window of the list: rows `from` … `from + items.length − 1` of `total` that match. */
export interface ListAnswer {
  total: number;
  counts: Record<Rating, number>;
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

export interface SeriesAnswer extends Rows {
  sessions?: string[];
  level: string;
  shown: number;
  total: number;
  gaps?: Gap[];
}

export interface CallEvent {
  sessionId?: string;
  tick?: number;
  t: number;
  type: string;
  [more: string]: unknown;
}
