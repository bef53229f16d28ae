// A chart of what was counted in periods: heading, legend with the values under the cursor, plots,
// a table of the same.

import { useMemo, useRef, useState } from "preact/hooks";
import { said } from "../format";
import type { Plot } from "../participant/panels";
import { AsTable } from "./astable";
import type { Band } from "./bands";
import { cursorKeys, within } from "./cursor";
import { Legend, PlotBox, type Pointer, type Series } from "./plotbox";

const NONE: readonly Band[] = [];

export interface ChartSpan {
  from: number;
  to: number;
}

export function TimeChart({
  id,
  title,
  plots,
  data,
  span,
  when,
  footer,
  busy,
  totals,
  bands = NONE,
  zoom = () => {},
  out = () => {},
}: {
  id: string;
  title: string;
  plots: readonly Plot[];
  data: Series;
  span: ChartSpan;
  /** How a period is named. */
  when: (t: number) => string;
  footer: string;
  busy: boolean;
  /** Shown in the legend while no period is pointed at. */
  totals: Record<string, number | null>;
  /** Issues, shaded. */
  bands?: readonly Band[];
  zoom?: (from: number, to: number) => void;
  out?: () => void;
}) {
  const [cursor, setCursor] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const at = cursor !== null && data.t[cursor] !== undefined ? cursor : null;
  const value = (key: string): number | null =>
    at === null ? (totals[key] ?? null) : (data.series[key]?.[at] ?? null);
  const lines = plots.flatMap((plot) => plot.lines.map((line) => ({ ...line, unit: plot.unit })));
  const pointer = useRef<Pointer>({ drawn: null, held: null }).current;
  const scene = useMemo(
    () => ({ span: { from: span.from, to: span.to }, bands, gaps: [] }),
    [span.from, span.to, bands],
  );
  const moment = at === null ? "" : when(data.t[at] as number);
  const values = lines.map((line) => `${line.name} ${said(line.unit, value(line.key))}`);
  const move = (index: number | null): void => {
    pointer.held = index === null ? null : (data.t[index] ?? null);
    pointer.drawn?.point(pointer.held);
  };
  const zoomAt = (factor: number): void => {
    const t = at === null ? 0 : (data.t[at] as number);
    if (factor > 1) out();
    else zoom(t - (t - span.from) * factor, t + (span.to - t) * factor);
  };
  const told = lines.map((line) => `${line.name} ${said(line.unit, totals[line.key])}`);
  return (
    <section class={`panel chart${busy ? " busy" : ""}`} aria-labelledby={`h-${id}`} id={id}>
      <header>
        <h2 id={`h-${id}`}>{title}</h2>
        {plots[0] && <Legend plot={plots[0]} value={value} />}
        <time class="dim num">{moment}</time>
      </header>
      <div
        class="plots"
        {...cursorKeys(
          `${title}: ${told.join(", ")}. ${footer}`,
          within(data.t, span.from, span.to),
          at,
          `${moment || "all"}: ${values.join(", ")}`,
          move,
          zoomAt,
        )}
        onPointerMove={() => {
          pointer.held = null;
        }}
      >
        {plots.map((plot, i) => (
          <div key={plot.lines[0]?.key}>
            {i > 0 && <Legend plot={plot} value={value} />}
            <PlotBox
              plot={plot}
              last={i === plots.length - 1}
              data={data}
              scene={scene}
              asks={{ zoom, out, cursor: setCursor }}
              pointer={i === 0 ? pointer : null}
            />
          </div>
        ))}
      </div>
      <footer class="dim">
        <span>{footer}</span>
        <button type="button" class="quiet" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? "Hide table" : "Show as table"}
        </button>
      </footer>
      {table && (
        <AsTable
          title={title}
          columns={lines.map((line) => line.name)}
          rows={data.t.map((t, i) => ({
            t,
            time: when(t),
            cells: lines.map((line) => said(line.unit, data.series[line.key]?.[i])),
          }))}
        />
      )}
    </section>
  );
}
