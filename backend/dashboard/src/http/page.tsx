// "Is it the calls or the API?": all endpoints of all services, and one of them.
import { useEffect } from "preact/hooks";
import { count, many, SHOW, said } from "../format";
import { useKeys } from "../keys";
import { rangeText } from "../participant/range";
import { go, href } from "../route";
import type { SectionRoute } from "../sections";
import { type Answered, useAnswer } from "../ui/answer";
import { Search, Stale, Switch, Tiles } from "../ui/bits";
import { type Column, List, orderOf, orderText } from "../ui/list";
import { Shape } from "../ui/rating";
import { Failed, Note, Skeleton } from "../ui/states";
import { errorStatus, keyOf, query, RANGES, spanQuery, sum, USUAL_RANGE, ZONE } from "./ask";
import { Charts } from "./charts";
import { EndpointPage } from "./endpoint";
import { HowTo } from "./howto";
import type { Endpoint, EndpointSeries, Endpoints } from "./types";

const REFRESH_MS = 10_000;
const PAGE = 100;
const CLASSES = [
  ["", "All"],
  ["2xx", "2xx"],
  ["3xx", "3xx"],
  ["4xx", "4xx"],
  ["5xx", "5xx"],
] as const;

export function Route({ one }: { one: { service: string; method: string; route: string } }) {
  return (
    <span class="endpoint">
      <b class="method">{one.method}</b>
      <bdi title={one.route}>{one.route}</bdi>
      {one.service && (
        <small>
          <bdi>{one.service}</bdi>
        </small>
      )}
    </span>
  );
}

/** More than one piece of body: a stream, or a large file. */
export function Streamed({ one }: { one: Endpoint }) {
  if (!one.streamed) return null;
  const share = one.streamed / one.count;
  return (
    <span class="tag" title="The body came in more than one piece">
      streamed{share < 0.995 ? ` ${said("share", share)}` : ""}
    </span>
  );
}

export function Errors({ one }: { one: { count: number; errors: number } }) {
  const share = one.count ? one.errors / one.count : 0;
  const status = errorStatus(share);
  if (!one.errors) return <span class="dim">0</span>;
  return (
    <span class={status ? `status is-${status}` : ""}>
      {status && <Shape rating={status} />} {said("share", share)}{" "}
      <small>{one.errors.toLocaleString("en")}</small>
    </span>
  );
}

const columns: readonly Column<Endpoint>[] = [
  {
    name: "Endpoint",
    sort: "route",
    first: "up",
    class: "wide",
    cell: (one) => (
      <>
        <Route one={one} />
        <Streamed one={one} />
      </>
    ),
  },
  { name: "Requests", sort: "count", num: true, cell: (one) => many(one.count).value },
  { name: "Errors", sort: "errors", num: true, cell: (one) => <Errors one={one} /> },
  {
    name: "Median",
    sort: "p50",
    num: true,
    spare: 1,
    cell: (one) => said("took", one.latency.p50),
  },
  { name: "p95", sort: "p95", num: true, cell: (one) => said("took", one.latency.p95) },
  { name: "p99", sort: "p99", num: true, spare: 2, cell: (one) => said("took", one.latency.p99) },
  {
    name: "In",
    title: "Bytes of requests",
    sort: "requestBytes",
    num: true,
    spare: 2,
    cell: (one) => said("bytes", one.requestBytes),
  },
  {
    name: "Out",
    title: "Bytes of responses",
    sort: "responseBytes",
    num: true,
    spare: 1,
    cell: (one) => said("bytes", one.responseBytes),
  },
  { name: "Users", sort: "users", num: true, spare: 2, cell: (one) => many(one.users).value },
];

export function Page({ route }: { route: SectionRoute }) {
  const [where] = route.rest;
  if (where === "how") return <HowTo />;
  if (where !== "endpoint") return <Overview route={route} />;
  const { service, method, route: template } = route.ask;
  return <EndpointPage route={route} key={`${service} ${method} ${template}`} />;
}

