// One meeting, kept fresh: REST for the first picture (and for ended ones), pushes from then on.
import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { on, useLink, want } from "../live";
import type { Meeting } from "../types";

export interface MeetingNow {
  meeting: Meeting | null;
  /** Why the newest look failed, "" if it did not: what is there already stays. */
  error: string;
  missing: boolean;
  again: () => void;
}

/** What an address or a question needs to mean this time of the meeting, also when its name comes again. */
export const startOf = (meeting: Meeting): { started?: string } =>
  meeting.startedAt === null ? {} : { started: String(meeting.startedAt) };

/** Did it begin or go on then? As the service has it: a name means the same meeting for 300 s more. */
const isOf = ({ live, startedAt, endedAt }: Meeting, then: number): boolean =>
  then >= (startedAt ?? 0) && (live || then <= (endedAt ?? 0) + 300_000);

const ASK_AGAIN = 4000;

/** An ended meeting is summed up a moment later, when all of it is sealed; nothing tells us when. */
export const summing = (meeting: Meeting | null): boolean =>
  meeting !== null && !meeting.live && !meeting.summary;

/** `started`: the meeting of that name that began or went on then, not the newest. */
export function useMeeting(meetingId: string, started?: string): MeetingNow {
  const [meeting, setMeeting] = useState<Meeting | null>(null);
  const [error, setError] = useState<{ text: string; status: number } | null>(null);
  const [round, setRound] = useState(0);
  const { returns } = useLink();

  useEffect(() => {
    want("open", { meetingId });
    const off = on("meeting", (pushed) => {
      if (pushed.meetingId !== meetingId) return;
      if (started && !isOf(pushed, Number(started))) return;
      setMeeting(pushed);
      setError(null);
    });
    const failed = on("error", ({ code, message }) => {
      if (code === "unavailable") setError({ text: message ?? code, status: 503 });
    });
    return () => {
      off();
      failed();
      want("open", null);
    };
  }, [meetingId, started]);

  // Also at every return of the link: pushes may have been missed.
  useEffect(() => {
    const stop = new AbortController();
    api.meeting(meetingId, started ?? "", stop.signal).then(
      (answer) => {
        setMeeting((now) => (now && !summing(now) ? now : answer));
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

  const asking = summing(meeting) || (error !== null && error.status !== 404);
  useEffect(() => {
    if (!asking) return;
    const timer = setInterval(() => document.hidden || setRound((n) => n + 1), ASK_AGAIN);
    return () => clearInterval(timer);
  }, [asking]);

  return {
    meeting,
    error: error && error.status !== 404 ? error.text : "",
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
