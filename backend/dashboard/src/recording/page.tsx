// A recording or dump as a meeting: a lane per connection, charts, issues, streams.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { clock, clockSeconds, count, length, SHOW, said, score as scoreText } from "../format";
import { useKeys } from "../keys";
import { useNow } from "../live";
import { type Lane, RibbonPicture } from "../meeting/lanes";
import { ribbon, type Span, ticks } from "../meeting/ribbon";
import { PANELS } from "../participant/panels";
import { around, parseRange, type Range, rangeText, spanOf, zoomed } from "../participant/range";
import { go, href } from "../route";
import type { SectionRoute } from "../sections";
import { type Band, titleOf } from "../ui/bands";
import { Headline } from "../ui/headline";
import { type Column, List } from "../ui/list";
import { Shape } from "../ui/rating";
import { Failed, Skeleton } from "../ui/states";
import { TimeChart } from "../ui/timechart";
import { close, HERE, type Opened, open, useOpened } from "./store";
import type { Analysis, RecordedConnection, RecordedIssue, RecordedStream } from "./types";

const FORMATS: Record<string, string> = {
  callvitals: "recording of callvitals",
  internals: "webrtc-internals dump",
  rtcstats: "rtcstats dump",
  export: "export of callvitals",
};

export function Page({ route }: { route: SectionRoute }) {
  const opened = useOpened();
  useEffect(() => {
    const name = opened.phase === "none" ? "Open a dump" : opened.name;
    document.title = `${name} · callvitals`;
  }, [opened]);
  switch (opened.phase) {
    case "none":
      return <Choose />;
    case "asked":
      return <Asked opened={opened} />;
    case "failed":
      return (
        <div class="section recording">
          <Failed
            what={`“${cut(opened.name)}” cannot be shown`}
            why={opened.why}
            again={() => open(opened.file)}
          />
          <p class="center">
            <FileButton text="Choose another file" />
          </p>
        </div>
      );
    case "open":
      return <Recording opened={opened} route={route} />;
  }
}

const cut = (name: string): string => (name.length > 80 ? `${name.slice(0, 77)}…` : name);

function FileButton({ text, primary = false }: { text: string; primary?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.click() });
  return (
    <>
      <button type="button" class={primary ? "primary" : ""} onClick={() => input.current?.click()}>
        {text}
      </button>
      <input
        ref={input}
        type="file"
        class="off-screen"
        tabIndex={-1}
        aria-label={text}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) open(file);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

function Choose() {
  return (
    <section class="first recording-first">
      <h1>Open a call that was recorded</h1>
      <p class="lead">
        Drop a file anywhere on this page. It is shown as a meeting, scored as it would have been
        live, and nothing of it is kept.
      </p>
      <p>
        <FileButton text="Choose a file" primary />
      </p>
      <ol class="ways">
        <li>
          <h2>webrtc-internals</h2>
          <p>
            Open <code>chrome://webrtc-internals</code> before the call; after it,{" "}
            <i>Create a dump</i> and download. Plain or gzipped.
          </p>
        </li>
        <li>
          <h2>rtcstats</h2>
          <p>What an rtcstats client or server writes, dump format 3.</p>
        </li>
        <li>
          <h2>callvitals</h2>
          <p>
            A recording of ours, what <code>callvitals export</code> writes, or an export of every
            tick (CSV or NDJSON).
          </p>
        </li>
      </ol>
    </section>
  );
}

function Asked({ opened }: { opened: Extract<Opened, { phase: "asked" }> }) {
  const now = useNow(500);
  const seconds = Math.max(0, Math.floor((now - opened.since) / 1000));
  const { value, unit } = SHOW.bytes(opened.size);
  return (
    <div class="section recording">
      <div class="bar-top">
        <div class="heading">
          <h1>
            <bdi class="cut">{opened.name}</bdi>
          </h1>
          <p class="dim" role="status">
            {value} {unit} · being looked at{seconds > 1 ? `, ${seconds} s` : ""}
          </p>
        </div>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </div>
      <Skeleton rows={2} kind="lane" />
      <Skeleton rows={3} kind="chart" />
    </div>
  );
}

const bandOf = (issue: RecordedIssue): Band => ({
  type: issue.type,
  severity: issue.severity,
  from: issue.since,
  to: issue.until,
  sentence: issue.sentence,
});

