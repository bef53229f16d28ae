// Screen B, "who, and is it them or everyone?": one meeting, a lane per participant.
import { useEffect, useRef, useState } from "preact/hooks";
import { clock, count, length, score as scoreText } from "../format";
import { useKeys } from "../keys";
import { useNow } from "../live";
import { go, HOME, href, type Route } from "../route";
import type { Rating } from "../types";
import { Rated, Shape, WORD } from "../ui/rating";
import { Crumbs } from "../ui/shell";
import { Failed, Note, Skeleton } from "../ui/states";
import { Issues } from "./issues";
import { Lanes } from "./lanes";
import { useMeeting } from "./store";
import { forAll, reach } from "./verdict";

type MeetingRoute = Extract<Route, { page: "meeting" }>;

/** Changes of rating, for those who listen instead of look: at most one word per 10 s. */
export function Announce({ rating, who }: { rating: Rating; who: string }) {
  const [text, setText] = useState("");
  const said = useRef({ rating, at: 0 });
  useEffect(() => {
    if (said.current.rating === rating) return;
    const wait = Math.max(0, said.current.at + 10_000 - Date.now());
    const timer = setTimeout(() => {
      said.current = { rating, at: Date.now() };
      setText(`${who}: ${WORD[rating].toLowerCase()}`);
    }, wait);
    return () => clearTimeout(timer);
  }, [rating, who]);
  return (
    <div class="off-screen" aria-live="polite">
      {text}
    </div>
  );
}

export function Headline({
  name,
  id,
  rating,
  score,
  sentence,
  badge,
  live,
  facts,
}: {
  name: string;
  id?: string;
  rating: Rating;
  score: number | null;
  sentence: string | null;
  badge?: { rating: Rating; text: string } | undefined;
  live: boolean;
  facts: string[];
}) {
  return (
    <header class={`headline is-${rating}${live ? "" : " over"}`}>
      <div class="big">
        <Shape rating={rating} />
        <b>{scoreText(score)}</b>
        <span>{WORD[rating]}</span>
      </div>
      <div class="words">
        <h1 title={name}>
          <bdi>{name}</bdi>
          {id && (
            <small>
              <bdi>{id}</bdi>
            </small>
          )}
        </h1>
        {sentence && (
          <p class="sentence">
            {badge && <span class={`badge all is-${badge.rating}`}>{badge.text}</span>}{" "}
            <bdi>{sentence}</bdi>
          </p>
        )}
        <p class="dim facts-line">
          <span class={live ? "presence live" : "presence"}>{live ? "Live" : "Ended"}</span>
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
    </header>
  );
}

function moveFocus(by: number): void {
  const all = [...document.querySelectorAll<HTMLElement>("a.lane")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))]?.focus();
}

export function Page({ route }: { route: MeetingRoute }) {
  const { meeting, error, missing, again } = useMeeting(route.meetingId);
  const now = useNow(1000);
  useKeys({
    Escape: () => go(HOME),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    ArrowDown: () => moveFocus(1),
    ArrowUp: () => moveFocus(-1),
  });
  useEffect(() => {
    document.title = `${route.meetingId} · callvitals`;
  }, [route.meetingId]);
  const crumbs = [
    { text: "Meetings", href: href(HOME) },
    { text: route.meetingId, href: href(route) },
  ];

  if (!meeting) {
    return (
      <>
        <Crumbs crumbs={crumbs} />
        {missing ? (
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
  const end = meeting.live ? now : meeting.endedAt;
  const everyone = forAll(meeting);
  const facts = [
    count(meeting.participants.length, "participant"),
    `started ${clock(meeting.startedAt, now)}`,
    length(meeting.startedAt === null || end === null ? null : end - meeting.startedAt),
  ];
  return (
    <>
      <Crumbs crumbs={crumbs} />
      <Headline
        name={meeting.meetingId}
        rating={meeting.rating}
        score={meeting.score}
        sentence={meeting.sentence}
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
          <Lanes meeting={meeting} now={now} />
        </section>
        <Issues meeting={meeting} now={now} />
      </div>
    </>
  );
}
