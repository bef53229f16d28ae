// A panel of the participant's page: heading, legend with the values under the cursor, one or two
// plots, and how many of the points are shown.

import { useMemo, useRef, useState } from "preact/hooks";
import { moments, said } from "../format";
import { serviceNow } from "../live";
import type { Rows } from "../types";
import { AsTable } from "../ui/astable";
import type { Band } from "../ui/bands";
import { cursorKeys, within } from "../ui/cursor";
import { Legend, PlotBox, type Pointer } from "../ui/plotbox";
import { type Columns, columns } from "./columns";
import { linesOf, metricsOf, type Panel } from "./panels";
import type { Span } from "./range";
import { type Asked, useSeries } from "./series";
import { shownOf, summary } from "./summary";

/** The newest measured value of a column. */
function newest(column: readonly (number | null)[] | undefined): number | null {
  for (let i = (column?.length ?? 0) - 1; i >= 0; i--)
    if (column?.[i] != null) return column[i] as number;
  return null;
}

function Table({
  panel,
  data,
  words,
  when,
}: {
  panel: Panel;
  data: Columns;
  words: string;
  when: (t: number) => string;
}) {
  const lines = panel.plots.flatMap((plot) => plot.lines.map((line) => ({ ...line, in: plot })));
  return (
    <AsTable
      title={panel.title}
      caption={words}
      columns={lines.map((line) => line.name)}
      rows={data.t.map((t, i) => ({
        t,
        time: when(t),
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
  zoomAt,
  pick,
  out,
}: {
  panel: Panel;
  asked: Asked;
  tail: Rows | null;
  span: Span;
  bands: readonly Band[];
  zoom: (from: number, to: number) => void;
  zoomAt: (factor: number, at: number) => void;
  pick: (at: number) => void;
  out: () => void;
}) {
  const metrics = useMemo(() => metricsOf(panel), [panel]);
  const { answer, busy, error, again } = useSeries(metrics, asked);
  const [cursor, setCursor] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const pointer = useRef<Pointer>({ drawn: null, held: null }).current;
  const until = asked.range.kind === "fixed" ? asked.range.to : Number.POSITIVE_INFINITY;
  const data = useMemo(
    () => (answer ? columns(answer, tail, metrics, until) : null),
    [answer, tail, metrics, until],
  );
  const when = moments(span.from, span.to, serviceNow());
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
  const words = data ? summary(panel, data, when) : "Loading.";
  const values = panel.plots
    .flatMap((plot) => plot.lines.map((line) => `${line.name} ${said(plot.unit, value(line.key))}`))
    .join(", ");
  const moment = at === null ? "" : when(data?.t[at] as number);
  const move = (index: number | null): void => {
    pointer.held = index === null ? null : (data?.t[index] ?? null);
    pointer.drawn?.point(pointer.held);
  };

  return (
    <section
      class={`panel chart${busy ? " busy" : ""}`}
      aria-labelledby={`h-${panel.id}`}
      id={panel.id}
    >
      <header>
        <h2 id={`h-${panel.id}`}>{panel.title}</h2>
        {panel.plots[0] && <Legend plot={panel.plots[0]} value={value} />}
        <time class="dim num">{moment}</time>
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
        {...cursorKeys(
          `${panel.title}: ${words}`,
          data && !empty ? within(data.t, span.from, span.to) : null,
          at,
          `${moment || "newest"}: ${values}`,
          move,
          (factor) => at !== null && zoomAt(factor, data?.t[at] as number),
        )}
        onPointerMove={() => {
          pointer.held = null;
        }}
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
              pointer={i === 0 ? pointer : null}
            />
          </div>
        ))}
        {empty && <p class="none">Nothing of this was measured here{EMPTY[panel.id] ?? ""}.</p>}
      </div>
      <footer class="dim">
        <span>{data ? shownOf(data) : "loading…"}</span>
        <button type="button" class="quiet" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? "Hide table" : "Show as table"}
        </button>
      </footer>
      {table && data && <Table panel={panel} data={data} words={words} when={when} />}
    </section>
  );
}

const NOTHING = { t: [], series: {} };
const EMPTY: Record<string, string> = {
  audio: ": no audio came in",
  video: ": the call has no video",
};
