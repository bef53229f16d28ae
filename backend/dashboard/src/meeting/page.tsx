// Screen B, "who, and is it them or everyone?": one meeting, a lane per participant.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { clock, count, length } from "../format";
import { useKeys } from "../keys";
import { useNow } from "../live";
import { backToList, go, href, type Route } from "../route";
import type { Meeting } from "../types";
import { CopyTicket, Export } from "../ui/actions";
import { Announce, Headline } from "../ui/headline";
import { kindOf, Rated } from "../ui/rating";
import { type Crumb, Crumbs } from "../ui/shell";
import { Failed, Note, NotRefreshed, Skeleton } from "../ui/states";
import { meetingTicket } from "../ui/ticket";
import { useLanes } from "./history";
import { Issues } from "./issues";
import { Lanes } from "./lanes";
import { Matrix } from "./matrix";
import { Past } from "./past";
import { startOf, useMeeting } from "./store";
import { SummaryPanel } from "./summary";
import { forAll, reach } from "./verdict";

type MeetingRoute = Extract<Route, { page: "meeting" }>;

function moveFocus(by: number): void {
  const all = [...document.querySelectorAll<HTMLElement>("a.lane")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]?.focus();
}

export function Page({ route }: { route: MeetingRoute }) {
  const { meeting, error, missing, again } = useMeeting(route.meetingId, route.started);
  const now = useNow(1000);
  useKeys({
    Escape: () => go(backToList()),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    ArrowDown: () => moveFocus(1),
    ArrowUp: () => moveFocus(-1),
  });
  useEffect(() => {
    document.title = `${route.meetingId} · callvitals`;
  }, [route.meetingId]);
  const crumbs = [
    { text: "Meetings", href: href(backToList()) },
    { text: route.meetingId, href: href(route) },
  ];

  if (!meeting) {
    return (
      <>
        <Crumbs crumbs={crumbs} />
        {missing && route.started ? (
          <Note title="It did not go on at that time" page>
            <p>
              No meeting <bdi class="cut">{route.meetingId}</bdi> of that time is known here.{" "}
              <a href={href({ page: "meeting", meetingId: route.meetingId })}>
                The newest of that name
              </a>
            </p>
          </Note>
        ) : missing ? (
          <Note title="This meeting is not known here" page>
            <p>
              <bdi class="cut">{route.meetingId}</bdi> has not begun yet, or it is older than what
              is kept. It opens here by itself when it begins.
            </p>
          </Note>
        ) : error ? (
          <Failed what="The meeting cannot be shown" why={error} again={again} />
        ) : (
          <Skeleton rows={4} kind="lane" />
        )}
      </>
    );
  }
  return (
    <Whole
      meeting={meeting}
      route={route}
      crumbs={crumbs}
      now={now}
      failed={error && <NotRefreshed why={error} again={again} />}
    />
  );
}

function Whole({
  meeting,
  route,
  crumbs,
  now,
  failed,
}: {
  meeting: Meeting;
  route: MeetingRoute;
  crumbs: Crumb[];
  now: number;
  failed: ComponentChildren;
}) {
  const lanes = useLanes(meeting);
  const end = meeting.live ? now : meeting.endedAt;
  const everyone = forAll(meeting);
  // A name may come again tomorrow: this link leads to this time of it.
  const lasting: Route = { ...route, ...startOf(meeting) };
  const facts = [
    count(meeting.participants.length, "participant"),
    `started ${clock(meeting.startedAt, now)}`,
    length(meeting.startedAt === null || end === null ? null : end - meeting.startedAt),
  ];
  return (
    <>
      <Crumbs crumbs={crumbs}>
        <CopyTicket text={() => meetingTicket(meeting, location.origin + href(lasting))} />
        <Export ask={{ meeting: meeting.meetingId, ...startOf(meeting) }} />
      </Crumbs>
      {failed}
      <Headline
        name={meeting.meetingId}
        rating={
          meeting.live
            ? kindOf(meeting.rating, meeting.issues ?? [])
            : (meeting.summary?.failed && meeting.summary.verdict === "unknown" && "failed") ||
              meeting.summary?.verdict ||
              meeting.rating
        }
        score={meeting.score}
        sentence={(!meeting.live && meeting.summary?.sentence) || meeting.sentence}
        badge={
          everyone && {
            rating: everyone.severity === "major" ? "poor" : "fair",
            text: `Affects ${reach(everyone)} since ${clock(everyone.since, now)}`,
          }
        }
        live={meeting.live}
        facts={facts}
      />
      <Announce rating={meeting.rating} who="Meeting" />
      {!meeting.live && <SummaryPanel meeting={meeting} started={route.started ?? ""} />}
      <div class="meeting">
        <section class="panel" aria-labelledby="lanes-title">
          <h2 id="lanes-title">
            Participants
            <span class="key" aria-hidden="true">
              {(["good", "fair", "poor"] as const).map((rating) => (
                <Rated rating={rating} key={rating} />
              ))}
              <i class="hatch" /> not measured
            </span>
          </h2>
          <Lanes meeting={meeting} lanes={lanes} now={now} />
        </section>
        <div class="side">
          <Issues meeting={meeting} now={now} />
          {meeting.live && <Matrix meeting={meeting} />}
          <Past meeting={meeting} lanes={lanes} />
        </div>
      </div>
    </>
  );
}
