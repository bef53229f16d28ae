// The issues of a session, open ones first: what it was, when, and what to tell the participant.
import { age, length, moments } from "../format";
import { Advice } from "../ui/advice";
import { type Band, titleOf } from "../ui/bands";
import { Shape } from "../ui/rating";
import { type EventLog, LogTrouble } from "./events";

const AT_FIRST = 6;

function spell({ from, to }: Band, now: number, end: number | null): string {
  if (to === null && end === null) return `for ${age(now - from)}`;
  const began = moments(from, from, now)(from);
  if (to === null) return `${began}, ${length((end ?? now) - from)}, until the end`;
  return `${began}, ${length(to - from)}`;
}

export function SessionIssues({
  bands,
  log,
  who,
  now,
  end,
  open,
}: {
  bands: readonly Band[];
  log: EventLog;
  who: string;
  now: number;
  /** When the session said its last word; null while it goes on. */
  end: number | null;
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
                <span class="dim num">{spell(band, now, end)}</span>
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
