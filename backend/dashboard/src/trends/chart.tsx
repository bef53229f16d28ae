// Shares of poor and fair per period as columns, and how many minutes each stands for below.

import type { TargetedPointerEvent } from "preact";
import { useState } from "preact/hooks";
import { many, said } from "../format";
import { AsTable } from "../ui/astable";
import { cursorKeys } from "../ui/cursor";
import { Shape } from "../ui/rating";
import { type Sum, share, topOf } from "./sums";

const HEIGHT = 100;

export function Columns({
  t,
  sums,
  when,
  short,
  marks,
  all,
  footer,
  busy,
}: {
  t: readonly number[];
  sums: readonly Sum[];
  when: (t: number) => string;
  /** The same, as it stands on the axis. */
  short: (t: number) => string;
  /** Periods named on the axis. */
  marks: readonly number[];
  /** Told while no column is pointed at (by pointer, or by arrow keys). */
  all: Sum;
  footer: string;
  busy: boolean;
}) {
  const [at, setAt] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const bad = sums.map((one) => (share(one, "poor") ?? 0) + (share(one, "fair") ?? 0));
  const top = topOf(Math.max(...bad, 0.001));
  const busiest = Math.max(...sums.map((one) => one.minutes), 1);
  const n = sums.length;
  const gap = n > 120 ? 0.1 : 0.22;
  const point = (event: TargetedPointerEvent<HTMLElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const index = Math.floor(((event.clientX - left) / width) * n);
    setAt(index >= 0 && index < n ? index : null);
  };
  const now = (at === null ? null : sums[at]) ?? all;
  const time = at === null || at >= n ? "" : when(t[at] as number);
  const worst = bad.length
    ? sums.reduce(
        (a, b, i) => ((share(b, "poor") ?? 0) > (share(sums[a] as Sum, "poor") ?? 0) ? i : a),
        0,
      )
    : 0;
  const told = sums[worst]
    ? `Worst ${when(t[worst] as number)}: ${said("share", share(sums[worst] as Sum, "poor"))} poor.`
    : "";
  const bar = (i: number, from: number, size: number, name: string) =>
    size > 0 && (
      <rect class={name} x={i + gap / 2} width={1 - gap} y={HEIGHT - from - size} height={size} />
    );
  return (
    <section class={`panel chart columns-chart${busy ? " busy" : ""}`} aria-labelledby="h-poor">
      <header>
        <h2 id="h-poor">Share of poor</h2>
        <dl class="legend">
          {(["poor", "fair"] as const).map((rating) => (
            <div key={rating}>
              <dt>
                <Shape rating={rating} />
                {rating}
              </dt>
              <dd class="num">{said("share", share(now, rating))}</dd>
            </div>
          ))}
          <div>
            <dt>minutes</dt>
            <dd class="num">{many(now.minutes).value}</dd>
          </div>
        </dl>
        <time class="dim num">{time}</time>
      </header>
      <div class="field-box">
        <div class="scale dim num" aria-hidden="true">
          {[1, 0.5, 0].map((part) => (
            <span key={part} style={{ bottom: `${part * 100}%` }}>
              {said("share", top * part).replace(/\.0+(?= )/, "")}
            </span>
          ))}
        </div>
        <div
          class="columns-plot"
          {...cursorKeys(
            `Share of poor and fair minutes. ${told}`,
            n ? [0, n - 1] : null,
            at,
            `${time || "All"}: ${said("share", share(now, "poor"))} poor, ${said("share", share(now, "fair"))} fair, ${many(now.minutes).value} minutes`,
            setAt,
          )}
          onPointerMove={point}
          onPointerLeave={() => setAt(null)}
        >
          <svg
            viewBox={`0 0 ${n} ${HEIGHT}`}
            preserveAspectRatio="none"
            class="shares"
            aria-hidden="true"
          >
            {[0, 0.5].map((part) => (
              <line key={part} class="rule" x1="0" x2={n} y1={part * HEIGHT} y2={part * HEIGHT} />
            ))}
            {at !== null && <rect class="here" x={at} width="1" y="0" height={HEIGHT} />}
            {sums.map((one, i) => {
              const poor = ((share(one, "poor") ?? 0) / top) * HEIGHT;
              const fair = ((share(one, "fair") ?? 0) / top) * HEIGHT;
              return (
                <g key={t[i]}>
                  {bar(i, 0, poor, "is-poor")}
                  {bar(i, poor, fair, "is-fair")}
                </g>
              );
            })}
          </svg>
          <svg
            viewBox={`0 0 ${n} ${HEIGHT}`}
            preserveAspectRatio="none"
            class="volume"
            aria-hidden="true"
          >
            {sums.map((one, i) => (
              <g key={t[i]}>{bar(i, 0, (one.minutes / busiest) * HEIGHT, "minutes")}</g>
            ))}
          </svg>
          <div class="column-axis dim num" aria-hidden="true">
            {marks.map((i) => (
              <span key={i} style={{ left: `${((i + 0.5) / n) * 100}%` }}>
                {short(t[i] as number)}
              </span>
            ))}
          </div>
        </div>
      </div>
      <footer class="dim">
        <span>{footer}</span>
        <button type="button" class="quiet" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? "Hide table" : "Show as table"}
        </button>
      </footer>
      {table && (
        <AsTable
          title="Share of poor"
          columns={["Poor", "Fair", "Good", "Minutes", "Sessions"]}
          rows={sums.map((one, i) => ({
            t: t[i] as number,
            time: when(t[i] as number),
            cells: [
              said("share", share(one, "poor")),
              said("share", share(one, "fair")),
              said("share", share(one, "good")),
              many(one.minutes).value,
              many(one.joined).value,
            ],
          }))}
        />
      )}
    </section>
  );
}
