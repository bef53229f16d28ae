// Screen C, "why?": one participant's charts on one time axis, and the facts beside them.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { age, clock, length } from "../format";
import { useKeys } from "../keys";
import { useNow, want } from "../live";
import { headSession, startOf, useMeeting } from "../meeting/store";
import { backToList, go, href, type Route } from "../route";
import type { Participant, SessionInfo } from "../types";
import { CopyTicket, Export } from "../ui/actions";
import { type Band, bandsOf } from "../ui/bands";
import { Announce, Headline } from "../ui/headline";
import { kindOf } from "../ui/rating";
import { Crumbs } from "../ui/shell";
import { Failed, Note, NotRefreshed, Skeleton } from "../ui/states";
import { participantTicket } from "../ui/ticket";
import { ChartPanel } from "./chart";
import { type EventLog, Events } from "./events";
import { Facts } from "./facts";
import { SessionIssues } from "./issues";
import { useEvents } from "./log";
import { PANELS } from "./panels";
import { AXIS } from "./plot";
import {
  around,
  lasting,
  panned,
  parseRange,
  type Range,
  rangeText,
  type Span,
  spanOf,
  zoomed,
} from "./range";
import { type Asked, useTail } from "./series";
import { IssueStrip } from "./strip";
import { Toolbar } from "./toolbar";
import { Vitals } from "./vitals";

type ParticipantRoute = Extract<Route, { page: "participant" }>;

// At rest 50 points tell the story; zoomed in, as many as there are pixels to show them.
const AT_REST = 50;
const SILENT_MS = 15_000;

function Charts({
  route,
  participant,
  session,
  startedAt,
  live,
  log,
  bands,
  chosen,
}: {
  route: ParticipantRoute;
  participant: Participant;
  session: SessionInfo;
  startedAt: number | null;
  live: boolean;
  log: EventLog;
  bands: readonly Band[];
  /** Where to put the way to show an issue, for the list beside the charts. */
  chosen: { current: (band: Band) => void };
}) {
  const [paused, setPaused] = useState(false);
  const [points, setPoints] = useState(600);
  const box = useRef<HTMLDivElement>(null);
  const sessionId = session.sessionId;
  const tail = useTail(sessionId, paused);
  const frozen = useRef<Span | null>(null);
  const [first, setFirst] = useState<number | null>(null);
  useEffect(() => {
    // Where this session begins, whatever part of it is shown. (Thinning keeps the ends of a run.)
    const stop = new AbortController();
    const { meetingId, participantId } = route;
    const ask = {
      meetingId,
      participantId,
      session: sessionId,
      metrics: ["upload"],
      points: AT_REST,
    };
    api.series(ask, stop.signal).then(
      (got) => setFirst(got.t[0] ?? null),
      () => undefined,
    );
    return () => stop.abort();
  }, [sessionId]);
  const newest = Math.max(tail?.t.at(-1) ?? 0, session.state?.t ?? 0);
  const to = newest || session.endedAt || Date.now();
  const whole: Span = { from: first ?? session.startedAt ?? startedAt ?? to - 60_000, to };
  if (paused) frozen.current ??= whole;
  else frozen.current = null;
  const range = parseRange(route.range);
  const span = spanOf(range, frozen.current ?? whole);

  const set = (next: Range): void => go({ ...route, range: rangeText(next) }, true);
  const zoom = (factor: number): void => set(zoomed(span, whole, factor));
  const open = (band: Band): void => {
    setPaused(false);
    set(around(band.from, band.to ?? whole.to));
  };
  chosen.current = open;
  const near = (at: number): void =>
    set(around(at, at, Math.min(60_000, (span.to - span.from) / 8)));
  const pick = (at: number): void => {
    const hit = bands.filter((b) => at >= b.from && at <= (b.to ?? whole.to));
    const shortest = hit.sort(
      (a, b) => (a.to ?? whole.to) - a.from - ((b.to ?? whole.to) - b.from),
    );
    if (shortest[0]) open(shortest[0]);
  };
  const pan = (share: number): void => {
    if (range.kind !== "all") set(panned(span, whole, share));
  };
  const pause = (): void => {
    if (range.kind === "fixed") set({ kind: "all" });
    else setPaused(!paused);
  };
  const issueBy = (step: number) => () => {
    const middle = (span.from + span.to) / 2;
    const sorted = step > 0 ? bands : [...bands].reverse();
    const mid = (b: Band): number => (b.from + (b.to ?? whole.to)) / 2;
    const next =
      range.kind === "fixed" ? sorted.find((b) => step * (mid(b) - middle) > 500) : sorted[0];
    if (next) open(next);
  };
  useKeys({
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    "0": () => set({ kind: "all" }),
    ArrowLeft: () => pan(-0.5),
    ArrowRight: () => pan(0.5),
    " ": pause,
    "[": issueBy(-1),
    "]": issueBy(1),
  });
  useEffect(() => {
    const width = (box.current?.clientWidth ?? 800) - AXIS;
    setPoints(Math.min(1000, Math.max(100, Math.round(width / 100) * 100)));
  }, []);

  const asked: Asked = {
    meetingId: route.meetingId,
    participantId: participant.participantId,
    session: sessionId,
    range,
    span,
    points: range.kind === "all" ? AT_REST : points,
    // A fixed range that reaches beyond the newest, as of an issue that is open, is not full yet.
    live: live && !paused && (range.kind !== "fixed" || range.to > whole.to),
  };
  return (
    <div class="charts" ref={box}>
      <Toolbar
        range={range}
        set={set}
        zoom={zoom}
        pan={pan}
        live={live}
        paused={paused}
        pause={pause}
        span={span}
      />
      <IssueStrip bands={bands} span={span} open={open} />
      {PANELS.map((panel) => (
        <ChartPanel
          key={panel.id}
          panel={panel}
          asked={asked}
          tail={tail}
          span={span}
          bands={bands}
          zoom={(from, until) => set({ kind: "fixed", from, to: until })}
          zoomAt={(factor, at) => set(zoomed(span, whole, factor, at))}
          pick={pick}
          out={() => set({ kind: "all" })}
        />
      ))}
      <Events log={log} span={span} open={near} />
    </div>
  );
}

