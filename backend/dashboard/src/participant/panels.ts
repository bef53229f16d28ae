// Which charts there are, in which order, and what each one draws. Bandwidth comes first.
import type { Unit } from "../format";
import { FAIR, GOOD } from "../meeting/ribbon";

export interface Line {
  key: string;
  name: string;
  /** Colour and dash go together (style.css: --line-a …), so that colour never stands alone. */
  ink: "a" | "b" | "c" | "e";
  fill?: boolean;
  /** Counted in periods, not measured at moments: a bar from each period's start. */
  bars?: boolean;
}

export interface Threshold {
  at: number;
  name: string;
}

/** One unit, one scale, one canvas. Two units in a panel are two plots, never two axes. */
export interface Plot {
  unit: Unit;
  lines: readonly Line[];
  height: number;
  /** The scale reaches at least this far, so that noise near zero does not look like a storm. */
  atLeast: number;
  fixed?: readonly [number, number];
  thresholds?: readonly Threshold[];
}

export interface Panel {
  id: string;
  title: string;
  plots: readonly Plot[];
}

export const PANELS: readonly Panel[] = [
  {
    id: "bandwidth",
    title: "Bandwidth",
    plots: [
      {
        unit: "bits",
        height: 190,
        atLeast: 64_000,
        lines: [
          { key: "download", name: "Down", ink: "a", fill: true },
          { key: "upload", name: "Up", ink: "b" },
        ],
      },
    ],
  },
  {
    id: "score",
    title: "Score",
    plots: [
      {
        unit: "score",
        height: 130,
        atLeast: 5,
        fixed: [1, 5],
        lines: [{ key: "score", name: "Score", ink: "a" }],
        thresholds: [
          { at: GOOD, name: "good" },
          { at: FAIR, name: "fair" },
        ],
      },
    ],
  },
  {
    id: "network",
    title: "Network",
    plots: [
      {
        unit: "seconds",
        height: 130,
        atLeast: 0.1,
        lines: [
          { key: "rtt", name: "Round trip", ink: "a" },
          { key: "jitter", name: "Jitter", ink: "b" },
        ],
        // ITU-T G.114: beyond 150 ms one way a conversation begins to suffer.
        thresholds: [{ at: 0.3, name: "150 ms each way" }],
      },
      {
        unit: "share",
        height: 110,
        atLeast: 0.02,
        lines: [
          { key: "lossIn", name: "Loss in", ink: "a", fill: true },
          { key: "lossOut", name: "Loss out", ink: "b" },
        ],
        // Where the issue high-loss opens (worker/callvitals/rules_network.py).
        thresholds: [{ at: 0.04, name: "high loss" }],
      },
    ],
  },
  {
    id: "audio",
    title: "Audio",
    plots: [
      {
        unit: "share",
        height: 110,
        atLeast: 0.02,
        lines: [{ key: "concealed", name: "Concealed", ink: "a", fill: true }],
      },
      {
        unit: "seconds",
        height: 100,
        atLeast: 0.1,
        lines: [{ key: "jitterBuffer", name: "Jitter buffer", ink: "c" }],
      },
    ],
  },
  {
    id: "video",
    title: "Video",
    plots: [
      {
        unit: "fps",
        height: 120,
        atLeast: 30,
        lines: [
          { key: "fpsIn", name: "Frames in", ink: "a" },
          { key: "fpsOut", name: "Frames out", ink: "b" },
        ],
      },
      {
        unit: "seconds",
        height: 90,
        atLeast: 0.5,
        lines: [{ key: "frozen", name: "Frozen", ink: "c", fill: true }],
      },
    ],
  },
];

export const linesOf = (panel: Panel): Line[] => panel.plots.flatMap((plot) => [...plot.lines]);
export const metricsOf = (panel: Panel): string[] => linesOf(panel).map((line) => line.key);
