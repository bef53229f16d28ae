// A chart in one sentence, for who listens instead of looks. Pure.
import { clockSeconds, said } from "../format";
import type { Columns } from "./columns";
import type { Line, Panel } from "./panels";

const worse = (line: Line) => (a: number, b: number) => (LOW_IS_BAD.has(line.key) ? a < b : a > b);
const LOW_IS_BAD = new Set(["score", "download", "upload", "fpsIn", "fpsOut"]);

/** "Round trip median 84 ms, worst 410 ms at 09:41:07" of each line that was measured. */
export function summary(panel: Panel, data: Columns): string {
  const parts = panel.plots.flatMap((plot) =>
    plot.lines.flatMap((line) => {
      const isWorse = worse(line);
      const values: number[] = [];
      let at = -1;
      const column = data.series[line.key] ?? [];
      column.forEach((value, i) => {
        if (value === null || value === undefined) return;
        values.push(value);
        if (at < 0 || isWorse(value, column[at] as number)) at = i;
      });
      if (at < 0) return [];
      values.sort((a, b) => a - b);
      const median = values[Math.floor((values.length - 1) / 2)];
      const worst = said(plot.unit, column[at]);
      const when = clockSeconds(data.t[at] as number);
      return `${line.name} median ${said(plot.unit, median)}, worst ${worst} at ${when}`;
    }),
  );
  return parts.length ? `${parts.join("; ")}.` : "Nothing was measured.";
}
