// What a lane draws: all sessions of a participant in this occurrence of a meeting, on one line, and
// the same in words and as a table. Pure.
import { thresholds } from "../core";
import { clockSeconds, score as scoreText } from "../format";
import type { Participant } from "../types";
import type { TableRow } from "../ui/astable";
import { type Band, titleOf } from "../ui/bands";
import { type Span, STEPS } from "./ribbon";

export interface Mark {
  t: number;
  name: string;
}

/** Of which session, and a name of its own: two issues of a kind may open in the same tick. */
type Of<T> = T & { sessionId?: string; key?: string };

/** What is known of one session. */
export interface Piece {
  t: number[];
  score: (number | null)[];
  bands: readonly Band[];
  /** The host app's, and the stars that were given. */
  marks: readonly Mark[];
  /** `stale`: the newest look at history failed, what is here is of an earlier one. */
  state: "ready" | "stale" | "failed";
}

export interface Lane {
  t: number[];
  score: (number | null)[];
  bands: readonly Of<Band>[];
  marks: readonly Of<Mark>[];
  state: "loading" | Piece["state"];
}

export const NO_LANE: Lane = { t: [], score: [], bands: [], marks: [], state: "loading" };

const usual = (t: readonly number[]): number =>
  t.length > 1 ? ((t.at(-1) ?? 0) - (t[0] ?? 0)) / (t.length - 1) : 1000;

/** `ids`: a participant's sessions, first the one that their headline comes from: where two went on at
 *  the same time, the earlier of the list is drawn. */
export function laneOf(ids: readonly string[], pieces: ReadonlyMap<string, Piece>): Lane {
  const known = ids.flatMap((sessionId) => {
    const piece = pieces.get(sessionId);
    return piece ? [{ ...piece, sessionId }] : [];
  });
  const taken: Span[] = [];
  const points: { t: number; score: number | null; of: Piece }[] = [];
  for (const of of known) {
    const [from, to] = [of.t[0], of.t.at(-1)];
    if (from === undefined || to === undefined) continue;
    of.t.forEach((t, i) => {
      if (taken.some((span) => t >= span.from && t <= span.to)) return;
      points.push({ t, score: of.score[i] ?? null, of });
    });
    taken.push({ from, to });
  }
  points.sort((a, b) => a.t - b.t);
  const lane: Lane = { ...NO_LANE, t: [], score: [] };
  points.forEach(({ t, score, of }, i) => {
    const before = points[i - 1];
    if (before && before.of !== of) {
      lane.t.push(Math.min(t, before.t + Math.max(1000, usual(before.of.t))));
      lane.score.push(null);
    }
    lane.t.push(t);
    lane.score.push(score);
  });
  const own = <T extends object>(sessionId: string, all: readonly T[]): Of<T>[] =>
    all.map((one, i) => ({ ...one, sessionId, key: `${sessionId} ${i}` }));
  lane.bands = known.flatMap((of) => own(of.sessionId, of.bands));
  lane.marks = known.flatMap((of) => own(of.sessionId, of.marks));
  const states = new Set(known.map(({ state }) => state));
  if (states.has("failed")) lane.state = "failed";
  else if (states.has("stale")) lane.state = "stale";
  else if (known.length && known.length === ids.length) lane.state = "ready";
  return lane;
}

/** What the newest states say beyond what history told; the same map where that is nothing. */
export function extended(
  pieces: ReadonlyMap<string, Piece>,
  participants: readonly Participant[],
): ReadonlyMap<string, Piece> {
  let next: Map<string, Piece> | null = null;
  for (const { sessionId, state } of participants.flatMap((p) => p.sessions)) {
    const piece = pieces.get(sessionId);
    const t = state?.t;
    if (!piece || t === undefined || t <= (piece.t.at(-1) ?? 0)) continue;
    next ??= new Map(pieces);
    const score = [...piece.score, state?.score ?? null];
    next.set(sessionId, { ...piece, t: [...piece.t, t], score });
  }
  return next ?? pieces;
}

/** One sentence for who does not see the lane. `rating`: how they are, in a word; `open`: types of
 *  issues. */
export function wordsOf(lane: Lane, rating: string, open: readonly string[]): string {
  let [poor, whole] = [0, 0];
  for (let i = 0; i + 1 < lane.t.length; i++) {
    const value = lane.score[i];
    if (value === null || value === undefined) continue;
    const held = (lane.t[i + 1] ?? 0) - (lane.t[i] ?? 0);
    whole += held;
    if (value < thresholds.fair) poor += held;
  }
  const share = whole
    ? `poor for ${Math.round((100 * poor) / whole)} % of the time`
    : "not measured";
  const titles = [...new Set(open)].map(titleOf).join(", ");
  return `${rating}; ${share}; ${titles ? `open: ${titles}` : "no open issue"}.`;
}

/** The worst score of each stretch of the axis, a column per lane; at most forty rows. */
export function tableOf(lanes: readonly Lane[], span: Span): { step: number; rows: TableRow[] } {
  const length = span.to - span.from;
  const step = STEPS.find((s) => length / s <= 40) ?? length / 40;
  const rows: TableRow[] = [];
  for (let from = span.from; from < span.to; from += step) {
    const cells = lanes.map((lane) => {
      let worst: number | null = null;
      lane.t.forEach((t, i) => {
        const value = lane.score[i];
        const end = lane.t[i + 1] ?? t + 1000;
        if (value == null || end <= from || t >= from + step) return;
        worst = Math.min(worst ?? value, value);
      });
      return scoreText(worst);
    });
    rows.push({ t: from, time: clockSeconds(from), cells });
  }
  return { step, rows };
}
