// The score of the last five minutes as a small line, on the whole scale from 1 to 5: two of them
// beside each other can be compared.
import type { Kind } from "../types";

const [STEPS, STEP, HEIGHT] = [30, 3, 22];
const WIDTH = STEPS * STEP;

/** The path of a score, right-aligned: what is newest stands at the right edge. Pure. */
export function sparkPath(trend: readonly (number | null)[]): { line: string; area: string } {
  const start = WIDTH - trend.length * STEP;
  // No toFixed: it would take a tenth of all the script's time while the list scrolls.
  const y = (score: number): number =>
    Math.round(10 * (HEIGHT - 1 - ((score - 1) / 4) * (HEIGHT - 2))) / 10;
  let [line, area, from] = ["", "", -1];
  const close = (to: number): void => {
    if (from >= 0) area += `V${HEIGHT}H${start + from * STEP}Z`;
    from = to;
  };
  trend.forEach((score, i) => {
    if (score === null) {
      close(-1);
      return;
    }
    const x = start + i * STEP;
    // Steps: each value is the worst of its ten seconds.
    const go = from < 0 ? `M${x} ${y(score)}H${x + STEP}` : `V${y(score)}H${x + STEP}`;
    line += go;
    area += go;
    if (from < 0) from = i;
  });
  close(-1);
  return { line, area };
}

export function Spark({ trend, kind }: { trend: readonly (number | null)[]; kind: Kind }) {
  const { line, area } = sparkPath(trend);
  return (
    <svg class={`spark is-${kind}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path class="area" d={area} />
      <path class="line" d={line} />
    </svg>
  );
}

/** How much of an ended call was poor: a part of the whole. */
export function Share({ part, whole }: { part: number; whole: number }) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return (
    <svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" rx="3" />
      {share > 0 && <rect class="fill" width={Math.max(3, 100 * share)} height="6" rx="3" />}
    </svg>
  );
}
