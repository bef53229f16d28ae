// Which charts there are, in which order, and what each one draws.
import { thresholds } from "../core";
import type { Unit } from "../format";

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

const opens = (at: number, name: string): Threshold[] => [{ at, name }];

export const PANELS: readonly Panel[] = [
  {
    id: "score",
    title: "Score",
    plots: [
      {
        unit: "score",
        height: 110,
        atLeast: 5,
        fixed: [1, 5],
        lines: [{ key: "score", name: "Score", ink: "a" }],
        thresholds: [
          { at: thresholds.good, name: "good" },
          { at: thresholds.fair, name: "fair" },
        ],
      },
    ],
  },
  {
    id: "network",
    title: "Network",
    plots: [
      {
        unit: "bits",
        height: 150,
        atLeast: 64_000,
        lines: [
          { key: "download", name: "Down", ink: "a", fill: true },
          { key: "upload", name: "Up", ink: "b" },
        ],
      },
      {
        unit: "seconds",
        height: 110,
        atLeast: 0.1,
        lines: [
          { key: "rtt", name: "Round trip", ink: "a" },
          { key: "jitter", name: "Jitter", ink: "b" },
        ],
        thresholds: [
          { at: thresholds.rtt, name: "long round trip" },
          { at: thresholds.jitter, name: "high jitter" },
        ],
      },
      {
        unit: "share",
        height: 100,
        atLeast: 0.06,
        lines: [
          { key: "lossIn", name: "Loss in", ink: "a", fill: true },
          { key: "lossOut", name: "Loss out", ink: "b" },
        ],
        thresholds: opens(thresholds.loss, "high loss"),
      },
    ],
  },
  {
    id: "audio",
    title: "Audio",
    plots: [
      {
        unit: "share",
        height: 100,
        atLeast: 0.05,
        lines: [{ key: "concealed", name: "Concealed", ink: "a", fill: true }],
        thresholds: opens(thresholds.concealed, "gaps are heard"),
      },
      {
        unit: "seconds",
        height: 90,
        atLeast: 0.25,
        lines: [{ key: "jitterBuffer", name: "Jitter buffer", ink: "c" }],
        thresholds: opens(thresholds.jitterBuffer, "sound comes late"),
      },
    ],
  },
  {
    id: "video",
    title: "Video",
    plots: [
      {
        unit: "fps",
        height: 110,
        atLeast: 30,
        lines: [
          { key: "fpsIn", name: "Frames in", ink: "a" },
          { key: "fpsOut", name: "Frames out", ink: "b" },
        ],
      },
      {
        unit: "seconds",
        height: 80,
        atLeast: 0.5,
        lines: [{ key: "frozen", name: "Frozen", ink: "c", fill: true }],
      },
    ],
  },
];

export const linesOf = (panel: Panel): Line[] => panel.plots.flatMap((plot) => [...plot.lines]);
export const metricsOf = (panel: Panel): string[] => linesOf(panel).map((line) => line.key);
