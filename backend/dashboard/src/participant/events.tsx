// What happened, in order: the log's events, each a way to its moment in the charts.
import { useState } from "preact/hooks";
import { clockSeconds } from "../format";
import type { CallEvent } from "../types";
import { happened } from "./happened";
import type { Span } from "./range";

const AT_FIRST = 12;

const SHAPES: Record<string, string> = { poor: "■", fair: "▲", good: "●", mark: "◆", "": "·" };

export function Events({
  events,
  span,
  open,
}: {
  events: readonly CallEvent[];
  /** Only what lies in it is listed. */
  span: Span;
  open: (at: number) => void;
}) {
  const [all, setAll] = useState(false);
  const inside = events.filter((e) => e.t >= span.from - 1000 && e.t <= span.to + 1000);
  const newest = [...inside].sort((a, b) => b.t - a.t);
  const shown = all ? newest.slice(0, 500) : newest.slice(0, AT_FIRST);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <h2 id="events-title">
        Events <span class="dim num">{inside.length || ""}</span>
      </h2>
      {inside.length === 0 && <p class="pad dim">Nothing happened in this stretch of time.</p>}
      <ol>
        {shown.map((event, i) => {
          const { title, text, tone } = happened(event);
          return (
            <li key={`${event.t} ${event.type} ${i}`}>
              <button type="button" class="quiet" onClick={() => open(event.t)}>
                <time class="num">{clockSeconds(event.t)}</time>
                <i class={tone ? `is-${tone}` : ""} aria-hidden="true">
                  {SHAPES[tone]}
                </i>
                <b>
                  <bdi>{title}</bdi>
                </b>
                <bdi class="dim">{text}</bdi>
              </button>
            </li>
          );
        })}
      </ol>
      {newest.length > AT_FIRST && (
        <button type="button" class="quiet more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `All ${Math.min(500, newest.length).toLocaleString("en")}`}
        </button>
      )}
    </section>
  );
}
