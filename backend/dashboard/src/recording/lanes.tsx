// A lane per connection of a recording.
import { useMemo } from "preact/hooks";
import { clockSeconds, count, length, score as scoreText } from "../format";
import type { Lane } from "../meeting/lane";
import { LaneAxis, LaneTable, RibbonPicture } from "../meeting/lanes";
import { ribbon, type Span } from "../meeting/ribbon";
import { href } from "../route";
import type { SectionRoute } from "../sections";
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
      <LaneTable
        names={lanes.map(([one]) => one.pc)}
        lanes={lanes.map(([, lane]) => lane)}
        span={span}
      />
    </div>
  );
}
