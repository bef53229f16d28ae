// REST, read only. A failure is an Error whose message can be shown as it is.
import type { CallEvent, Meeting, MeetingRow, SeriesAnswer } from "./types";

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { headers: { accept: "application/json" }, signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("The service does not answer.", 0);
  }
  if (answer.ok) return (await answer.json()) as T;
  // Problem details (RFC 9457) carry the reason in words.
  const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
  const said = problem.detail ?? problem.title ?? `The service answered ${answer.status}.`;
  throw new ApiError(said, answer.status);
}

const id = encodeURIComponent;
const meetingPath = (meetingId: string): string => `/api/meetings/${id(meetingId)}`;

export const meetings = (signal?: AbortSignal): Promise<{ items: MeetingRow[]; total: number }> =>
  get("/api/meetings?limit=1", signal);

export const meeting = (meetingId: string, signal?: AbortSignal): Promise<Meeting> =>
  get(meetingPath(meetingId), signal);

export interface SeriesQuery {
  meetingId: string;
  participantId: string;
  session?: string;
  metrics: readonly string[];
  from?: number;
  to?: number;
  points: number;
}

export function series(ask: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer> {
  const query = new URLSearchParams({ metrics: ask.metrics.join(","), points: String(ask.points) });
  if (ask.session) query.set("session", ask.session);
  if (ask.from !== undefined) query.set("from", String(Math.floor(ask.from)));
  if (ask.to !== undefined) query.set("to", String(Math.ceil(ask.to)));
  return get(
    `${meetingPath(ask.meetingId)}/participants/${id(ask.participantId)}/series?${query}`,
    signal,
  );
}

/** What happened to one session: the named one, else the one a participant's headline is from. */
export async function events(
  meetingId: string,
  participantId: string,
  session: string,
  signal?: AbortSignal,
): Promise<CallEvent[]> {
  const query = session ? `?${new URLSearchParams({ session })}` : "";
  const path = `${meetingPath(meetingId)}/participants/${id(participantId)}/events${query}`;
  return (await get<{ events: CallEvent[] }>(path, signal)).events;
}
