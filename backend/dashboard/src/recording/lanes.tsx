// A lane per connection of a recording.
import { useMemo, useState } from "preact/hooks";
import { clockSeconds, count, length, score as scoreText } from "../format";
import type { Lane } from "../meeting/lane";
import { LaneAxis, RibbonPicture } from "../meeting/lanes";
import { ribbon, type Span } from "../meeting/ribbon";
import { href } from "../route";
import type { SectionRoute } from "../sections";
import { AsTable, type TableRow } from "../ui/astable";
import { type Band, titleOf } from "../ui/bands";
import { Shape, WORD } from "../ui/rating";
import type { Analysis, RecordedConnection, RecordedIssue } from "./types";

export const bandOf = (issue: RecordedIssue): Band => ({
  type: issue.type,
  severity: issue.severity,
  from: issue.since,
  to: issue.until,
  sentence: issue.sentence,
});

/** A lane for who cannot see it: "Fair, 3.4 of 5, lowest 2.1 at 10:05:12; High loss for 2 min". */
export function laneText(one: RecordedConnection, marks: number): string {
  const worst = one.lowest
    ? `, lowest ${scoreText(one.lowest.score)} at ${clockSeconds(one.lowest.t)}`
    : "";
  const score = one.score === null ? "no score" : `${scoreText(one.score)} of 5`;
  const issues = one.issues.map((issue) => {
    const lasted = (issue.until ?? one.end) - issue.since;
    return `${titleOf(issue.type)} for ${length(lasted)} from ${clockSeconds(issue.since)}`;
  });
  return [
    `${WORD[one.rating]}, ${score}${worst}`,
    ...(issues.length > 3 ? [...issues.slice(0, 3), `${issues.length - 3} more issues`] : issues),
    ...(marks ? [count(marks, "mark")] : []),
  ].join("; ");
}

const ROWS = 60;

/** The lowest score of each connection in each of some sixty stretches of time. */
export function laneRows(connections: readonly RecordedConnection[], span: Span): TableRow[] {
  const step = Math.max(1000, (span.to - span.from) / ROWS);
  const n = Math.max(1, Math.ceil((span.to - span.from) / step));
  const lowest = connections.map(({ series }) => {
    const cells: (number | null)[] = new Array(n).fill(null);
    series?.t.forEach((t, i) => {
      const at = Math.min(n - 1, Math.max(0, Math.floor((t - span.from) / step)));
      const score = series.series.score?.[i] ?? null;
      if (score !== null) cells[at] = Math.min(score, cells[at] ?? score);
    });
    return cells;
  });
  return Array.from({ length: n }, (_, i) => {
    const t = span.from + i * step;
    return { t, time: clockSeconds(t), cells: lowest.map((cells) => scoreText(cells[i] ?? null)) };
  });
}

export function Lanes({
  analysis,
  span,
  route,
  chosen,
}: {
  analysis: Analysis;
  span: Span;
  route: SectionRoute;
  chosen: string;
}) {
  const lanes = useMemo(
    () =>
      analysis.connections.map((one): [RecordedConnection, Lane] => [
        one,
        {
          t: one.series?.t ?? [],
          score: one.series?.series.score ?? [],
          bands: one.issues.map(bandOf),
          marks: [...one.events, ...analysis.events]
            .filter((event) => event.type === "mark")
            .map((event) => ({ t: event.t, name: String(event.name ?? "mark") })),
          state: "ready",
        },
      ]),
    [analysis],
  );
  const [table, setTable] = useState(false);
  return (
    <div class="lanes">
      <LaneAxis span={span} />
      <ul>
        {lanes.map(([one, lane]) => (
          <li key={one.pc}>
            <a
              class={`lane is-${one.rating}`}
              href={href({ ...route, ask: { ...route.ask, pc: one.pc } })}
              aria-current={one.pc === chosen ? "true" : undefined}
            >
              <span class="who">
                <span class="line">
                  <Shape rating={one.rating} />
                  <b class="name">
                    <bdi>{one.pc}</bdi>
                  </b>
                  <span class="num mark-score">{scoreText(one.score)}</span>
                </span>
                <span class="line dim">
                  <bdi title={one.sentence}>{one.sentence || "no trouble"}</bdi>
                </span>
              </span>
              <span class="picture ready" role="img" aria-label={laneText(one, lane.marks.length)}>
                <RibbonPicture
                  shape={ribbon(lane.t, lane.score, span, "ended")}
                  lane={lane}
                  span={span}
                />
              </span>
            </a>
          </li>
        ))}
      </ul>
      <footer class="dim">
        <button type="button" class="quiet" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? "Hide table" : "Show as table"}
        </button>
      </footer>
      {table && (
        <AsTable
          title="Scores of the connections"
          caption="The lowest score of each stretch of time"
          columns={analysis.connections.map((one) => one.pc)}
          rows={laneRows(analysis.connections, span)}
        />
      )}
    </div>
  );
}