export function Page({ route }: { route: ParticipantRoute }) {
  const { meeting, error, missing, again } = useMeeting(route.meetingId, route.started);
  const now = useNow(1000);
  const { meetingId, participantId } = route;
  const participant = meeting?.participants.find((p) => p.participantId === participantId);
  const session =
    participant?.sessions.find((s) => s.sessionId === route.session) ??
    headSession(participant?.sessions ?? []);
  const sessionId = session?.sessionId ?? "";
  const name = participant?.name || participantId;

  useEffect(() => {
    if (!sessionId) return;
    want("watch", { meetingId, participantId, sessionId });
    return () => want("watch", null);
  }, [meetingId, participantId, sessionId]);
  useEffect(() => {
    document.title = `${name} · ${meetingId} · callvitals`;
  }, [name, meetingId]);
  const earlier = route.started ? { started: route.started } : {};
  const toMeeting: Route = { page: "meeting", meetingId, ...earlier };
  useKeys({ Escape: () => go(toMeeting) });
  const issues = session?.state?.issues ?? {};
  const log = useEvents(route, sessionId, Object.keys(issues).join(), meeting?.live ?? false);
  const bands = useMemo(
    () => bandsOf(log.events ?? [], Object.values(issues)),
    [log.events, sessionId, JSON.stringify(issues)],
  );
  const chosen = useRef<(band: Band) => void>(() => {});

  const crumbs = [
    { text: "Meetings", href: href(backToList()) },
    { text: meetingId, href: href(toMeeting) },
    { text: name, href: href(route) },
  ];
  if (!participant || !meeting) {
    return (
      <>
        <Crumbs crumbs={crumbs} />
        {missing || meeting ? (
          <Note title="This participant is not known here" page>
            <p>
              <bdi class="cut">{participantId}</bdi> was not seen in{" "}
              <bdi class="cut">{meetingId}</bdi>. <a href={href(toMeeting)}>The meeting</a>
            </p>
          </Note>
        ) : error ? (
          <Failed what="The participant cannot be shown" why={error} again={again} />
        ) : (
          <Skeleton rows={4} kind="chart" />
        )}
      </>
    );
  }
  const ticket = (): string =>
    participantTicket(
      meeting,
      participant,
      session,
      bands.map((band) => ({ type: band.type, since: band.from, to: band.to })),
      location.origin +
        href({
          ...route,
          ...startOf(meeting),
          session: sessionId,
          range: lasting(route.range, session?.state?.t ?? session?.endedAt ?? now),
        }),
    );
  const shown = parseRange(route.range);
  const exported = {
    meeting: meetingId,
    participant: participantId,
    ...(sessionId ? { session: sessionId } : {}),
    ...(shown.kind === "fixed"
      ? { from: String(Math.floor(shown.from)), to: String(Math.ceil(shown.to)) }
      : {}),
  };
  const state = session?.state ?? {};
  const presence = session?.presence ?? "ended";
  // A session may fall silent only with its meeting: then it has ended, whatever it said last.
  const live = meeting.live && (presence === "live" || presence === "lost");
  const silent = state.t ? now - state.t : 0;
  // Whoever is looked at here is asked for a word each second, so this is long (lost comes later).
  const still = live && (presence === "lost" || silent > SILENT_MS);
  const began = session?.startedAt ?? null;
  const end = live ? now : (state.t ?? session?.endedAt ?? null);
  const facts = [
    ...(began === null ? [] : [`started ${clock(began, now)}`]),
    ...(began === null || end === null ? [] : [length(end - began)]),
    ...(still
      ? [`${presence === "lost" ? "connection lost, " : ""}last heard ${age(silent)} ago`]
      : []),
    ...(presence === "left" ? ["left"] : []),
    ...(state.engine === "starting" ? ["engine starting: no numbers yet"] : []),
    ...(participant.sessions.length > 1 ? [`${participant.sessions.length} sessions`] : []),
  ];
  return (
    <>
      <Crumbs crumbs={crumbs}>
        <CopyTicket text={ticket} />
        <Export ask={exported} />
      </Crumbs>
      {error && <NotRefreshed why={error} again={again} />}
      {route.session && route.session !== sessionId && (
        <p class="trouble banner" role="status">
          The session that this address names is not known here: what is shown is another one.
        </p>
      )}
      <Headline
        name={name}
        {...(participant.name ? { id: participantId } : {})}
        rating={kindOf(state.rating ?? participant.rating, Object.values(issues))}
        score={state.score ?? participant.score}
        sentence={state.sentence ?? participant.sentence}
        live={live}
        facts={facts}
      />
      <Announce rating={participant.rating} who={name} />
      <Vitals state={state} stale={!live || still} />
      <div class="participant">
        {session && (
          <Charts
            key={sessionId}
            route={route}
            participant={participant}
            session={session}
            startedAt={meeting.startedAt}
            live={live}
            log={log}
            bands={bands}
            chosen={chosen}
          />
        )}
        <aside class="side" aria-label="Facts">
          <SessionIssues
            bands={bands}
            log={log}
            who={name}
            now={now}
            end={live ? null : end}
            open={(one) => chosen.current(one)}
          />
          <Facts participant={participant} session={session} route={route} now={now} />
        </aside>
      </div>
    </>
  );
}
