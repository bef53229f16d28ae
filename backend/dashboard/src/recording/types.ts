// What POST /api/analyze answers (docs/recordings.md). Base units, times in epoch ms.
import type { CallEvent, Rating } from "../types";

export interface RecordedIssue {
  type: string;
  severity: "major" | "minor";
  since: number;
  until: number | null;
  open?: boolean;
  sentence: string;
}

export interface RecordedStream {
  key: string;
  direction: "inbound" | "outbound";
  kind: string;
  ssrc: number;
  mid?: string;
  rid?: string;
  codec?: string;
  frameWidth?: number;
  frameHeight?: number;
  loss: number | null;
  jitter: number | null;
  rtt: number | null;
  bitrate: number | null;
  fps: number | null;
  concealed: number | null;
  jitterBuffer: number | null;
  frozen: number | null;
}

export interface RecordedConnection {
  pc: string;
  start: number;
  end: number;
  duration: number;
  reports: number;
  score: number | null;
  rating: Rating;
  sentence: string;
  reasons?: Record<string, number>;
  lowest?: { score: number; t: number } | null;
  state: string | null;
  route?: Record<string, string>;
  setup?: Record<string, unknown>;
  means: Record<string, number | null>;
  streams: RecordedStream[];
  issues: RecordedIssue[];
  events: CallEvent[];
  series?: {
    t: number[];
    series: Record<string, (number | null)[]>;
    shown?: number;
    total?: number;
  };
}

export interface Analysis {
  meeting?: string;
  participant?: string;
  format: string;
  start: number;
  end: number;
  duration: number;
  facts: Record<string, string | number | boolean>;
  score: number | null;
  rating: Rating;
  sentence: string;
  missing: string[];
  issues: RecordedIssue[];
  events: CallEvent[];
  connections: RecordedConnection[];
}
