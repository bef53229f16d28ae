// A chart of what was counted in periods: heading, legend with the values under the cursor, plots,
// a table of the same.

import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { said, show } from "../format";
import type { Line, Plot } from "../participant/panels";
import { type Drawn, draw } from "../participant/plot";
import { useTheme } from "../theme";
import { AsTable } from "./astable";
import type { Band } from "./bands";

const NONE: readonly Band[] = [];

export interface Series {
  t: number[];
  series: Record<string, (number | null)[]>;
}

export interface ChartSpan {
  from: number;
  to: number;
}

function Box({
  plot,
  last,
  data,
  span,
  bands,
  cursor,
  zoom,
  out,
}: {
  plot: Plot;
  last: boolean;
  data: Series;
  span: ChartSpan;
  bands: readonly Band[];
  cursor: (index: number | null) => void;
  zoom: (from: number, to: number) => void;
  out: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const latest = useRef({ data, span, bands, cursor, zoom, out });
  latest.current = { data, span, bands, cursor, zoom, out };
  const { shown } = useTheme();
  const fill = (): void => {
    const now = latest.current;
    const aligned = [now.data.t, ...plot.lines.map((line) => now.data.series[line.key] ?? [])];
    const scene = { span: now.span, bands: now.bands, gaps: [] };
    drawn.current?.set(aligned as uPlot.AlignedData, scene);
  };
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    drawn.current = draw(element, plot, last, {
      zoom: (from, to) => latest.current.zoom(from, to),
      out: () => latest.current.out(),
      cursor: (index) => latest.current.cursor(index),
    });
    fill();
    const watcher = new ResizeObserver(() => drawn.current?.resize(element.clientWidth));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [plot, last, shown]);
  useEffect(fill, [data, span.from, span.to, bands]);
  return <div class="plot" ref={box} />;
}

function Legend({
  lines,
  plot,
  value,
}: {
  lines: readonly Line[];
  plot: Plot;
  value: (key: string) => number | null;
}) {
  return (
    <dl class="legend">
      {lines.map((line) => {
        const now = show(plot.unit, value(line.key));
        return (
          <div key={line.key}>
            <dt>
              <svg
                class={`swatch ink-${line.ink}${line.bars ? " solid" : ""}`}
                viewBox="0 0 18 4"
                width="18"
                height="4"
                aria-hidden="true"
              >
                <line x1="0" y1="2" x2="18" y2="2" />
              </svg>
              {line.name}
            </dt>
            <dd class="num">
              {now.value} <small>{now.unit}</small>
            </dd>
          </div>
        );
      })}
    </dl>
  );
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
  const told = lines.map((line) => `${line.name} ${said(line.unit, totals[line.key])}`);
  return (
    <section class={`panel chart${busy ? " busy" : ""}`} aria-labelledby={`h-${id}`} id={id}>
      <header>
        <h2 id={`h-${id}`}>{title}</h2>
        {plots[0] && <Legend lines={plots[0].lines} plot={plots[0]} value={value} />}
        <time class="dim num">{at !== null ? when(data.t[at] as number) : ""}</time>
      </header>
      <div class="plots" role="img" aria-label={`${title}: ${told.join(", ")}. ${footer}`}>
        {plots.map((plot, i) => (
          <div key={plot.lines[0]?.key}>
            {i > 0 && <Legend lines={plot.lines} plot={plot} value={value} />}
            <Box
              plot={plot}
              last={i === plots.length - 1}
              data={data}
              span={span}
              bands={bands}
              cursor={setCursor}
              zoom={zoom}
              out={out}
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
