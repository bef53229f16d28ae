// "Tell me before they do": what fires now, what did, the rules, and who is not to be told.
import { useEffect } from "preact/hooks";
import { age, clock, count, length } from "../format";
import { query } from "../http/ask";
import { useNow } from "../live";
import { go, href } from "../route";
import type { SectionRoute } from "../sections";
import { type Answered, useAnswer } from "../ui/answer";
import { Stale } from "../ui/bits";
import { type Column, List } from "../ui/list";
import { Shape } from "../ui/rating";
import { Failed, Note, Skeleton } from "../ui/states";
import { Rules } from "./rules";
import { SilenceButton, Silences } from "./silences";
import type { Alert, Items, Rule, Severity } from "./types";
import { amount, leads, SHAPE } from "./words";

const REFRESH_MS = 5000;
const PAGE = 100;
const TABS = [
  ["", "Now"],
  ["history", "History"],
  ["rules", "Rules"],
  ["silences", "Silences"],
] as const;

export const at = (rest: string[], ask: Record<string, string> = {}): string =>
  href({ page: "section", id: "alerts", rest, ask });

export function Page({ route }: { route: SectionRoute }) {
  const tab = route.rest[0] ?? "";
  const firing = useAnswer<Items<Alert>>("/api/alerts?state=firing&limit=500", REFRESH_MS);
  const n = firing.answer?.items.length ?? 0;
  useEffect(() => {
    document.title = `${n ? `(${n}) ` : ""}Alerts · callvitals`;
  }, [n]);
  return (
    <div class="section alerts">
      <div class="bar-top">
        <div class="heading">
          <h1>Alerts</h1>
          <p class="dim">
            {firing.answer ? (n ? `${n.toLocaleString("en")} firing` : "nothing fires") : " "}
          </p>
        </div>
        <nav class="switch" aria-label="Alerts, rules, silences">
          {TABS.map(([id, name]) => (
            <a key={id} href={at(id ? [id] : [])} aria-current={id === tab ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
      </div>
      {tab === "rules" ? (
        <Rules route={route} />
      ) : tab === "silences" ? (
        <Silences />
      ) : tab === "history" ? (
        <History route={route} />
      ) : (
        <Now firing={firing} />
      )}
    </div>
  );
}

export function Mark({ severity, text }: { severity: Severity; text: string }) {
  const rating = SHAPE[severity];
  return (
    <span class={`rated is-${rating}`}>
      <Shape rating={rating} />
      <span>{text}</span>
    </span>
  );
}

const columns = (now: number, changed: () => void): readonly Column<Alert>[] => [
  {
    name: "Alert",
    class: "wide",
    cell: (one) => {
      const to = leads(one);
      return (
        <span class="job alert">
          <Mark severity={one.severity} text={one.severity} />
          <bdi class="what">
            <a href={at(["rules", one.rule])}>{one.rule}</a>
          </bdi>
          {one.silenced && <span class="tag">silenced</span>}
          <bdi class="why">{one.sentence}</bdi>
          {to && (
            <a class="to" href={to} data-row>
              <bdi>{one.subject}</bdi>
            </a>
          )}
        </span>
      );
    },
  },
  {
    name: "Value",
    num: true,
    cell: (one) => (
      <>
        <b>{amount(one.value, one.unit)}</b>
        <small class="limit">limit {amount(one.threshold, one.unit)}</small>
      </>
    ),
  },
  {
    name: "Since",
    num: true,
    spare: 1,
    cell: (one) => (
      <>
        {clock(one.firedAt ?? one.since, now)}
        <small class="limit">
          {one.state === "resolved"
            ? `for ${length((one.resolvedAt ?? now) - (one.firedAt ?? one.since))}`
            : `${age(now - (one.firedAt ?? one.since))} ago`}
        </small>
      </>
    ),
  },
  {
    name: "Silence",
    cell: (one) =>
      one.state === "resolved" || one.silenced ? null : (
        <SilenceButton rule={one.rule} subject={one.subject} done={changed} />
      ),
  },
];

const RANK: readonly Severity[] = ["critical", "warning", "info"];
const worstFirst = (alerts: readonly Alert[]): Alert[] =>
  [...alerts].sort(
    (a, b) =>
      RANK.indexOf(a.severity) - RANK.indexOf(b.severity) ||
      (b.firedAt ?? b.since) - (a.firedAt ?? a.since),
  );

function Now({ firing }: { firing: Answered<Items<Alert>> }) {
  const pending = useAnswer<Items<Alert>>("/api/alerts?state=pending&limit=500", REFRESH_MS);
  const rules = useAnswer<Items<Rule>>("/api/alerts/rules");
  const now = useNow(1000);
  const again = (): void => {
    firing.again();
    pending.again();
  };
  if (!firing.answer) {
    return firing.error ? (
      <Failed what="Alerts cannot be shown" why={firing.error} again={firing.again} />
    ) : (
      <Skeleton rows={4} kind="row" />
    );
  }
  const on = rules.answer?.items.filter((one) => one.enabled).length;
  return (
    <>
      <Stale from={firing} />
      {firing.answer.items.length > 0 ? (
        <List
          label="Firing"
          columns={columns(now, again)}
          rows={worstFirst(firing.answer.items)}
          keyOf={(one) => one.id}
        />
      ) : on === 0 ? (
        <Note title="No rule watches yet">
          <p>
            A rule says what is worth waking somebody for. Three are ready to be taken as they are.
          </p>
          <p>
            <a class="button" href={at(["rules"])}>
              To the rules
            </a>
          </p>
        </Note>
      ) : (
        <Note title="All quiet: nothing fires">
          <p>{on === undefined ? " " : `${count(on, "rule")} look every five seconds.`}</p>
        </Note>
      )}
      {(pending.answer?.items.length ?? 0) > 0 && (
        <>
          <h2 class="part">Pending: met, but not for long enough yet</h2>
          <List
            label="Pending"
            columns={columns(now, again)}
            rows={pending.answer?.items ?? []}
            keyOf={(one) => one.id}
          />
        </>
      )}
    </>
  );
}

function History({ route }: { route: SectionRoute }) {
  const { ask } = route;
  const shown = Math.min(500, Math.max(PAGE, Number(ask.show) || PAGE));
  const found = useAnswer<Items<Alert>, string>(
    `/api/alerts?${query({ state: "resolved", rule: ask.rule || undefined, limit: String(shown) })}`,
    REFRESH_MS * 2,
    ask.rule ?? "",
  );
  const now = useNow(10_000);
  if (!found.answer) {
    return found.error ? (
      <Failed what="The history cannot be shown" why={found.error} again={found.again} />
    ) : (
      <Skeleton rows={6} kind="row" />
    );
  }
  const { items, next } = found.answer;
  return (
    <>
      <Stale from={found} />
      {ask.rule && (
        <p>
          <button
            type="button"
            class="chip"
            onClick={() => go({ ...route, ask: { ...ask, rule: "" } }, true)}
          >
            only <bdi>{ask.rule}</bdi> ×<span class="off-screen"> Show all rules</span>
          </button>
        </p>
      )}
      {items.length ? (
        <List
          label="History"
          columns={columns(now, found.again).slice(0, 3)}
          rows={items}
          keyOf={(one) => one.id}
          busy={found.busy}
        />
      ) : found.other && found.busy ? (
        <Skeleton rows={6} kind="row" />
      ) : (
        <Note title={found.about ? "This rule never fired" : "Nothing has fired and ended yet"} />
      )}
      {next && shown < 500 && (
        <p class="below">
          <button
            type="button"
            onClick={() => go({ ...route, ask: { ...ask, show: String(shown + PAGE) } }, true)}
          >
            Show more
          </button>
        </p>
      )}
    </>
  );
}
