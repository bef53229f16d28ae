// Which meeting stands at which line. Rows never jump under the pointer: while the list is held,
// lines keep their meeting, and only what a row says changes.
import type { ListAnswer, MeetingRow } from "../types";

/** A name may be used again and again: of those that ended, each time is a row of its own. */
export const keyOf = (row: MeetingRow): string =>
  row.live ? row.meetingId : `${row.meetingId}\n${row.startedAt}`;

/** Why the order is kept: somebody reads or points there; or, without a word, as long as a finger
 *  rests or the list moves. */
export type Hold = "" | "read" | "moving";

export interface Lines {
  /** Meeting by line, as shown. */
  shown: Map<number, string>;
  /** Meeting by line, as the service last said for the window it sent. */
  newest: Map<number, string>;
  rows: Map<string, MeetingRow>;
  total: number;
  /** Lines whose meeting would change if who reads let go. */
  moved: number;
}

export const NO_LINES: Lines = {
  shown: new Map(),
  newest: new Map(),
  rows: new Map(),
  total: 0,
  moved: 0,
};

const SAID = [
  "rating",
  "score",
  "sentence",
  "participants",
  "live",
  "failed",
  "startedAt",
  "endedAt",
  "summary",
] as const;

/** The old object where nothing in it changed: what it draws then stays as it is. */
function kept(old: MeetingRow | undefined, row: MeetingRow): MeetingRow {
  if (!old || row.summary || SAID.some((name) => old[name] !== row[name])) return row;
  const [before, now] = [old.trend ?? [], row.trend ?? []];
  return before.length === now.length && now.every((score, i) => score === before[i]) ? old : row;
}

export function accept(before: Lines, answer: ListAnswer, held: Hold): Lines {
  const newest = new Map<number, string>();
  const shown = held ? new Map(before.shown) : new Map<number, string>();
  const rows = new Map<string, MeetingRow>();
  let moved = 0;
  answer.items.forEach((row, i) => {
    const line = answer.from + i;
    const key = keyOf(row);
    newest.set(line, key);
    rows.set(key, kept(before.rows.get(key), row));
    const old = held ? before.shown.get(line) : undefined;
    if (old === undefined) shown.set(line, key);
    else if (old !== key && held === "read") moved++;
  });
  // What left the window keeps its last words as long as a line shows it.
  for (const id of shown.values()) {
    const old = rows.has(id) ? undefined : before.rows.get(id);
    if (old) rows.set(id, old);
  }
  const total = held ? Math.max(before.total, answer.total) : answer.total;
  return { shown, newest, rows, total, moved };
}

/** Let go: take the newest order. */
export function release(lines: Lines, total: number): Lines {
  return { ...lines, shown: lines.newest, total, moved: 0 };
}

export const lineOf = (lines: Lines, key: string): number | undefined => {
  for (const [line, shown] of lines.shown) if (shown === key) return line;
  return undefined;
};

export const rowAt = (lines: Lines, line: number): MeetingRow | undefined => {
  const id = lines.shown.get(line);
  return id === undefined ? undefined : lines.rows.get(id);
};