function Recording({
  opened,
  route,
}: {
  opened: Extract<Opened, { phase: "open" }>;
  route: SectionRoute;
}) {
  const { analysis, name } = opened;
  const { connections } = analysis;
  const whole: Span = { from: analysis.start, to: Math.max(analysis.end, analysis.start + 5000) };
  const chosen =
    connections.find((one) => one.pc === route.ask.pc) ??
    [...connections].sort((a, b) => (a.score ?? 9) - (b.score ?? 9))[0];
  const range = parseRange(route.ask.range ?? "");
  const span = spanOf(range, whole);
  const set = (change: Record<string, string>, replace = true): void =>
    go({ ...route, ask: { ...route.ask, ...change } }, replace);
  const setRange = (next: Range): void => {
    const text = rangeText(next);
    set({ range: text === "all" ? "" : text }, false);
  };
  const zoom = (factor: number): void => setRange(zoomed(span, whole, factor));
  useKeys({
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    "0": () => setRange({ kind: "all" }),
    ...(route.ask.range ? { Escape: () => setRange({ kind: "all" }) } : {}),
  });
  const facts = [
    FORMATS[analysis.format] ?? analysis.format,
    ...deviceOf(analysis),
    count(connections.length, "connection"),
    `${clock(analysis.start, 0)}`,
    length(analysis.duration * 1000),
  ];
  return (
    <div class="section recording">
      <div class="bar-top">
        <p class="dim from">
          Opened from <bdi class="cut">{name}</bdi>; this page alone has it.
        </p>
        <FileButton text="Another file" />
        <button
          type="button"
          onClick={() => {
            close();
            go({ ...HERE, rest: [], ask: {} }, true);
          }}
        >
          Close
        </button>
      </div>
      <Headline
        name={analysis.meeting || analysis.participant || name}
        rating={analysis.rating}
        score={analysis.score}
        sentence={analysis.sentence || null}
        live={false}
        facts={facts}
      />
      {analysis.missing.length > 0 && (
        <ul class="missing panel pad" aria-label="What the file does not tell">
          {analysis.missing.map((text) => (
            <li key={text}>
              <b>Missing:</b> {text}
            </li>
          ))}
        </ul>
      )}
      <section class="panel" aria-labelledby="lanes-title">
        <h2 id="lanes-title">Connections</h2>
        <Lanes analysis={analysis} span={whole} route={route} chosen={chosen?.pc ?? ""} />
      </section>
      {chosen && (
        <Connection
          key={chosen.pc}
          connection={chosen}
          also={analysis.issues}
          span={span}
          setRange={setRange}
        />
      )}
    </div>
  );
}

function deviceOf({ facts }: Analysis): string[] {
  const browser = [facts.browser, facts.browserVersion].filter(Boolean).join(" ");
  return [browser, String(facts.os ?? "")].filter(Boolean);
}

function Lanes({
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
      <div class="lane axis" aria-hidden="true">
        <span />
        <div class="ticks">
          {ticks(span).map((tick) => (
            <span key={tick.t} style={{ left: `${100 * tick.at}%` }}>
              {tick.text}
            </span>
          ))}
        </div>
      </div>
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
              <span class="picture ready">
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
    </div>
  );
}

const NOTHING: NonNullable<RecordedConnection["series"]> = { t: [], series: {} };

function Connection({
  connection,
  also,
  span,
  setRange,
}: {
  connection: RecordedConnection;
  also: readonly RecordedIssue[];
  span: Span;
  setRange: (range: Range) => void;
}) {
  const issues = useMemo(
    () => [...connection.issues, ...also].sort((a, b) => a.since - b.since),
    [connection, also],
  );
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
            out={() => setRange({ kind: "all" })}
          />
        ))}
        {!panels.length && <p class="dim">The file has no series of this connection.</p>}
        <h2 class="part">Streams</h2>
        <List
          label="Streams"
          columns={streams}
          rows={connection.streams}
          keyOf={(one) => `${one.key} ${one.ssrc}`}
        />
      </div>
      <aside class="side">
        <section class="panel">
          <h2>
            Issues <span class="tag">{issues.length}</span>
          </h2>
          {issues.length ? (
            <ul class="recorded-issues">
              {issues.map((issue) => (
                <li key={`${issue.type} ${issue.since}`}>
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
