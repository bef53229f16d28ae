// The strip of issues above the charts, on the same axis; what overlaps lies in rows.

import { moments } from "../format";
import { serviceNow } from "../live";
import { type Band, titleOf } from "../ui/bands";
import type { Span } from "./range";

const ROWS = 3;
const ROW = 24;
// What is shorter is drawn as wide as this share of the span, so that it can be hit.
const LEAST = 0.01;

/** Each band of the span in the first row that has room, by when they began; `more` have none. Pure. */
export function stack(
  bands: readonly Band[],
  span: Span,
): { placed: { band: Band; row: number }[]; rows: number; more: number } {
  const ends: number[] = [];
  const seen = bands
    .filter((b) => (b.to ?? span.to) >= span.from && b.from <= span.to)
    .sort((a, b) => a.from - b.from);
  const placed = seen.flatMap((band) => {
    const from = Math.max(band.from, span.from);
    const free = ends.findIndex((end) => end <= from);
    const row = free < 0 ? ends.length : free;
    if (row === ROWS) return [];
    ends[row] = Math.max(band.to ?? span.to, from + (span.to - span.from) * LEAST);
    return [{ band, row }];
  });
  return { placed, rows: ends.length, more: seen.length - placed.length };
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
  const { placed, rows, more } = stack(bands, span);
  if (!placed.length) return null;
  const scale = 100 / (span.to - span.from);
  const when = moments(span.from, span.to, serviceNow());
  return (
    <section class="strip" aria-label="Issues in this stretch of time">
      <div style={{ height: `${rows * ROW - 2}px` }}>
        {placed.map(({ band, row }, i) => {
          const left = Math.max(0, (band.from - span.from) * scale);
          const right = Math.min(100, ((band.to ?? span.to) - span.from) * scale);
          return (
            <button
              type="button"
              // Two streams may have the same issue from the same moment on.
              key={`${band.type} ${band.from} ${i}`}
              class={band.severity === "major" ? "is-poor" : "is-fair"}
              style={{
                left: `${left}%`,
                width: `${Math.max(0, right - left)}%`,
                top: `${row * ROW}px`,
              }}
              title={`${when(band.from)}  ${band.sentence || titleOf(band.type)}`}
              onClick={() => open(band)}
            >
              <span>{titleOf(band.type)}</span>
            </button>
          );
        })}
      </div>
      {more > 0 && <small class="dim">+{more} at the same time, see the events</small>}
    </section>
  );
}
