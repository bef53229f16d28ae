// Which stretch of time is shown, and the ways to another.

import { clockSeconds, day, moments } from "../format";
import { serviceNow } from "../live";
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
  // Not `disabled`, which would take the focus from who zooms out by keyboard.
  const all = range.kind === "all";
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
        <button
          type="button"
          aria-label="Earlier"
          title="Earlier (←)"
          aria-disabled={all}
          onClick={() => all || pan(-0.5)}
        >
          ‹
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(0.5)}>
          +
        </button>
        <button
          type="button"
          aria-label="Zoom out"
          title="Zoom out (−)"
          aria-disabled={all}
          onClick={() => all || zoom(2)}
        >
          −
        </button>
        <button
          type="button"
          aria-label="Later"
          title="Later (→)"
          aria-disabled={all}
          onClick={() => all || pan(0.5)}
        >
          ›
        </button>
      </fieldset>
      <span class="dim num span">{spanText(span, serviceNow())}</span>
      {live && (
        <button type="button" class="pause" aria-pressed={paused} onClick={pause} title="Space">
          {paused ? "Paused · resume" : range.kind === "fixed" ? "Follow live" : "Pause"}
        </button>
      )}
    </div>
  );
}
