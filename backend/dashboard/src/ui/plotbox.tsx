// What every chart of lines is made of: a canvas that follows data and theme, and its legend.
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { show } from "../format";
import type { Plot } from "../participant/panels";
import { type Asks, type Drawn, draw, type Scene } from "../participant/plot";
import { useTheme } from "../theme";

/** Columns over one time axis, epoch ms; null where nothing was measured. */
export interface Series {
  t: number[];
  series: Record<string, (number | null)[]>;
}

/** Through which of its plots a chart moves the cursor of all, and the moment the keyboard holds. */
export interface Pointer {
  drawn: Drawn | null;
  held: number | null;
}

export function PlotBox({
  plot,
  last,
  data,
  scene,
  asks,
  pointer,
}: {
  plot: Plot;
  last: boolean;
  data: Series;
  scene: Scene;
  asks: Asks;
  pointer: Pointer | null;
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
    // The picture moves under the cursor; what the keyboard holds is a moment, no place.
    if (pointer && pointer.held !== null)
      queueMicrotask(() => pointer.held !== null && drawn.current?.point(pointer.held));
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
    if (pointer) pointer.drawn = drawn.current;
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

export function Legend({ plot, value }: { plot: Plot; value: (key: string) => number | null }) {
  return (
    <dl class="legend">
      {plot.lines.map((line) => {
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
