// A lane per participant, all on one time axis: the ribbon is the score (height) and its rating
// (colour), below it lie the issues; nothing measured is hatched.
import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { clockSeconds, score as scoreText } from "../format";
import { on } from "../live";
import { happened } from "../participant/happened";
import { href } from "../route";
import type { CallEvent, Meeting, Participant, Rating } from "../types";
import { type Band, bandsOf } from "../ui/bands";
import { kindOf, Shape } from "../ui/rating";
import { joined, type Ribbon, ribbon, type Span, ticks } from "./ribbon";
import { headSession } from "./store";

const POINTS = 120;

export interface Mark {
  t: number;
  name: string;
}

export interface Lane {
  t: number[];
  score: (number | null)[];
  bands: Band[];
  /** The host app's, and the stars that were given. */
  marks: Mark[];
  state: "loading" | "ready" | "failed";
}

const EMPTY: Lane = { t: [], score: [], bands: [], marks: [], state: "loading" };

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

async function load(meetingId: string, participantId: string, signal: AbortSignal): Promise<Lane> {
  const metrics = ["score"];
  const [answer, events] = await Promise.all([
    inTurn(() => api.series({ meetingId, participantId, metrics, points: POINTS }, signal)),
    inTurn(() => api.events(meetingId, participantId, "", signal)).catch((): CallEvent[] => []),
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

/** The lanes' history, and what the pushes add to it. */
export function useLanes(meeting: Meeting): Map<string, Lane> {
  const [lanes, setLanes] = useState<Map<string, Lane>>(new Map());
  const ids = meeting.participants.map((p) => p.participantId).join("\n");
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    for (const { participantId } of meeting.participants) {
      load(meeting.meetingId, participantId, stop.signal).then(
        (lane) => setLanes((old) => new Map(old).set(participantId, lane)),
        () => {
          if (stop.signal.aborted) return;
          setLanes((old) => new Map(old).set(participantId, { ...EMPTY, state: "failed" }));
        },
      );
    }
    return () => stop.abort();
  }, [meeting.meetingId, ids, round]);
  useEffect(() => {
    if (!meeting.live) return;
    const timer = setInterval(() => setRound((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, [meeting.live]);
  useEffect(
    () =>
      on("meeting", (pushed) => {
        if (pushed.meetingId !== meeting.meetingId) return;
        setLanes((old) => extend(old, pushed.participants));
      }),
    [meeting.meetingId],
  );
  return lanes;
}

function extend(lanes: Map<string, Lane>, participants: Participant[]): Map<string, Lane> {
  let next = lanes;
  for (const p of participants) {
    const state = headSession(p.sessions)?.state;
    const lane = lanes.get(p.participantId);
    const t = state?.t;
    if (!lane || t === undefined || t <= (lane.t.at(-1) ?? 0)) continue;
    if (next === lanes) next = new Map(lanes);
    next.set(p.participantId, {
      ...lane,
      t: [...lane.t, t],
      score: [...lane.score, state?.score ?? null],
    });
  }
  return next;
}

const ORDER: readonly Rating[] = ["good", "fair", "poor", "unknown"];

export function RibbonPicture({ shape, lane, span }: { shape: Ribbon; lane: Lane; span: Span }) {
  const { bands, marks } = lane;
  const x = (t: number): number => (1000 * (t - span.from)) / (span.to - span.from);
  return (
    <>
      {shape.gaps.map(([a, b]) => (
        <i
          key={a}
          class="hatch"
          style={{ left: `${a / 10}%`, width: `${Math.max(0.1, (b - a) / 10)}%` }}
        />
      ))}
      <svg class="ribbon" viewBox="0 0 1000 44" preserveAspectRatio="none" aria-hidden="true">
        {ORDER.map(
          (rating) =>
            shape.paths[rating] && (
              <path key={rating} class={`is-${rating}`} d={shape.paths[rating]} />
            ),
        )}
        {bands.map((band) => {
          const from = Math.max(0, x(band.from));
          const to = Math.min(1000, x(Math.min(band.to ?? span.to, span.to)));
          return to > 0 && from < 1000 ? (
            <rect
              key={`${band.type}${band.from}`}
              class={band.severity === "major" ? "issue is-poor" : "issue is-fair"}
              x={from}
              width={Math.max(2, to - from)}
              y="36"
              height="5"
            />
          ) : null;
        })}
      </svg>
      {marks
        .filter(({ t }) => t >= span.from && t <= span.to)
        .map((mark) => (
          <i
            key={`${mark.t} ${mark.name}`}
            class="tick"
            style={{ left: `${x(mark.t) / 10}%` }}
            title={`${clockSeconds(mark.t)}  ${mark.name}`}
          />
        ))}
    </>
  );
}

const PRESENCE: Record<string, string> = {
  lost: "connection lost",
  left: "left",
  ended: "ended",
};

/** The time above lanes. */
export function LaneAxis({ span }: { span: Span }) {
  return (
    <div class="lane axis" aria-hidden="true">
      <span />
      <div class="ticks">
        {ticks(span).map((tick) => (
          <span key={tick.t} style={{ left: `${100 * tick.at}%` }}>
            {tick.text}
          </span>
        ))}
      </div>
    </div>
  );
}

export function Lanes({
  meeting,
  lanes,
  now,
}: {
  meeting: Meeting;
  lanes: Map<string, Lane>;
  now: number;
}) {
  const span = spanOf(meeting, lanes, now);
  return (
    <div class="lanes">
      <LaneAxis span={span} />
      <ul>
        {meeting.participants.map((p) => {
          const lane = lanes.get(p.participantId) ?? EMPTY;
          const head = headSession(p.sessions);
          const said = head?.presence ?? "ended";
          const presence = meeting.live || said === "left" ? said : "ended";
          const to = href({
            page: "participant",
            meetingId: meeting.meetingId,
            participantId: p.participantId,
            ...(meeting.live ? {} : { started: String(meeting.startedAt ?? "") }),
            session: "",
            range: "all",
          });
          const kind = kindOf(p.rating, Object.values(head?.state?.issues ?? {}));
          const gone = presence === "live" ? "" : (PRESENCE[presence] ?? presence);
          return (
            <li key={p.participantId}>
              <a class={`lane is-${kind} ${presence}`} href={to}>
                <span class="who">
                  <span class="line">
                    <Shape rating={kind} />
                    <b class="name">
                      <bdi>{p.name || p.participantId}</bdi>
                    </b>
                    <span class="num mark-score">{scoreText(p.score)}</span>
                  </span>
                  <span class="line dim">
                    {gone && presence !== "lost" ? (
                      gone
                    ) : (
                      <bdi title={p.sentence ?? ""}>
                        {gone || p.sentence || (p.name ? p.participantId : "no trouble")}
                      </bdi>
                    )}
                  </span>
                </span>
                <span class={`picture ${lane.state}`}>
                  <RibbonPicture
                    shape={ribbon(lane.t, lane.score, span, presence)}
                    lane={lane}
                    span={span}
                  />
                  {lane.state === "failed" && <em>history unreadable</em>}
                </span>
              </a>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** The axis: from the first thing measured to now, or to the end. */
function spanOf(meeting: Meeting, lanes: Map<string, Lane>, now: number): Span {
  const starts = [...lanes.values()].flatMap((lane) => lane.t[0] ?? []);
  const from = Math.min(meeting.startedAt ?? now - 60_000, ...starts);
  const to = meeting.live ? now : (meeting.endedAt ?? now);
  return { from, to: Math.max(to, from + 10_000) };
}
