// One connection of a recording: its charts, issues, facts and streams.
import { useMemo } from "preact/hooks";
import { clockSeconds, count, length, said, score as scoreText } from "../format";
import { useKeys } from "../keys";
import type { Span } from "../meeting/ribbon";
import { Events } from "../participant/events";
import { PANELS } from "../participant/panels";
import { around, panned, type Range, spanOf, zoomed } from "../participant/range";
import { Toolbar } from "../participant/toolbar";
import { Advice } from "../ui/advice";
import { titleOf } from "../ui/bands";
import { type Column, List } from "../ui/list";
import { Shape } from "../ui/rating";
import { TimeChart } from "../ui/timechart";
import { bandOf } from "./lanes";
import type { Analysis, RecordedConnection, RecordedStream } from "./types";

const NOTHING: NonNullable<RecordedConnection["series"]> = { t: [], series: {} };

export function Connection({
  connection,
  page,
  whole,
  range,
  setRange,
}: {
  connection: RecordedConnection;
  /** What it shares with the other connections: the issues and events of the page. */
  page: Pick<Analysis, "issues" | "events" | "participant">;
  whole: Span;
  range: Range;
  setRange: (range: Range) => void;
}) {
  const issues = useMemo(
    () => [...connection.issues, ...page.issues].sort((a, b) => a.since - b.since),
    [connection, page],
  );
  const span = spanOf(range, whole);
  const all = (): void => setRange({ kind: "all" });
  const zoom = (factor: number): void => setRange(zoomed(span, whole, factor));
  const pan = (share: number): void => {
    if (range.kind !== "all") setRange(panned(span, whole, share));
  };
  useKeys({
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    "0": all,
    ArrowLeft: () => pan(-0.5),
    ArrowRight: () => pan(0.5),
    ...(range.kind === "all" ? {} : { Escape: all }),
  });
  const bands = useMemo(() => issues.map(bandOf), [issues]);
  const data = connection.series ?? NOTHING;
  const { shown = data.t.length, total = data.t.length } = connection.series ?? {};
  const footer =
    shown < total
      ? `showing ${shown.toLocaleString("en")} of ${total.toLocaleString("en")} points`
      : `all ${count(total, "point")}`;
  const panels = PANELS.filter((panel) =>
    panel.plots.some((plot) =>
      plot.lines.some((line) => data.series[line.key]?.some((value) => value !== null)),
    ),
  );
  const totals = { ...connection.means, score: connection.score };
  return (
    <div class="participant">
      <div class="charts">
        <Toolbar
          range={range}
          set={setRange}
          zoom={zoom}
          pan={pan}
          live={false}
          paused={false}
          pause={all}
          span={span}
        />
        {panels.map((panel) => (
          <TimeChart
            key={panel.id}
            id={panel.id}
            title={panel.title}
            plots={panel.plots}
            data={data}
            span={span}
            bands={bands}
            when={clockSeconds}
            footer={`${footer}; values: ${panel.id === "score" ? "of the whole" : "means"}`}
            busy={false}
            totals={totals}
            zoom={(from, to) => setRange({ kind: "fixed", from, to })}
            out={all}
          />
        ))}
        {!panels.length && <p class="dim">The file has no series of this connection.</p>}
        {connection.streams.length > 0 && (
          <>
            <h2 class="part">Streams</h2>
            <List
              label="Streams"
              columns={streams}
              rows={connection.streams}
              keyOf={(one) => `${one.key} ${one.ssrc}`}
            />
          </>
        )}
        <Events
          log={{ events: [...connection.events, ...page.events], error: "", again: () => {} }}
          span={span}
          open={(at) => setRange(around(at, at, Math.min(60_000, (span.to - span.from) / 8)))}
        />
      </div>
      <aside class="side">
        <section class="panel">
          <h2>
            Issues <span class="tag">{issues.length}</span>
          </h2>
          {issues.length ? (
            <ul class="recorded-issues">
              {issues.map((issue, i) => (
                <li key={`${issue.type} ${issue.since} ${i}`}>
                  <button
                    type="button"
                    class={`is-${issue.severity === "major" ? "poor" : "fair"}`}
                    onClick={() => setRange(around(issue.since, issue.until ?? span.to))}
                  >
                    <span class="line">
                      <Shape rating={issue.severity === "major" ? "poor" : "fair"} />
                      <b>{titleOf(issue.type)}</b>
                      <time class="dim num">{clockSeconds(issue.since)}</time>
                    </span>
                    <span class="dim">
                      {issue.sentence}{" "}
                      {issue.open
                        ? "It lasted to the end."
                        : `For ${length((issue.until ?? issue.since) - issue.since)}.`}
                    </span>
                  </button>
                  <Advice type={issue.type} who={page.participant || connection.pc} />
                </li>
              ))}
            </ul>
          ) : (
            <p class="pad dim">None.</p>
          )}
        </section>
        <section class="panel">
          <h2>Connection</h2>
          <dl class="rows">
            {rowsOf(connection).map(([term, value]) => (
              <div key={term}>
                <dt>{term}</dt>
                <dd>
                  <bdi title={value}>{value}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      </aside>
    </div>
  );
}

function rowsOf(one: RecordedConnection): [string, string][] {
  const { route = {}, setup = {} } = one;
  const seconds = (name: string): string | null =>
    typeof setup[name] === "number" ? `${(setup[name] as number).toFixed(2)} s` : null;
  const rows: [string, string | null | undefined][] = [
    ["State", one.state],
    ["Path", route.local || route.remote ? `${route.local ?? "?"} → ${route.remote ?? "?"}` : null],
    ["Protocol", [route.protocol?.toUpperCase(), route.networkType].filter(Boolean).join(" · ")],
    ["Connected in", seconds("connectTime")],
    ["First picture after", seconds("firstFrameTime")],
    ["First sound after", seconds("firstSoundTime")],
    ["Failed", typeof setup.failed === "string" ? setup.failed : null],
    [
      "Lowest score",
      one.lowest ? `${scoreText(one.lowest.score)} at ${clockSeconds(one.lowest.t)}` : null,
    ],
    ["Reports", one.reports.toLocaleString("en")],
    ["Length", length(one.duration * 1000)],
  ];
  return rows.filter((row): row is [string, string] => Boolean(row[1]));
}

const streams: readonly Column<RecordedStream>[] = [
  {
    name: "Stream",
    class: "wide",
    cell: (one) => (
      <span>
        {one.kind} {one.direction === "inbound" ? "in" : "out"}{" "}
        <small>
          <bdi>
            {[
              one.codec,
              one.rid,
              one.frameWidth && one.frameHeight ? `${one.frameWidth}×${one.frameHeight}` : "",
              one.mid === undefined ? "" : `mid ${one.mid}`,
            ]
              .filter(Boolean)
              .join(" · ")}
          </bdi>
        </small>
      </span>
    ),
  },
  { name: "Bitrate", num: true, cell: (one) => said("bits", one.bitrate) },
  { name: "Loss", num: true, cell: (one) => said("share", one.loss) },
  { name: "Jitter", num: true, spare: 1, cell: (one) => said("seconds", one.jitter) },
  { name: "Round trip", num: true, spare: 2, cell: (one) => said("seconds", one.rtt) },
  { name: "Frames", num: true, spare: 1, cell: (one) => said("fps", one.fps) },
  { name: "Concealed", num: true, spare: 2, cell: (one) => said("share", one.concealed) },
  {
    name: "Frozen",
    num: true,
    spare: 2,
    cell: (one) => (one.frozen === null ? said("took", null) : said("took", one.frozen)),
  },
];
