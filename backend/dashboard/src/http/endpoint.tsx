// One endpoint: how it does, over time, by class of status, and what went wrong one by one.
import { useEffect } from "preact/hooks";
import { clock, many, SHOW, said, show } from "../format";
import { useKeys } from "../keys";
import { rangeText } from "../participant/range";
import { go, href } from "../route";
import type { SectionRoute } from "../sections";
import { useAnswer } from "../ui/answer";
import { Part, Stale, Switch, Tiles } from "../ui/bits";
import { type Column, List } from "../ui/list";
import { Shape } from "../ui/rating";
import { Crumbs } from "../ui/shell";
import { Failed, Note, Skeleton } from "../ui/states";
import { errorStatus, perMinute, query, RANGES, spanQuery, USUAL_RANGE, ZONE } from "./ask";
import { Charts } from "./charts";
import { Streamed } from "./page";
import type { Endpoint, EndpointSeries, Endpoints, FailedRequest } from "./types";

const REFRESH_MS = 10_000;

const classes: readonly Column<Endpoint>[] = [
  { name: "Status", cell: (one) => one.statusClass ?? "–" },
  { name: "Requests", num: true, cell: (one) => many(one.count).value },
  { name: "Median", num: true, cell: (one) => said("took", one.latency.p50) },
  { name: "p95", num: true, cell: (one) => said("took", one.latency.p95) },
  { name: "p99", num: true, spare: 1, cell: (one) => said("took", one.latency.p99) },
  { name: "First byte p95", num: true, spare: 1, cell: (one) => said("took", one.firstByte.p95) },
  { name: "In", num: true, spare: 2, cell: (one) => said("bytes", one.requestBytes) },
  { name: "Out", num: true, spare: 2, cell: (one) => said("bytes", one.responseBytes) },
];

const wrong = (one: FailedRequest): string =>
  [one.failed ? "raised" : "", one.aborted ? "broken off" : "", one.streamed ? "streamed" : ""]
    .filter(Boolean)
    .join(", ");

const failures = (now: number): readonly Column<FailedRequest>[] => [
  { name: "Time", cell: (one) => <time class="num">{clock(one.t, now)}</time> },
  {
    name: "Status",
    num: true,
    cell: (one) => (
      <span class={`status is-${one.status >= 500 || one.failed ? "poor" : "fair"}`}>
        <Shape rating={one.status >= 500 || one.failed ? "poor" : "fair"} /> {one.status}
      </span>
    ),
  },
  { name: "What", cell: wrong },
  { name: "Took", num: true, cell: (one) => said("took", one.duration) },
  { name: "Out", num: true, spare: 1, cell: (one) => said("bytes", one.responseBytes) },
  {
    name: "User",
    class: "wide",
    cell: (one) =>
      one.user ? (
        <a href={`/?q=${encodeURIComponent(one.user)}`} title="Their calls">
          <bdi>{one.user}</bdi>
        </a>
      ) : (
        <span class="dim">unknown</span>
      ),
  },
];

