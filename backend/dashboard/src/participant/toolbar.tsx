// Which stretch of time is shown, and the strip of issues above the charts, on the same axis.
import { clockSeconds, day, moments } from "../format";
import type { Band } from "../ui/bands";
import { titleOf } from "../ui/bands";
import { parseRange, type Range, rangeText, type Span } from "./range";

const CHIPS: readonly (readonly [string, string])[] = [
  ["5m", "5 min"],
  ["15m", "15 min"],
  ["60m", "1 h"],
  ["all", "Whole call"],
];

/** 09:31:07 – 09:36:07, each end with its day where that is not today, or not the other's. */
export function spanText({ from, to }: Span, now: number): string {
  const when = moments(from, to, now);
  return `${when(from)} – ${day(from, now) === day(to, now) ? clockSeconds(to) : when(to)}`;
}

export function Toolbar({
  range,
  set,
  zoom,
  pan,
  live,
  paused,
  pause,
  span,
}: {
  range: Range;
  set: (range: Range) => void;
  zoom: (factor: number) => void;
  pan: (share: number) => void;
  live: boolean;
  paused: boolean;
  pause: () => void;
  span: Span;
}) {
  const chosen = rangeText(range);
  return (
    <div class="toolbar">
      <fieldset class="switch">
        <legend class="off-screen">Time shown</legend>
        {CHIPS.map(([text, name]) => (
          <button
            type="button"
            key={text}
            aria-pressed={text === chosen}
            onClick={() => set(parseRange(text))}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <fieldset class="switch">
        <legend class="off-screen">Zoom and move</legend>
        <button type="button" aria-label="Earlier" title="Earlier (←)" onClick={() => pan(-0.5)}>
          ‹
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(0.5)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => zoom(2)}>
          −
        </button>
        <button type="button" aria-label="Later" title="Later (→)" onClick={() => pan(0.5)}>
          ›
        </button>
      </fieldset>
      <span class="dim num span">{spanText(span, Date.now())}</span>
      {live && (
        <button type="button" class="pause" aria-pressed={paused} onClick={pause} title="Space">
          {paused ? "Paused · resume" : range.kind === "fixed" ? "Follow live" : "Pause"}
        </button>
      )}
    </div>
  );
}

export function IssueStrip({
  bands,
  span,
  open,
}: {
  bands: readonly Band[];
  span: Span;
  open: (band: Band) => void;
}) {
  const scale = 100 / (span.to - span.from);
  const seen = bands.filter((b) => (b.to ?? span.to) >= span.from && b.from <= span.to);
  if (!seen.length) return null;
  const when = moments(span.from, span.to, Date.now());
  return (
    <section class="strip" aria-label="Issues in this stretch of time">
      <div>
        {seen.map((band) => {
          const left = Math.max(0, (band.from - span.from) * scale);
          const right = Math.min(100, ((band.to ?? span.to) - span.from) * scale);
          const title = band.sentence || titleOf(band.type);
          return (
            <button
              type="button"
              key={`${band.type}${band.from}`}
              class={band.severity === "major" ? "is-poor" : "is-fair"}
              style={{ left: `${left}%`, width: `${Math.max(0, right - left)}%` }}
              title={`${when(band.from)}  ${title}`}
              onClick={() => open(band)}
            >
              <span>{titleOf(band.type)}</span>
            </button>
          );
        })}
      </div>
    </section>
  );
}
