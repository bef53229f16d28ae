// What is over: the issues that closed and the marks of the host app, each a way to its moment.
import { clockSeconds, length } from "../format";
import { serviceNow } from "../live";
import { href } from "../route";
import type { Meeting } from "../types";
import { Advice } from "../ui/advice";
import { titleOf } from "../ui/bands";
import { Shape } from "../ui/rating";
import type { Lane } from "./lane";

const AT_MOST = 8;

const moment = (
  meeting: Meeting,
  participantId: string,
  session: string,
  from: number,
  to: number,
): string =>
  href({
    page: "participant",
    meetingId: meeting.meetingId,
    participantId,
    ...(meeting.live ? {} : { started: String(meeting.startedAt ?? "") }),
    session,
    range: `${Math.round(from - 30_000)}-${Math.round(to + 30_000)}`,
  });

export function Past({ meeting, lanes }: { meeting: Meeting; lanes: ReadonlyMap<string, Lane> }) {
  const end = meeting.endedAt ?? serviceNow();
  const people = meeting.participants.map((p) => ({
    id: p.participantId,
    name: p.name || p.participantId,
    lane: lanes.get(p.participantId),
  }));
  const closed = people
    .flatMap(({ id, name, lane }) =>
      (lane?.bands ?? [])
        .filter((band) => band.to !== null || !meeting.live)
        .map((band) => ({ id, name, band, ms: Math.max(0, (band.to ?? end) - band.from) })),
    )
    .sort((a, b) => b.ms - a.ms);
  const marks = people
    .flatMap(({ id, name, lane }) => (lane?.marks ?? []).map((mark) => ({ id, name, mark })))
    .sort((a, b) => a.mark.t - b.mark.t);
  return (
    <>
      {closed.length > 0 && (
        <section class="panel issues past" aria-labelledby="past-title">
          <h2 id="past-title">
            {meeting.live ? "Earlier issues" : "Issues"}{" "}
            <span class="dim num">{closed.length}</span>
          </h2>
          <ul>
            {closed.slice(0, AT_MOST).map(({ id, name, band, ms }) => (
              <li key={band.key} class={band.severity === "major" ? "is-poor" : "is-fair"}>
                <Shape rating={band.severity === "major" ? "poor" : "fair"} />
                <div class="one">
                  <p class="what">
                    <b>
                      <a
                        href={moment(meeting, id, band.sessionId ?? "", band.from, band.from + ms)}
                      >
                        <bdi>{name}</bdi>
                      </a>
                    </b>{" "}
                    <span class="dim num">
                      {titleOf(band.type)} · {clockSeconds(band.from)}, {length(ms)}
                    </span>
                  </p>
                  <p class="say">
                    <bdi>{band.sentence}</bdi>
                  </p>
                  <Advice type={band.type} who={name} />
                </div>
              </li>
            ))}
          </ul>
          {closed.length > AT_MOST && (
            <p class="pad dim">The longest; {closed.length - AT_MOST} more are in the lanes.</p>
          )}
        </section>
      )}
      {marks.length > 0 && (
        <section class="panel marks" aria-labelledby="marks-title">
          <h2 id="marks-title">
            Marks <span class="dim num">{marks.length}</span>
          </h2>
          <ul>
            {marks.slice(0, 30).map(({ id, name, mark }) => (
              <li key={mark.key}>
                <a href={moment(meeting, id, mark.sessionId ?? "", mark.t, mark.t)}>
                  <time class="dim num">{clockSeconds(mark.t)}</time>
                  <span>
                    <bdi>{mark.name}</bdi>
                  </span>
                  <bdi class="dim">{name}</bdi>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
