// What every chart of lines is made of: a canvas that follows data and theme, its legend, and the
// cursor by keyboard.
import type { HTMLAttributes, TargetedKeyboardEvent } from "preact";
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

/** The first and the last of `t`, ascending, that lie in the span; null when none does. */
export function within(t: readonly number[], from: number, to: number): [number, number] | null {
  const first = t.findIndex((one) => one >= from);
  const last = t.findLastIndex((one) => one <= to);
  return first >= 0 && last >= first ? [first, last] : null;
}

/**
 * The attributes of a chart whose cursor the keyboard moves: ← → Home End from point to point, + and
 * Enter zoom in around it, − out, Esc leaves it. `at`: the index pointed at. Without points it is a
 * picture only.
 */
export function cursorKeys(
  label: string,
  points: readonly [number, number] | null,
  at: number | null,
  text: string,
  move: (index: number | null) => void,
  zoom: (factor: number) => void,
): HTMLAttributes<HTMLDivElement> {
  if (!points) return { role: "img", "aria-label": label };
  const [first, last] = points;
  const act = (key: string): boolean => {
    const by = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    if (by) move(at === null ? last : Math.min(last, Math.max(first, at + by)));
    else if (key === "Home") move(first);
    else if (key === "End") move(last);
    else if (at === null) return false;
    else if (key === "Enter" || key === "+" || key === "=") zoom(0.5);
    else if (key === "-") zoom(2);
    else return false;
    return true;
  };
  return {
    role: "slider",
    tabIndex: 0,
    "aria-label": label,
    "aria-valuemin": first,
    "aria-valuemax": last,
    "aria-valuenow": at ?? last,
    "aria-valuetext": text,
    onKeyDown: (event: TargetedKeyboardEvent<HTMLDivElement>) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" && at !== null) event.currentTarget.blur();
      else if (!act(event.key)) return;
      event.preventDefault(); // the screen has other things to do with these keys
    },
    // Who points needs no focus here: the arrows go on moving what is shown.
    onMouseDown: (event) => event.preventDefault(),
    onBlur: () => move(null),
  };
}
