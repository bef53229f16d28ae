// One meeting, kept fresh: REST for the first picture (and for ended ones), pushes from then on.
import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { on, useLink, want } from "../live";
import type { Meeting } from "../types";

export interface MeetingNow {
  meeting: Meeting | null;
  error: string;
  missing: boolean;
  again: () => void;
}

/** `started`: an earlier meeting of that name; it does not change any more. */
export function useMeeting(meetingId: string, started?: string): MeetingNow {
  const [meeting, setMeeting] = useState<Meeting | null>(null);
  const [error, setError] = useState<{ text: string; status: number } | null>(null);
  const [round, setRound] = useState(0);
  const { returns } = useLink();

  useEffect(() => {
    want("open", { meetingId });
    const off = on("meeting", (pushed) => {
      if (pushed.meetingId !== meetingId) return;
      if (started && String(pushed.startedAt) !== started) return;
      setMeeting(pushed);
      setError(null);
    });
    return () => {
      off();
      want("open", null);
    };
  }, [meetingId, started]);

  // Also at every return of the link: pushes may have been missed.
  useEffect(() => {
    const stop = new AbortController();
    api.meeting(meetingId, started ?? "", stop.signal).then(
      (answer) => {
        setMeeting((now) => now ?? answer);
        setError(null);
      },
      (reason: Error) => {
        if (stop.signal.aborted) return;
        setError({
          text: reason.message,
          status: reason instanceof api.ApiError ? reason.status : 0,
        });
      },
    );
    return () => stop.abort();
  }, [meetingId, started, round, returns]);

  return {
    meeting,
    error: error && !meeting ? error.text : "",
    missing: error?.status === 404 && !meeting,
    again: () => setRound((n) => n + 1),
  };
}

/** The session a participant's headline comes from: the worst live one, else the newest. */
export function headSession<T extends { presence: string; state?: { score?: number } | null }>(
  sessions: readonly T[],
): T | undefined {
  const live = sessions.filter((s) => s.presence === "live" || s.presence === "lost");
  const worst = [...live].sort((a, b) => (a.state?.score ?? 9) - (b.state?.score ?? 9));
  return worst[0] ?? sessions.at(-1);
}
