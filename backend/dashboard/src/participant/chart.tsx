// A panel of the participant's page: heading, legend with the values under the cursor, one or two
// plots, and how many of the points are shown.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { clockSeconds, said, show } from "../format";
import { useTheme } from "../theme";
import type { Rows } from "../types";
import { AsTable } from "../ui/astable";
import type { Band } from "../ui/bands";
import { type Columns, columns } from "./columns";
import { linesOf, metricsOf, type Panel, type Plot } from "./panels";
import { type Asks, type Drawn, draw, type Scene } from "./plot";
import type { Span } from "./range";
import { type Asked, useSeries } from "./series";
import { summary } from "./summary";

function PlotBox({
  plot,
  last,
  data,
  scene,
  asks,
}: {
  plot: Plot;
  last: boolean;
  data: Columns;
  scene: Scene;
  asks: Asks;
}) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const latest = useRef({ data, scene, asks });
  latest.current = { data, scene, asks };
  const { shown } = useTheme();
  const fill = (): void => {
    const { data: now, scene: around } = latest.current;
    const aligned = [now.t, ...plot.lines.map((line) => now.series[line.key] ?? [])];
    drawn.current?.set(aligned as uPlot.AlignedData, around);
  };
  // A canvas does not follow the style sheet: another theme is another drawing.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    drawn.current = draw(element, plot, last, {
      zoom: (from, to) => latest.current.asks.zoom(from, to),
      out: () => latest.current.asks.out(),
      pick: (at) => latest.current.asks.pick?.(at),
      cursor: (index) => latest.current.asks.cursor(index),
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
  useEffect(fill, [data, scene]);
  return <div class="plot" ref={box} />;
}

function Swatch({ ink }: { ink: string }) {
  return (
    <svg class={`swatch ink-${ink}`} viewBox="0 0 18 4" width="18" height="4" aria-hidden="true">
      <line x1="0" y1="2" x2="18" y2="2" />
    </svg>
  );
}

function Legend({ plot, value }: { plot: Plot; value: (key: string) => number | null }) {
  return (
    <dl class="legend">
      {plot.lines.map((line) => {
        const now = show(plot.unit, value(line.key));
        return (
          <div key={line.key}>
            <dt>
              <Swatch ink={line.ink} />
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

/** The newest measured value of a column. */
function newest(column: readonly (number | null)[] | undefined): number | null {
  for (let i = (column?.length ?? 0) - 1; i >= 0; i--)
    if (column?.[i] != null) return column[i] as number;
  return null;
}

function Table({ panel, data, words }: { panel: Panel; data: Columns; words: string }) {
  const lines = panel.plots.flatMap((plot) => plot.lines.map((line) => ({ ...line, in: plot })));
  return (
    <AsTable
      title={panel.title}
      caption={words}
      columns={lines.map((line) => line.name)}
      rows={data.t.map((t, i) => ({
        t,
        time: clockSeconds(t),
        cells: lines.map((line) => said(line.in.unit, data.series[line.key]?.[i])),
      }))}
    />
  );
}

export function ChartPanel({
  panel,
  asked,
  tail,
  span,
  bands,
  zoom,
  pick,
  out,
}: {
  panel: Panel;
  asked: Asked;
  tail: Rows | null;
  span: Span;
  bands: readonly Band[];
  zoom: (from: number, to: number) => void;
  pick: (at: number) => void;
  out: () => void;
}) {
  const metrics = useMemo(() => metricsOf(panel), [panel]);
  const { answer, busy, error, again } = useSeries(metrics, asked);
  const [cursor, setCursor] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const following = asked.range.kind !== "fixed";
  const data = useMemo(
    () => (answer ? columns(answer, following ? tail : null, metrics) : null),
    [answer, tail, metrics, following],
  );
  const scene = useMemo(
    () => ({ span: { from: span.from, to: span.to }, bands, gaps: data?.gaps ?? [] }),
    [span.from, span.to, bands, data],
  );
  const at = cursor !== null && data?.t[cursor] !== undefined ? cursor : null;
  const value = (key: string): number | null => {
    const column = data?.series[key];
    return at === null ? newest(column) : (column?.[at] ?? null);
  };
  const empty =
    data !== null && !linesOf(panel).some((line) => data.series[line.key]?.some((v) => v != null));
  const words = useMemo(() => (data ? summary(panel, data) : "Loading."), [panel, data]);

  return (
    <section
      class={`panel chart${busy ? " busy" : ""}`}
      aria-labelledby={`h-${panel.id}`}
      id={panel.id}
    >
      <header>
        <h2 id={`h-${panel.id}`}>{panel.title}</h2>
        {panel.plots[0] && <Legend plot={panel.plots[0]} value={value} />}
        <time class="dim num">{at !== null && data ? clockSeconds(data.t[at] as number) : ""}</time>
      </header>
      {error && (
        <p class="trouble" role="alert">
          {answer ? "Not refreshed" : "History unreadable"}: {error}{" "}
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
      <div
        class={`plots${empty ? " empty" : ""}`}
        role="img"
        aria-label={`${panel.title}: ${words}`}
      >
        {panel.plots.map((plot, i) => (
          <div key={plot.lines[0]?.key}>
            {i > 0 && <Legend plot={plot} value={value} />}
            <PlotBox
              plot={plot}
              last={i === panel.plots.length - 1}
              data={data ?? NOTHING}
              scene={scene}
              asks={{ zoom, out, pick, cursor: setCursor }}
            />
          </div>
        ))}
        {empty && <p class="none">Nothing of this was measured here{EMPTY[panel.id] ?? ""}.</p>}
      </div>
      <footer class="dim">
        <span>
          {data && data.total > data.shown
            ? `showing ${data.shown.toLocaleString("en")} of ${data.total.toLocaleString("en")} points`
            : data
              ? `all ${data.total.toLocaleString("en")} points`
              : "loading…"}
        </span>
        <button type="button" class="quiet" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? "Hide table" : "Show as table"}
        </button>
      </footer>
      {table && data && <Table panel={panel} data={data} words={words} />}
    </section>
  );
}

const NOTHING: Columns = { t: [], series: {}, gaps: [], shown: 0, total: 0 };
const EMPTY: Record<string, string> = {
  audio: ": no audio came in",
  video: ": the call has no video",
};
