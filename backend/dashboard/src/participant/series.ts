// What a panel draws, kept fresh: the service's answer, asked again as the call goes on.
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { on, useLink } from "../live";
import type { Rows, SeriesAnswer } from "../types";
import { addRows } from "./columns";
import type { Range, Span } from "./range";

export function useTail(sessionId: string, paused: boolean): Rows | null {
  const [tail, setTail] = useState<Rows | null>(null);
  const all = useRef<Rows | null>(null);
  useEffect(() => {
    all.current = null;
    setTail(null);
  }, [sessionId]);
  useEffect(() => {
    if (!paused) setTail(all.current);
    return on("rows", (rows) => {
      if (sessionId && rows.sessionId !== sessionId) return;
      all.current = addRows(all.current, rows);
      if (!paused) setTail(all.current);
    });
  }, [sessionId, paused]);
  return tail;
}

export interface Asked {
  meetingId: string;
  participantId: string;
  session: string;
  range: Range;
  span: Span;
  points: number;
  /** What is shown still grows: ask again now and then, so that the picture stays even. */
  live: boolean;
}

export interface Fetched {
  answer: SeriesAnswer | null;
  busy: boolean;
  error: string;
  again: () => void;
}

export function useSeries(metrics: readonly string[], asked: Asked): Fetched {
  const [answer, setAnswer] = useState<SeriesAnswer | null>(null);
  const [busy, setBusy] = useState(true);
  const [error, setError] = useState("");
  const [round, setRound] = useState(0);
  const { returns } = useLink();
  const { range, session } = asked;
  const [from, to] =
    range.kind === "fixed"
      ? [range.from, range.to]
      : [range.kind, range.kind === "last" ? range.ms : 0];
  const latest = useRef(asked);
  latest.current = asked;

  useEffect(() => {
    const stop = new AbortController();
    const { meetingId, participantId, points, span } = latest.current;
    const limits =
      range.kind === "all"
        ? {}
        : range.kind === "last"
          ? { from: span.to - range.ms }
          : { from: range.from, to: range.to };
    setBusy(true);
    api.series({ meetingId, participantId, session, metrics, points, ...limits }, stop.signal).then(
      (got) => {
        setAnswer(got);
        setError("");
        setBusy(false);
      },
      (reason: Error) => {
        if (stop.signal.aborted) return;
        setError(reason.message);
        setBusy(false);
      },
    );
    return () => stop.abort();
  }, [session, from, to, round, returns, asked.points, asked.live]);

  // At rest the live tail is denser than the thinned past: fetch before that shows.
  const every = range.kind === "all" ? 15_000 : 60_000;
  useEffect(() => {
    if (!asked.live) return;
    const timer = setInterval(() => document.hidden || setRound((n) => n + 1), every);
    return () => clearInterval(timer);
  }, [asked.live, every]);
  return { answer, busy, error, again: () => setRound((n) => n + 1) };
}