export function EndpointPage({ route }: { route: SectionRoute }) {
  const { ask } = route;
  const range = ask.range || USUAL_RANGE;
  const own = { service: ask.service ?? "", method: ask.method ?? "", route: ask.route ?? "" };
  const set = (change: Record<string, string>, replace = true): void =>
    go({ ...route, ask: { ...ask, ...change } }, replace);
  const about = { ...spanQuery(range), ...own };
  const { route: name, ...rest } = about;
  const whole = useAnswer<Endpoints>(
    `/api/endpoints?${query({ ...rest, search: name, by: "endpoint", limit: "1000" })}`,
    REFRESH_MS,
  );
  const byClass = useAnswer<Endpoints>(
    `/api/endpoints?${query({ ...rest, search: name, sort: "statusClass", limit: "1000" })}`,
    REFRESH_MS,
  );
  const series = useAnswer<EndpointSeries>(
    `/api/endpoints/series?${query({ ...about, tz: ZONE })}`,
    REFRESH_MS,
  );
  const errors = useAnswer<{ items: FailedRequest[] }>(
    `/api/endpoints/errors?${query({ ...about, limit: "100" })}`,
    REFRESH_MS,
  );
  const list = href({ page: "section", id: "http", rest: [], ask: { range: ask.range ?? "" } });
  useEffect(() => {
    document.title = `${own.method} ${own.route} · callvitals`;
  }, [own.method, own.route]);
  useKeys({ Escape: () => go(list) });
  const mine = whole.answer?.items.find((one) => one.route === own.route);
  const title = `${own.method} ${own.route}`;
  const fixed = !RANGES.some(([text]) => text === range);
  const now = Date.now();
  const quiet = whole.error !== "";
  return (
    <div class="section http">
      <Crumbs
        crumbs={[
          { text: "API", href: list },
          { text: title, href: href(route) },
        ]}
      />
      <div class="bar-top">
        <div class="heading">
          <h1 class="endpoint" title={title}>
            <b class="method">{own.method}</b>
            <bdi>{own.route}</bdi>
          </h1>
          {own.service && (
            <p class="dim">
              <bdi>{own.service}</bdi>
            </p>
          )}
          {mine && <Streamed one={mine} />}
        </div>
        <Switch
          label="Time shown"
          options={fixed ? [...RANGES, [range, "Chosen"] as const] : RANGES}
          chosen={range}
          choose={(value) => set({ range: value === USUAL_RANGE ? "" : value })}
        />
      </div>
      <Stale from={whole} />
      {!whole.answer && whole.error && (
        <Failed what="This endpoint cannot be shown" why={whole.error} again={whole.again} />
      )}
      {!mine && (!whole.answer || whole.other) && !whole.error && (
        <Skeleton rows={3} kind="chart" />
      )}
      {whole.answer && !mine && !whole.other && (
        <Note title="Nobody asked for it in this time">
          <p>
            Choose a longer time, or look at <a href={list}>all endpoints</a>.
          </p>
        </Note>
      )}
      {whole.answer && mine && (
        <>
          <Tiles
            label="This endpoint"
            busy={whole.busy}
            tiles={[
              {
                name: "Requests",
                shown: many(mine.count),
                note: `${perMinute(mine.count, whole.answer)} a minute`,
              },
              {
                name: "Errors",
                shown: SHOW.share(mine.errors / mine.count),
                note: `${many(mine.errors).value} requests`,
                status: errorStatus(mine.errors / mine.count),
              },
              { name: "Median", shown: show("took", mine.latency.p50) },
              {
                name: "p95",
                shown: show("took", mine.latency.p95),
                note: `slowest ${said("took", mine.latency.max)}`,
              },
              { name: "First byte p95", shown: show("took", mine.firstByte.p95) },
              { name: "Users", shown: many(mine.users) },
            ]}
          />
          <Part from={series} what="The charts cannot be shown" rows={3} kind="chart" quiet={quiet}>
            {(shown) => (
              <div class="charts two">
                <Charts
                  answer={shown}
                  busy={series.busy}
                  latency={{ ...mine.latency, users: mine.users } as Record<string, number | null>}
                  zoom={(from, to) => set({ range: rangeText({ kind: "fixed", from, to }) }, false)}
                  out={() => set({ range: "" })}
                />
              </div>
            )}
          </Part>
          <h2 class="part">By status</h2>
          <Part
            from={byClass}
            what="The classes of status cannot be shown"
            rows={3}
            kind="row"
            quiet={quiet}
          >
            {({ items }) => (
              <List
                label="By status"
                columns={classes}
                rows={items.filter((one) => one.route === own.route)}
                keyOf={(one) => one.statusClass ?? ""}
                busy={byClass.busy}
              />
            )}
          </Part>
          <h2 class="part">What went wrong</h2>
          <Part from={errors} what="Failures cannot be shown" rows={3} kind="row" quiet={quiet}>
            {({ items }) =>
              items.length ? (
                <List
                  label="What went wrong"
                  columns={failures(now)}
                  rows={items}
                  keyOf={(one) => `${one.t} ${one.user} ${one.duration}`}
                  busy={errors.busy}
                />
              ) : errors.other && errors.busy ? (
                <Skeleton rows={3} kind="row" />
              ) : (
                <p class="dim">
                  Nothing that is kept one by one: no error, and nobody known who was refused.
                </p>
              )
            }
          </Part>
        </>
      )}
    </div>
  );
}
