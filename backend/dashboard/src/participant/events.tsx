// What happened, in order: the log's events, each a way to its moment in the charts.

import { useState } from "preact/hooks";
import { moments } from "../format";
import { serviceNow } from "../live";
import type { CallEvent } from "../types";
import { happened } from "./happened";
import type { Span } from "./range";

const AT_FIRST = 12;

/** The log's events as far as they were read. */
export interface EventLog {
  /** null: not yet. */
  events: CallEvent[] | null;
  error: string;
  again: () => void;
}

/** Why a list made of the log may lack something: it comes, or could not be read. */
export function LogTrouble({ log }: { log: EventLog }) {
  if (!log.error) return log.events ? null : <p class="pad dim">Loading…</p>;
  return (
    <p class="trouble" role="alert">
      {log.events ? "Not refreshed" : "History unreadable"}: {log.error}{" "}
      <button type="button" onClick={log.again}>
        Try again
      </button>
    </p>
  );
}

const SHAPES: Record<string, string> = { poor: "■", fair: "▲", good: "●", mark: "◆", "": "·" };

export function Events({
  log,
  span,
  open,
}: {
  log: EventLog;
  /** Only what lies in it is listed. */
  span: Span;
  open: (at: number) => void;
}) {
  const [all, setAll] = useState(false);
  const inside = (log.events ?? []).filter((e) => e.t >= span.from - 1000 && e.t <= span.to + 1000);
  const when = moments(span.from, span.to, serviceNow());
  const newest = [...inside].sort((a, b) => b.t - a.t);
  const shown = all ? newest.slice(0, 500) : newest.slice(0, AT_FIRST);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <h2 id="events-title">
        Events <span class="dim num">{inside.length || ""}</span>
      </h2>
      <LogTrouble log={log} />
      {log.events && inside.length === 0 && (
        <p class="pad dim">Nothing happened in this stretch of time.</p>
      )}
      <ol>
        {shown.map((event, i) => {
          const { title, text, tone } = happened(event);
          return (
            <li key={`${event.t} ${event.type} ${i}`}>
              <button type="button" class="quiet" onClick={() => open(event.t)}>
                <time class="num">{when(event.t)}</time>
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
