// One uPlot canvas: lines, thresholds, shaded issues, hatched gaps. Knows nothing of Preact.
import uPlot from "uplot";
import { axisTime, digits, show } from "../format";
import type { Gap } from "../types";
import type { Band } from "../ui/bands";
import type { Plot } from "./panels";
import type { Span } from "./range";

export const AXIS = 64;

/** What is drawn beside the lines; read anew at each drawing. */
export interface Scene {
  span: Span;
  bands: readonly Band[];
  gaps: readonly Gap[];
}

export interface Drawn {
  set: (data: uPlot.AlignedData, scene: Scene) => void;
  resize: (width: number) => void;
  /** Puts the cursor of all charts at this time; null takes it away. */
  point: (at: number | null) => void;
  destroy: () => void;
}

const css = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const font = (size: number): string => `${size}px ${css("--font") || "sans-serif"}`;
const DASH: Record<string, number[]> = { a: [], b: [6, 3], c: [2, 3] };

/** Short on the axis ("1.5 M", "40 ms"), long in the legend. */
function axisText(plot: Plot, value: number): string {
  if (plot.unit === "score") return String(value);
  if (plot.unit === "share") return `${digits(value * 100)} %`;
  const { value: text, unit } = show(plot.unit, value);
  if (plot.unit === "bits") {
    return value === 0 ? "0" : `${text} ${unit.replace("bit/s", "")}`.trim();
  }
  return plot.unit === "fps" ? text : `${text} ${unit}`.trim();
}

function hatch(color: string): CanvasPattern | string {
  const size = 8 * devicePixelRatio;
  const tile = new OffscreenCanvas(size, size);
  const ctx = tile.getContext("2d");
  if (!ctx) return color;
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(-1, size + 1);
  ctx.lineTo(size + 1, -1);
  ctx.moveTo(-size / 2, size / 2);
  ctx.lineTo(size / 2, -size / 2);
  ctx.moveTo(size / 2, size * 1.5);
  ctx.lineTo(size * 1.5, size / 2);
  ctx.stroke();
  return ctx.createPattern(tile, "repeat") ?? color;
}

/** Points that have no neighbour would be invisible as a line: they are drawn as dots. */
function loners(u: uPlot, series: number): number[] {
  const ys = u.data[series] ?? [];
  const [from, to] = u.series[0]?.idxs ?? [0, -1];
  const out: number[] = [];
  for (let i = from; i <= to; i++) {
    if (ys[i] != null && ys[i - 1] == null && ys[i + 1] == null) out.push(i);
  }
  return out;
}

/** Where a stretch of time lies on the canvas, cut to the plot. */
function ends(u: uPlot, from: number, to: number): [number, number] {
  const { left, width } = u.bbox;
  const x = (t: number): number => Math.min(left + width, Math.max(left, u.valToPos(t, "x", true)));
  return [x(from), x(to)];
}

function underlay(u: uPlot, scene: Scene, gapFill: CanvasPattern | string): void {
  const { left, top, width, height } = u.bbox;
  const { ctx } = u;
  ctx.save();
  for (const gap of scene.gaps) {
    const [a, b] = ends(u, gap.from, gap.to);
    ctx.fillStyle = gapFill;
    if (b > a) ctx.fillRect(a, top, b - a, height);
  }
  for (const band of scene.bands) {
    const [a, b] = ends(u, band.from, band.to ?? scene.span.to);
    if (b <= left || a >= left + width) continue;
    ctx.fillStyle = css(band.severity === "major" ? "--poor" : "--fair");
    ctx.globalAlpha = 0.1;
    ctx.fillRect(a, top, Math.max(b - a, devicePixelRatio), height);
    ctx.globalAlpha = 1;
  }
  ctx.restore();
}

function overlay(u: uPlot, plot: Plot, scene: Scene): void {
  const { left, top, width, height } = u.bbox;
  const { ctx } = u;
  const px = devicePixelRatio;
  ctx.save();
  for (const band of scene.bands) {
    const [a, b] = ends(u, band.from, band.to ?? scene.span.to);
    if (b <= left || a >= left + width) continue;
    ctx.fillStyle = css(band.severity === "major" ? "--poor" : "--fair");
    ctx.fillRect(a, top, Math.max(b - a, px), 2 * px);
  }
  ctx.font = font(11 * px);
  ctx.textAlign = "right";
  for (const threshold of plot.thresholds ?? []) {
    const y = Math.round(u.valToPos(threshold.at, "y", true));
    if (y < top || y > top + height) continue;
    ctx.strokeStyle = css("--threshold");
    ctx.fillStyle = css("--muted");
    ctx.lineWidth = px;
    ctx.setLineDash([px, 3 * px]);
    ctx.beginPath();
    ctx.moveTo(left, y + px / 2);
    ctx.lineTo(left + width, y + px / 2);
    ctx.stroke();
    const below = y - top < 16 * px;
    ctx.textBaseline = below ? "top" : "bottom";
    // A halo of the panel's colour keeps the name readable where a line crosses it, and the line.
    ctx.setLineDash([]);
    ctx.lineWidth = 3 * px;
    ctx.strokeStyle = css("--panel");
    const words = `${threshold.name} ${axisText(plot, threshold.at)}`;
    for (const paint of ["strokeText", "fillText"] as const) {
      ctx[paint](words, left + width - 4 * px, y + (below ? 3 : -2) * px);
    }
  }
  ctx.restore();
}

