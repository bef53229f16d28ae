// A chart in words, for who listens instead of looks, and how much of the measured it shows. Pure.
import { said } from "../format";
import type { Level } from "../types";
import type { Columns } from "./columns";
import type { Panel } from "./panels";

const PERIOD: Record<Level, string> = { raw: "", "1m": "minute", "1h": "hour" };
const n = (value: number): string => value.toLocaleString("en");

/** "Round trip median 84 ms, worst 410 ms at 09:41:07" of each line that was measured. */
export function summary(
  panel: Panel,
  data: Pick<Columns, "stats" | "level">,
  when: (t: number) => string,
): string {
  const parts = panel.plots.flatMap((plot) =>
    plot.lines.flatMap((line) => {
      const stat = data.stats[line.key];
      if (!stat) return [];
      const [median, worst] = [said(plot.unit, stat.median), said(plot.unit, stat.worst)];
      return `${line.name} median ${median}, worst ${worst} at ${when(stat.at)}`;
    }),
  );
  if (!parts.length) return "Nothing was measured.";
  const of = PERIOD[data.level];
  return `${parts.join("; ")}.${of && ` Medians are of the means of each ${of}.`}`;
}

/** "showing 50 of 86,400 points, each the worst of its minute", "all 600 points". */
export function shownOf({ shown, ticks, level }: Columns): string {
  const period = PERIOD[level];
  const worst = period && `, each the worst of its ${period}`;
  if (shown < ticks) return `showing ${n(shown)} of ${n(ticks)} points${worst}`;
  return `all ${n(ticks)} points`;
}
