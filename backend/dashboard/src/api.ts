// REST. A failure is an Error whose message can be shown as it is.
import { tellTime } from "./live";
import type { CallEvent, Meeting, MeetingRow, SeriesAnswer } from "./types";

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  ask(path, signal ? { signal } : {});

/** Asks for a change. `body`: what is sent as JSON, or a file as it is. */
export function send<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  more: RequestInit & { headers?: Record<string, string> } = {},
): Promise<T> {
  const init: RequestInit = { ...more, method };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json", ...more.headers };
  }
  return ask(path, init);
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      ...init,
      headers: { accept: "application/json", ...init.headers },
    });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError("The service does not answer.", 0);
  }
  tellTime(answer.headers.get("date"));
  if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
  // Problem details (RFC 9457) carry the reason in words.
  const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
  const said = problem.detail ?? problem.title ?? `The service answered ${answer.status}.`;
  throw new ApiError(said, answer.status);
}

const id = encodeURIComponent;
const meetingPath = (meetingId: string): string => `/api/meetings/${id(meetingId)}`;

export const meetings = (signal?: AbortSignal): Promise<{ items: MeetingRow[]; total: number }> =>
  get("/api/meetings?limit=1", signal);

export const meeting = (
  meetingId: string,
  started: string,
  signal?: AbortSignal,
): Promise<Meeting> => get(meetingPath(meetingId) + (started && `?started=${started}`), signal);

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
