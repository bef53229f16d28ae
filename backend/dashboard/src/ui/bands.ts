// Issues as stretches of time, from the log's issue-open and issue-close events.
import type { CallEvent, Issue } from "../types";

export interface Band {
  type: string;
  severity: "major" | "minor";
  from: number;
  /** null: still open. */
  to: number | null;
  sentence: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** An issue is known by its key ("i3") within its session; the events are of one session. */
const keyOf = (event: CallEvent): string => text(event.issue) || text(event.name);

export function bandsOf(events: readonly CallEvent[], open: readonly Issue[] = []): Band[] {
  const bands: Band[] = [];
  const byKey = new Map<string, Band>();
  for (const event of [...events].sort((a, b) => a.t - b.t)) {
    if (event.type === "issue-open") {
      const band: Band = {
        type: text(event.name) || "issue",
        severity: event.severity === "major" ? "major" : "minor",
        from: typeof event.since === "number" ? event.since : event.t,
        to: null,
        sentence: text(event.sentence),
      };
      bands.push(band);
      byKey.set(keyOf(event), band);
    } else if (event.type === "issue-close") {
      const band = byKey.get(keyOf(event));
      if (!band) continue;
      band.to = typeof event.until === "number" ? event.until : event.t;
      band.sentence = text(event.sentence) || band.sentence;
      if (event.severity === "major") band.severity = "major";
      byKey.delete(keyOf(event));
    }
  }
  // What the state says is open now and the log has not told yet.
  for (const issue of open) {
    const going = bands.filter((b) => b.type === issue.type && b.to === null);
    const known = going.find((b) => b.from === issue.since) ?? going[0];
    if (known) {
      known.sentence = issue.sentence; // of this moment, not of when it opened
      continue;
    }
    bands.push({
      type: issue.type,
      severity: issue.severity,
      from: issue.since,
      to: issue.until ?? null,
      sentence: issue.sentence,
    });
  }
  return bands.sort((a, b) => a.from - b.from);
}

const TITLES: Record<string, string> = {
  "high-loss": "High loss",
  outage: "Outage",
  "connect-failed": "Never connected",
  "frozen-video": "Frozen video",
  "high-rtt": "Long round trip",
  "one-way-audio": "One-way audio",
  "cpu-limited": "Processor too busy",
  "bandwidth-limited": "Too little bandwidth",
  "relay-tcp": "Relay over TCP",
  "ice-disconnected": "Interrupted",
  "ice-connection-failed": "Connection lost",
  "ice-transport-stalled": "No answer",
  "unstable-ice-path": "Unstable path",
  "keyframe-storm": "Key frame storm",
};

/** kebab-case as people write it. */
export const titleOf = (type: string): string =>
  TITLES[type] ?? (type.charAt(0).toUpperCase() + type.slice(1)).replaceAll("-", " ");
