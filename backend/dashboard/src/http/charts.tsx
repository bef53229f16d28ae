// Requests, latency and bytes over time.
import { clock, count, day } from "../format";
import type { Plot } from "../participant/panels";
import { TimeChart } from "../ui/timechart";
import { PERIOD, spanOf, sum } from "./ask";
import type { EndpointSeries } from "./types";

const REQUESTS: readonly Plot[] = [
  {
    unit: "many",
    height: 150,
    atLeast: 4,
    lines: [
      { key: "count", name: "Requests", ink: "a", fill: true, bars: true },
      { key: "errors", name: "Errors", ink: "e", fill: true, bars: true },
    ],
  },
];
const LATENCY: readonly Plot[] = [
  {
    unit: "took",
    height: 150,
    atLeast: 0.001,
    lines: [
      { key: "p50", name: "Median", ink: "a" },
      { key: "p95", name: "p95", ink: "b" },
      { key: "p99", name: "p99", ink: "c" },
    ],
  },
];
const BYTES: readonly Plot[] = [
  {
    unit: "bytes",
    height: 120,
    atLeast: 1000,
    lines: [
      { key: "responseBytes", name: "Out", ink: "a", fill: true },
      { key: "requestBytes", name: "In", ink: "b" },
    ],
  },
];
const USERS: readonly Plot[] = [
  {
    unit: "many",
    height: 90,
    atLeast: 4,
    lines: [{ key: "users", name: "Users", ink: "a", fill: true, bars: true }],
  },
];

export function Charts({
  answer,
  busy,
  zoom,
  out,
  latency = {},
  only,
}: {
  answer: EndpointSeries;
  busy: boolean;
  zoom: (from: number, to: number) => void;
  out: () => void;
  /** Percentiles of the whole range; no sum of periods gives them. */
  latency?: Record<string, number | null>;
  only?: readonly string[];
}) {
  const span = spanOf(answer);
  const now = Date.now();
  const when = (t: number): string => (answer.level === "day" ? day(t, now) : clock(t, now));
  const totals = Object.fromEntries(
    ["count", "errors", "requestBytes", "responseBytes"].map((name) => [
      name,
      sum(answer.series[name]),
    ]),
  );
  const charts: [string, string, readonly Plot[]][] = [
    ["requests", "Requests", REQUESTS],
    ["latency", "Latency", LATENCY],
    ["bytes", "Bytes", BYTES],
    ["users", "Users", USERS],
  ];
  return (
    <>
      {charts
        .filter(([id]) => !only || only.includes(id))
        .map(([id, title, plots]) => (
          <TimeChart
            key={id}
            id={id}
            title={title}
            plots={plots}
            data={answer}
            span={span}
            when={when}
            busy={busy}
            totals={{ ...totals, ...latency }}
            footer={`${PERIOD[answer.level]}: ${count(answer.t.length, answer.level)}${span.to > now ? ", the last not over" : ""}`}
            zoom={zoom}
            out={out}
          />
        ))}
    </>
  );
}
