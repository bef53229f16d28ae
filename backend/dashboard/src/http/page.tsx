// "Is it the calls or the API?": all endpoints of all services, and one of them.
import { useEffect } from "preact/hooks";
import { count, many, said } from "../format";
import { useKeys } from "../keys";
import { rangeText } from "../participant/range";
import { go, href } from "../route";
import type { SectionRoute } from "../sections";
import { useAnswer } from "../ui/answer";
import { Part, Search, Stale, Switch } from "../ui/bits";
import { type Column, List, orderOf, orderText } from "../ui/list";
import { Shape } from "../ui/rating";
import { Failed, Note, Skeleton } from "../ui/states";
import { errorStatus, keyOf, perMinute, query, RANGES, spanQuery, USUAL_RANGE, ZONE } from "./ask";
import { Charts } from "./charts";
import { EndpointPage } from "./endpoint";
import { HowTo } from "./howto";
import { Totals } from "./totals";
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

const columns = (span: { from: number; to: number }): readonly Column<Endpoint>[] => [
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
  {
    name: "/min",
    title: "Requests a minute",
    num: true,
    spare: 1,
    cell: (one) => perMinute(one.count, span),
  },
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
  const filtered = Boolean(ask.q || ask.method || ask.status || ask.service);
  const list = useAnswer<Endpoints, { q: string; filtered: boolean; usual: boolean }>(
    `/api/endpoints?${query({
      ...filters,
      by: "endpoint",
      sort: orderText(order),
      search: ask.q || undefined,
      limit: String(shown),
    })}`,
    REFRESH_MS,
    { q: ask.q ?? "", filtered, usual: range === USUAL_RANGE },
  );
  const series = useAnswer<EndpointSeries>(
    `/api/endpoints/series?${query({ ...filters, tz: ZONE })}`,
    REFRESH_MS,
  );
  useEffect(() => {
    document.title = "API · callvitals";
  }, []);
  const clear = (): void => set({ q: "", method: "", status: "", service: "" });
  useKeys(filtered ? { Escape: clear } : {});
  const { about } = list;
  const none = list.answer?.total === 0;
  const first = none && about.usual && !about.filtered;
  if (first && !list.other) return <HowTo />;
  // How it begins says nothing of another question.
  const answer = first ? null : list.answer;
  const items = answer?.items ?? [];
  const services = [...new Set(items.map((one) => one.service))].filter(Boolean).sort();
  if (ask.service && !services.includes(ask.service)) services.unshift(ask.service);
  const methods = [...new Set([...items.map((one) => one.method), ask.method ?? ""])]
    .filter(Boolean)
    .sort();
  const own = services.length === 1 && services[0] === "callvitals" && !filtered;
  const fixed = !RANGES.some(([text]) => text === range);

  return (
    <div class="section http">
      <div class="bar-top">
        <div class="heading">
          <h1>API</h1>
          <p class="dim">{answer ? count(answer.total, "endpoint") : " "}</p>
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
      {answer && <Stale from={list} />}
      {!answer && list.error && (
        <Failed what="The API's figures cannot be shown" why={list.error} again={list.again} />
      )}
      {!answer && !list.error && <Skeleton rows={8} kind="row" />}
      {answer && none && !about.filtered && (
        <Note title="No request in this time">
          <p>Choose a longer or a later time.</p>
        </Note>
      )}
      {answer && none && about.filtered && (
        <Note title="No endpoint matches">
          {about.q && (
            <p>
              “<bdi class="cut">{about.q}</bdi>” in the routes.
            </p>
          )}
          <p>
            <button type="button" onClick={clear}>
              Clear filter <kbd>Esc</kbd>
            </button>
          </p>
        </Note>
      )}
      {answer && !none && (
        <>
          {about.q && (
            <p class="dim whole">
              The figures and the chart are of all endpoints, whatever the search.
            </p>
          )}
          <Part
            from={series}
            what="Requests over time cannot be shown"
            rows={2}
            kind="chart"
            quiet={list.error !== ""}
          >
            {(shown) => (
              <>
                <Totals answer={shown} busy={series.busy} />
                <Charts
                  answer={shown}
                  busy={series.busy}
                  only={["requests"]}
                  zoom={(from, to) => set({ range: rangeText({ kind: "fixed", from, to }) }, false)}
                  out={() => set({ range: "" })}
                />
              </>
            )}
          </Part>
          {own && (
            <p class="hint">
              Only this service's own requests so far.{" "}
              <a href="/http/how">How to count your app's</a>
            </p>
          )}
          <List
            label="Endpoints"
            columns={columns(answer)}
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
            {items.length < answer.total && (
              <button type="button" onClick={() => set({ show: String(shown + PAGE) })}>
                Show more
              </button>
            )}
            <span>
              showing {items.length.toLocaleString("en")} of {count(answer.total, "endpoint")}
              {answer.dropped > 0 &&
                `; ${count(answer.dropped, "request")} never reached this service`}
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
