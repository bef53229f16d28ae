// The open issues of a meeting, each once: does it affect everyone or one, and whose fault is it.
import { age, clock } from "../format";
import { href } from "../route";
import type { Meeting } from "../types";
import { Advice } from "../ui/advice";
import { titleOf } from "../ui/bands";
import { Shape } from "../ui/rating";
import { type Line, linesOf, reach, sideOf } from "./verdict";

const toPerson = (meetingId: string, participantId: string): string =>
  href({ page: "participant", meetingId, participantId, session: "", range: "all" });

function title({ issue }: Line): string {
  const way = issue.direction ? `, ${issue.direction === "in" ? "incoming" : "outgoing"}` : "";
  return titleOf(issue.type) + way;
}

function One({ line, meeting, now }: { line: Line; meeting: Meeting; now: number }) {
  const { issue, people } = line;
  const since = age(now - issue.since);
  const nameOf = (id: string): string =>
    meeting.participants.find((p) => p.participantId === id)?.name || id;
  const side = sideOf(issue, nameOf);
  const [first] = people;
  return (
    <li class={issue.severity === "major" ? "is-poor" : "is-fair"}>
      <Shape rating={issue.severity === "major" ? "poor" : "fair"} />
      <div class="one">
        <p class="what">
          {issue.scope !== "one" && (
            <span class={issue.scope === "everyone" ? "badge all" : "badge"}>{reach(issue)}</span>
          )}
          {issue.scope === "one" && first && (
            <b>
              <a href={toPerson(meeting.meetingId, first.participantId)}>
                <bdi>{first.name}</bdi>
              </a>
            </b>
          )}{" "}
          <span class="dim">
            {title(line)} ·{" "}
            <time title={`since ${clock(issue.since, now)}`}>
              {issue.until === undefined ? since : "over"}
            </time>
          </span>
        </p>
        <p class="say">
          <bdi>{issue.scope === "one" ? first?.sentence || issue.sentence : issue.sentence}</bdi>
        </p>
        {issue.scope !== "one" && (
          <ul class="who-all">
            {people.map((p) => (
              <li key={p.participantId}>
                <a
                  class={p.over ? "over" : ""}
                  href={toPerson(meeting.meetingId, p.participantId)}
                  title={p.sentence || "it has just closed"}
                >
                  <bdi>{p.name}</bdi>
                </a>
              </li>
            ))}
          </ul>
        )}
        <p class="dim fault">
          {side && (
            <span class="badge">
              <bdi>{side}</bdi>
            </span>
          )}
          {(issue.scope === "one" || !side) && <bdi>{issue.fault.because}</bdi>}
        </p>
        <Advice type={issue.type} who={issue.scope === "one" && first ? first.name : "them"} />
      </div>
    </li>
  );
}

export function Issues({ meeting, now }: { meeting: Meeting; now: number }) {
  const lines = linesOf(meeting);
  if (!meeting.live) return null;
  return (
    <section class="panel issues open" aria-labelledby="issues-title">
      <h2 id="issues-title">
        Open issues <span class="dim num">{lines.length || ""}</span>
      </h2>
      {lines.length === 0 && <p class="dim pad">Nobody suffers right now.</p>}
      <ul>
        {lines.map((line) => (
          <One key={line.key} line={line} meeting={meeting} now={now} />
        ))}
      </ul>
    </section>
  );
}