export interface Asks {
  zoom: (from: number, to: number) => void;
  out: () => void;
  /** A click that is no drag: what lies there? */
  pick?: (at: number) => void;
  /** Index under the cursor, null when it left. */
  cursor: (index: number | null) => void;
}

/** A name at the very edge would be cut. */
const fits = (t: number, { from, to }: Span): boolean => to - t > (to - from) * 0.015;

export function draw(box: HTMLElement, plot: Plot, lastOfPanel: boolean, asks: Asks): Drawn {
  let scene: Scene = { span: { from: 0, to: 1 }, bands: [], gaps: [] };
  const muted = css("--muted");
  const grid = { stroke: css("--grid"), width: 1 };
  const gapFill = hatch(css("--hatch"));
  const axis = { stroke: muted, font: font(11), grid, ticks: { show: false } };
  const chart = new uPlot(
    {
      width: Math.max(200, box.clientWidth),
      height: plot.height + (lastOfPanel ? 24 : 6),
      ms: 1,
      padding: [8, 12, lastOfPanel ? 0 : 4, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 4 },
        points: {
          size: 7,
          width: 2,
          fill: css("--panel"),
          stroke: (u, i) => u.series[i]?.stroke as never,
        },
        // Only where the pointer is goes to the other charts: a drag zooms once, not eight times.
        sync: {
          key: "callvitals",
          scales: ["x", null],
          filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
        },
        bind: {
          dblclick: () => () => {
            asks.out();
            return null;
          },
        },
      },
      scales: {
        x: { time: true, range: () => [scene.span.from, scene.span.to] },
        y: {
          range: (_, _min, max) =>
            plot.fixed
              ? [plot.fixed[0], plot.fixed[1]]
              : [0, Math.max(plot.atLeast, (max ?? 0) * 1.08)],
        },
      },
      axes: [
        {
          ...axis,
          show: true,
          size: lastOfPanel ? 24 : 0,
          gap: 4,
          space: 76,
          values: (_, at, __, ___, step) =>
            at.map((t) => (lastOfPanel && fits(t, scene.span) ? axisTime(t, step) : "")),
        },
        {
          ...axis,
          size: AXIS,
          gap: 8,
          space: 26,
          ...(plot.fixed ? { splits: () => [1, 2, 3, 4, 5] } : {}),
          values: (_, at) => at.map((value) => axisText(plot, value)),
        },
      ],
      series: [
        {},
        ...plot.lines.map((line) => {
          const ink = css(`--line-${line.ink}`);
          return {
            stroke: ink,
            width: 1.6,
            dash: DASH[line.ink] ?? [],
            spanGaps: false,
            ...(line.bars
              ? { paths: uPlot.paths.bars?.({ size: [0.82, 48], align: 1 }) as never, dash: [] }
              : {}),
            ...(line.fill ? { fill: `${ink}${line.bars ? "b0" : "1f"}` } : {}),
            points: {
              show: true,
              size: 4,
              fill: ink,
              filter: (u: uPlot, i: number) => (line.bars ? [] : loners(u, i)),
            },
          };
        }),
      ],
      hooks: {
        drawClear: [(u) => underlay(u, scene, gapFill)],
        draw: [(u) => overlay(u, plot, scene)],
        setCursor: [(u) => asks.cursor(u.cursor.idx ?? null)],
        setSelect: [
          (u) => {
            const { left, width } = u.select;
            if (width < 4) return;
            const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            asks.zoom(from, to);
          },
        ],
      },
    },
    [[], ...plot.lines.map(() => [])],
    box,
  );
  let down = 0;
  chart.over.addEventListener("mousedown", (event) => {
    down = event.clientX;
  });
  chart.over.addEventListener("click", (event) => {
    if (Math.abs(event.clientX - down) < 4) asks.pick?.(chart.posToVal(event.offsetX, "x"));
  });
  return {
    set: (data, next) => {
      scene = next;
      chart.setData(data);
    },
    resize: (width) => {
      if (width > 0 && width !== chart.width) chart.setSize({ width, height: chart.height });
    },
    point: (at) => {
      const left = at === null ? -10 : chart.valToPos(at, "x");
      // Its types do not know the third: that the other charts follow.
      const set = chart.setCursor as (to: object, fire: boolean, tell: boolean) => void;
      set({ left, top: at === null ? -10 : 1 }, true, true);
    },
    destroy: () => chart.destroy(),
  };
}
