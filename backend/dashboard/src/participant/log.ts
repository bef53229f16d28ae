// The log of a session: issues, connection states, marks.
import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { useLink, useNow } from "../live";
import type { CallEvent } from "../types";
import type { EventLog } from "./events";

/** What a session told, asked again while it lives, when its issues change and after a lost link. */
export function useEvents(
  route: { meetingId: string; participantId: string },
  session: string,
  issues: string,
  live: boolean,
): EventLog {
  const [got, setGot] = useState<{ events: CallEvent[]; session: string } | null>(null);
  const [error, setError] = useState("");
  const [asked, setAsked] = useState(0);
  const { returns } = useLink();
  const now = useNow(30_000);
  const round = live ? Math.floor(now / 30_000) : 0;
  useEffect(() => {
    if (!session) return;
    const stop = new AbortController();
    // What the log tells late, the state's open issues tell now: a failure here costs old bands only.
    api.events(route.meetingId, route.participantId, session, stop.signal).then(
      (events) => {
        setGot({ events, session });
        setError("");
      },
      (reason: Error) => stop.signal.aborted || setError(reason.message),
    );
    return () => stop.abort();
  }, [route.meetingId, route.participantId, session, issues, returns, round, asked]);
  return {
    events: got?.session === session ? got.events : null,
    error,
    again: () => setAsked((n) => n + 1),
  };
}