function Overview({ route }: { route: SectionRoute }) {
  const { ask } = route;
  const range = ask.range || USUAL_RANGE;
  const order = orderOf(ask.sort ?? "", { field: "count", down: true });
  const shown = Number(ask.show) > PAGE ? Math.min(1000, Number(ask.show)) : PAGE;
  const set = (change: Record<string, string>, replace = true): void =>
    go({ ...route, ask: { ...ask, ...change } }, replace);
  const filters = {
    ...spanQuery(range),
    method: ask.method || undefined,
    status: ask.status || undefined,
    service: ask.service || undefined,
  };
  const list = useAnswer<Endpoints>(
    `/api/endpoints?${query({
      ...filters,
      by: "endpoint",
      sort: orderText(order),
      search: ask.q || undefined,
      limit: String(shown),
    })}`,
    REFRESH_MS,
  );
  const series = useAnswer<EndpointSeries>(
    `/api/endpoints/series?${query({ ...filters, tz: ZONE })}`,
    REFRESH_MS,
  );
  useEffect(() => {
    document.title = "API · callvitals";
  }, []);
  const filtered = Boolean(ask.q || ask.method || ask.status || ask.service);
  const clear = (): void => set({ q: "", method: "", status: "", service: "" });
  useKeys(filtered ? { Escape: clear } : {});
  const items = list.answer?.items ?? [];
  const services = [...new Set(items.map((one) => one.service))].filter(Boolean).sort();
  if (ask.service && !services.includes(ask.service)) services.unshift(ask.service);
  const methods = [...new Set([...items.map((one) => one.method), ask.method ?? ""])]
    .filter(Boolean)
    .sort();
  const none = list.answer !== null && list.answer.total === 0;
  const own = services.length === 1 && services[0] === "callvitals" && !filtered;
  const fixed = !RANGES.some(([text]) => text === range);

  if (none && !filtered) return <HowTo />;
  return (
    <div class="section http">
      <div class="bar-top">
        <div class="heading">
          <h1>API</h1>
          <p class="dim">{list.answer ? count(list.answer.total, "endpoint") : " "}</p>
        </div>
        <Search
          value={ask.q ?? ""}
          placeholder="Part of a route"
          label="Filter by route"
          set={(q) => set({ q, show: "" })}
        />
        <Switch
          label="Time shown"
          options={fixed ? [...RANGES, [range, "Chosen"] as const] : RANGES}
          chosen={range}
          choose={(value) => set({ range: value === USUAL_RANGE ? "" : value })}
        />
      </div>
      <div class="filters">
        <Switch
          label="Status"
          options={CLASSES}
          chosen={ask.status ?? ""}
          choose={(status) => set({ status })}
        />
        {(services.length > 1 || ask.service) && (
          <Choose
            label="Service"
            value={ask.service ?? ""}
            options={services}
            set={(service) => set({ service })}
          />
        )}
        {(methods.length > 1 || ask.method) && (
          <Choose
            label="Method"
            value={ask.method ?? ""}
            options={methods}
            set={(method) => set({ method })}
          />
        )}
      </div>
      <Stale from={list} />
      {!list.answer && list.error && (
        <Failed what="The API's figures cannot be shown" why={list.error} again={list.again} />
      )}
      {!list.answer && !list.error && <Skeleton rows={8} kind="row" />}
      {none && (
        <Note title="No endpoint matches">
          {ask.q && (
            <p>
              “<bdi class="cut">{ask.q}</bdi>” in the routes.
            </p>
          )}
          <p>
            <button type="button" onClick={clear}>
              Clear filter <kbd>Esc</kbd>
            </button>
          </p>
        </Note>
      )}
      {list.answer && !none && (
        <>
          <Totals series={series} filtered={Boolean(ask.q)} />
          <Charts
            answer={series.answer}
            busy={series.busy}
            only={["requests"]}
            zoom={(from, to) => set({ range: rangeText({ kind: "fixed", from, to }) }, false)}
            out={() => set({ range: "" })}
          />
          {own && (
            <p class="hint">
              Only this service's own requests so far.{" "}
              <a href="/http/how">How to count your app's</a>
            </p>
          )}
          <List
            label="Endpoints"
            columns={columns}
            rows={items}
            keyOf={keyOf}
            hrefOf={(one) =>
              href({
                page: "section",
                id: "http",
                rest: ["endpoint"],
                ask: {
                  service: one.service,
                  method: one.method,
                  route: one.route,
                  range: ask.range ?? "",
                },
              })
            }
            order={order}
            sort={(next) => set({ sort: orderText(next) })}
            busy={list.busy}
          />
          <p class="dim below">
            {items.length < list.answer.total && (
              <button type="button" onClick={() => set({ show: String(shown + PAGE) })}>
                Show more
              </button>
            )}
            <span>
              showing {items.length.toLocaleString("en")} of {count(list.answer.total, "endpoint")}
              {list.answer.dropped > 0 &&
                `; ${count(list.answer.dropped, "request")} never reached this service`}
            </span>
          </p>
        </>
      )}
    </div>
  );
}

function Choose({
  label,
  value,
  options,
  set,
}: {
  label: string;
  value: string;
  options: readonly string[];
  set: (value: string) => void;
}) {
  return (
    <label class="choose">
      <span class="dim">{label}</span>
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">all</option>
        {options.map((one) => (
          <option value={one} key={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}

function Totals({ series, filtered }: { series: Answered<EndpointSeries>; filtered: boolean }) {
  const { answer } = series;
  const requests = sum(answer?.series.count);
  const errors = sum(answer?.series.errors);
  const share = requests ? errors / requests : 0;
  // Of the minutes that have gone by, not of those still to come in the last period.
  const width = (answer?.t[1] ?? 0) - (answer?.t[0] ?? 0) || 60_000;
  const end = Math.min(Date.now(), (answer?.t.at(-1) ?? 0) + width);
  const minutes = Math.max(1, (end - (answer?.t[0] ?? end)) / 60_000);
  return (
    <Tiles
      label={filtered ? "All endpoints, whatever the search" : "All endpoints"}
      tiles={[
        {
          name: "Requests",
          shown: many(requests),
          note: `${many(requests / minutes).value} a minute`,
        },
        {
          name: "Errors",
          shown: SHOW.share(share),
          note: count(errors, "request"),
          status: errorStatus(share),
        },
        { name: "Broken off", shown: many(sum(answer?.series.aborted)), note: "by the other side" },
        { name: "Bytes in", shown: SHOW.bytes(sum(answer?.series.requestBytes)) },
        { name: "Bytes out", shown: SHOW.bytes(sum(answer?.series.responseBytes)) },
      ]}
    />
  );
}
