// What an ended meeting came to, before its details: for how long it was poor, for whom, and why.
import { count } from "../format";
import { href } from "../route";
import type { Meeting, Summary } from "../types";
import { Rated } from "../ui/rating";
import { Share } from "../ui/spark";

const minutes = (n: number): string =>
  n >= 100 ? `${Math.round(n).toLocaleString("en")} min` : `${Math.round(n * 10) / 10} min`;

const percent = (part: number, whole: number): string =>
  whole > 0 ? `${Math.round((100 * part) / whole)} %` : "0 %";

export function SummaryPanel({ meeting, started }: { meeting: Meeting; started: string }) {
  const { summary } = meeting;
  if (!summary) {
    return (
      <section class="panel summary" aria-labelledby="summary-title" aria-busy="true">
        <h2 id="summary-title">What it came to</h2>
        <p class="pad dim" role="status">
          Being summed up: that takes a moment after the end.
        </p>
      </section>
    );
  }
  const stars = starsOf(summary);
  return (
    <section class="panel summary" aria-labelledby="summary-title">
      <h2 id="summary-title">What it came to</h2>
      <dl class="vitals-row">
        <div>
          <dt>Verdict</dt>
          <dd>
            <Rated
              rating={summary.failed && summary.verdict === "unknown" ? "failed" : summary.verdict}
            />
          </dd>
        </div>
        <div>
          <dt>Measured</dt>
          <dd>
            <b>{minutes(summary.minutes)}</b> <small>of all together</small>
          </dd>
        </div>
        <div>
          <dt>Poor</dt>
          <dd>
            <b>{minutes(summary.poorMinutes)}</b>{" "}
            <small>{percent(summary.poorMinutes, summary.minutes)}</small>
          </dd>
        </div>
        <div>
          <dt>Suffered</dt>
          <dd>
            <b>{summary.suffered}</b>{" "}
            <small>of {count(meeting.participants.length, "participant")}</small>
          </dd>
        </div>
        {summary.failed > 0 && (
          <div>
            <dt>Never got in</dt>
            <dd>
              <b>{summary.failed}</b>
            </dd>
          </div>
        )}
        {stars && (
          <div>
            <dt>Their rating</dt>
            <dd>
              <b>{stars}</b>
            </dd>
          </div>
        )}
      </dl>
      {summary.who.length > 0 && (
        <ul class="sufferers">
          {summary.who.map((one) => (
            <li key={one.participantId} class="is-poor">
              <a
                href={href({
                  page: "participant",
                  meetingId: meeting.meetingId,
                  participantId: one.participantId,
                  ...(started ? { started } : {}),
                  session: "",
                  range: "all",
                })}
              >
                <bdi>{one.name || one.participantId}</bdi>
              </a>
              <Rated rating={one.verdict} />
              <Share part={one.poorMinutes} whole={one.minutes} />
              <span class="dim num">
                {minutes(one.poorMinutes)} of {minutes(one.minutes)} poor
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** "4.2 ★ (5)": the mean and how many gave one. */
function starsOf({ stars }: Summary): string {
  const given = Object.entries(stars);
  const n = given.reduce((sum, [, times]) => sum + times, 0);
  if (!n) return "";
  const mean = given.reduce((sum, [star, times]) => sum + Number(star) * times, 0) / n;
  return `${mean.toFixed(1)} ★ (${n})`;
}
