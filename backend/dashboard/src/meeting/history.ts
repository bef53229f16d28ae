// The history of a meeting's sessions for the lanes, and what the pushes add to it. By session, not by
// name: the name of a meeting or a participant may come again at another time.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { useLink } from "../live";
import { happened } from "../participant/happened";
import type { CallEvent, Meeting, SessionInfo } from "../types";
import { bandsOf } from "../ui/bands";
import { extended, type Lane, laneOf, type Mark, type Piece } from "./lane";
import { joined } from "./ribbon";
import { headSession } from "./store";

const POINTS = 120;
const EVERY = 30_000; // what the pushes add is denser than what history thins: make it even again
const NOTHING = { t: [], score: [], bands: [], marks: [] };

/** A few at a time: fifty lanes must not be a hundred requests at once. */
function queue(width: number): <T>(job: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (job) => {
    if (running >= width) await new Promise<void>((go) => waiting.push(go));
    running++;
    try {
      return await job();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}
const inTurn = queue(4);

async function load(
  meetingId: string,
  participantId: string,
  session: string,
  signal: AbortSignal,
): Promise<Piece> {
  const ask = { meetingId, participantId, session, metrics: ["score"], points: POINTS };
  const [answer, events] = await Promise.all([
    inTurn(() => api.series(ask, signal)),
    inTurn(() => api.events(meetingId, participantId, session, signal)),
  ]);
  const score = answer.series.score ?? answer.t.map(() => null);
  return {
    ...joined(answer.t, score, answer.gaps ?? []),
    bands: bandsOf(events),
    marks: marksOf(events),
    state: "ready",
  };
}

const marksOf = (events: readonly CallEvent[]): Mark[] =>
  events
    .filter((event) => event.type === "mark" || event.type === "rate")
    .map((event) => ({ t: event.t, name: happened(event).title }));

const isOver = (meeting: Meeting, { presence }: SessionInfo): boolean =>
  !meeting.live || presence === "left" || presence === "ended";

/** A lane per participant, by participantId. */
export function useLanes(meeting: Meeting): ReadonlyMap<string, Lane> {
  const [pieces, setPieces] = useState<ReadonlyMap<string, Piece>>(new Map());
  const [round, setRound] = useState(0);
  const { returns } = useLink();
  // By session, so that only what is new, goes on or failed is asked for again.
  const asked = useRef(new Map<string, { key: string; busy: boolean; stop: AbortController }>());
  const all = meeting.participants.flatMap((p) =>
    p.sessions.map((s) => ({ id: s.sessionId, of: p.participantId, over: isOver(meeting, s) })),
  );
  useEffect(() => {
    for (const { id, of, over } of all) {
      const key = over ? "over" : `${round} ${returns}`;
      const before = asked.current.get(id);
      if (before && (before.key === key || (before.busy && !over))) continue;
      before?.stop.abort();
      const stop = new AbortController();
      const now = { key, busy: true, stop };
      asked.current.set(id, now);
      const set = (to: (old: Piece | undefined) => Piece): void => {
        if (stop.signal.aborted) return;
        now.busy = false;
        setPieces((old) => new Map(old).set(id, to(old.get(id))));
      };
      load(meeting.meetingId, of, id, stop.signal).then(
        (piece) => set(() => piece),
        () =>
          set((old) => {
            now.key = "";
            const state = old && old.state !== "failed" ? "stale" : "failed";
            return { ...NOTHING, ...old, state };
          }),
      );
    }
  }, [all.map(({ id, over }) => id + over).join(), round, returns]);
  useEffect(
    () => () => {
      for (const { stop } of asked.current.values()) stop.abort();
    },
    [],
  );
  const again = meeting.live || [...pieces.values()].some(({ state }) => state !== "ready");
  useEffect(() => {
    if (!again) return;
    const timer = setInterval(() => document.hidden || setRound((n) => n + 1), EVERY);
    return () => clearInterval(timer);
  }, [again]);
  useEffect(() => setPieces((old) => extended(old, meeting.participants)), [meeting.participants]);
  return useMemo(
    () =>
      new Map(
        meeting.participants.map((p) => {
          const head = headSession(p.sessions)?.sessionId;
          const ids = p.sessions.map((s) => s.sessionId).filter((id) => id !== head);
          return [p.participantId, laneOf([...(head ? [head] : []), ...ids.reverse()], pieces)];
        }),
      ),
    [pieces, meeting.participants],
  );
}
