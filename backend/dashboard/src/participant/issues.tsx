// The issues of a session, open ones first: what it was, when, and what to tell the participant.
import { age, length, moments } from "../format";
import { Advice } from "../ui/advice";
import { type Band, titleOf } from "../ui/bands";
import { Shape } from "../ui/rating";
import { type EventLog, LogTrouble } from "./events";

const AT_FIRST = 6;

export function SessionIssues({
  bands,
  log,
  who,
  now,
  open,
}: {
  bands: readonly Band[];
  log: EventLog;
  who: string;
  now: number;
  open: (band: Band) => void;
}) {
  const order = [...bands].sort(
    (a, b) => Number(a.to !== null) - Number(b.to !== null) || b.from - a.from,
  );
  return (
    <section class="panel issues own" aria-labelledby="own-issues">
      <h2 id="own-issues">
        Issues <span class="dim num">{bands.length || ""}</span>
      </h2>
      <LogTrouble log={log} />
      {log.events && bands.length === 0 && <p class="pad dim">None so far.</p>}
      <ul>
        {order.slice(0, AT_FIRST).map((band, i) => (
          <li
            key={`${band.type} ${band.from} ${i}`}
            class={band.severity === "major" ? "is-poor" : "is-fair"}
          >
            <Shape rating={band.severity === "major" ? "poor" : "fair"} />
            <div class="one">
              <p class="what">
                <button
                  type="button"
                  class="plain"
                  onClick={() => open(band)}
                  title="Show in the charts"
                >
                  {titleOf(band.type)}
                </button>{" "}
                <span class="dim num">
                  {band.to === null
                    ? `for ${age(now - band.from)}`
                    : `${moments(band.from, band.from, now)(band.from)}, ${length(band.to - band.from)}`}
                </span>
              </p>
              <p class="say">
                <bdi>{band.sentence}</bdi>
              </p>
              <Advice type={band.type} who={who} />
            </div>
          </li>
        ))}
      </ul>
      {order.length > AT_FIRST && (
        <p class="pad dim">
          {order.length - AT_FIRST} earlier ones are in the strip and the events.
        </p>
      )}
    </section>
  );
}
