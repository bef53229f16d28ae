// "Does it get better?": the share of poor minutes over time, and where they come from.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { clock, count, day, many, NONE, SHOW, said, show } from "../format";
import { query } from "../http/ask";
import { go } from "../route";
import type { SectionRoute } from "../sections";
import { useAnswer } from "../ui/answer";
import { titleOf } from "../ui/bands";
import { ShareBar, Stale, Switch, Tiles } from "../ui/bits";
import { type Column, List } from "../ui/list";
import { Failed, Note, Skeleton } from "../ui/states";
import { Columns } from "./chart";
import {
  byValue,
  failedShare,
  periods,
  type Sum,
  share,
  stars,
  type Tallies,
  whole,
  worstFirst,
} from "./sums";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RANGES = [
  ["24h", "24 h"],
  ["7d", "7 d"],
  ["30d", "30 d"],
  ["90d", "90 d"],
  ["365d", "1 year"],
] as const;
type Range = (typeof RANGES)[number][0];
const LENGTH: Record<Range, number> = {
  "24h": DAY,
  "7d": 7 * DAY,
  "30d": 30 * DAY,
  "90d": 90 * DAY,
  "365d": 365 * DAY,
};
const NAME = Object.fromEntries(RANGES) as Record<Range, string>;
const USUAL: Range = "30d";
const REFRESH_MS = 60_000;

/** What an answer is of; `start`: epoch ms of the first period shown. */
interface Asked {
  range: Range;
  start: number;
}

export function Page({ route }: { route: SectionRoute }) {
  const { ask } = route;
  const range = (ask.range ?? "") in LENGTH ? (ask.range as Range) : USUAL;
  // The question changes with the hour, not with every drawing.
  const [hour, setHour] = useState(() => Math.floor(Date.now() / HOUR));
  useEffect(() => {
    const timer = setInterval(() => setHour(Math.floor(Date.now() / HOUR)), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    document.title = "Trends · callvitals";
  }, []);
  const hourly = range === "24h";
  const width = hourly ? HOUR : DAY;
  const to = (hour + 1) * HOUR - 1;
  const start = Math.floor((to - LENGTH[range]) / width) * width + width;
  // As long again before it, to compare with.
  const from = start - Math.ceil((to - start) / width) * width;
  const asked = useAnswer<Tallies, Asked>(
    `/api/${hourly ? "hourly" : "daily"}?${query({
      from: String(from),
      to: String(to),
      by: "all,browser,network,engine,issue,stars",
    })}`,
    REFRESH_MS,
    { range, start },
  );
  const { answer, about } = asked;
  return (
    <div class="section trends">
      <div class="bar-top">
        <div class="heading">
          <h1>Trends</h1>
          <p class="dim">
            all calls, {NAME[about.range]}, {about.range === "24h" ? "hourly" : "daily (UTC)"}
          </p>
        </div>
        <Switch
          label="Time shown"
          options={RANGES}
          chosen={range}
          choose={(value) =>
            go({ ...route, ask: { ...ask, range: value === USUAL ? "" : value } }, true)
          }
        />
      </div>
      <Stale from={asked} />
      {!answer && asked.error && (
        <Failed what="Trends cannot be shown" why={asked.error} again={asked.again} />
      )}
      {!answer && !asked.error && <Skeleton rows={3} kind="chart" />}
      {answer && <Shown answer={answer} busy={asked.busy} {...about} />}
    </div>
  );
}

function Shown({ answer, start, busy, range }: Asked & { answer: Tallies; busy: boolean }) {
  const now = Date.now();
  const { t, sums } = useMemo(() => periods(answer, start), [answer, start]);
  const all = whole(answer.items, start);
  const before = whole(answer.items, 0, start);
  if (all.minutes === 0 && all.joined === 0) {
    return (
      <Note title="No call in this time">
        <p>
          {range === "365d"
            ? "Hours and days are added up once a call is ten minutes old."
            : "Choose a longer time, or look again later: hours are added up within some ten minutes."}
        </p>
      </Note>
    );
  }
  const hourly = answer.width === HOUR;
  const when = (at: number): string =>
    hourly ? clock(at, now) : day(at + new Date(at).getTimezoneOffset() * 60_000, now);
  const given = stars(byValue(answer.items, "stars", start));
  const poor = share(all, "poor");
  const step = Math.ceil(t.length / 7);
  const marks = t.map((_, i) => i).filter((i) => i % step === Math.floor(step / 2));
  return (
    <>
      <Tiles
        label="All calls"
        busy={busy}
        tiles={[
          {
            name: "Poor",
            shown: show("share", poor),
            note: <Than now={poor} then={share(before, "poor")} />,
            status: poor !== null && poor >= 0.1 ? "poor" : undefined,
          },
          {
            name: "Never connected",
            shown: show("share", failedShare(all)),
            note: <Than now={failedShare(all)} then={failedShare(before)} />,
            status: (failedShare(all) ?? 0) >= 0.05 ? "poor" : undefined,
          },
          {
            name: "Sessions",
            shown: many(all.joined),
            note: <More now={all.joined} then={before.joined} />,
          },
          {
            name: "Minutes",
            shown: many(all.minutes),
            note: <More now={all.minutes} then={before.minutes} />,
          },
          {
            name: "Stars",
            shown:
              given.mean === null
                ? { value: NONE, unit: "" }
                : { value: given.mean.toFixed(1), unit: "of 5" },
            note: count(given.given, "rating"),
          },
        ]}
      />
      <Columns
        t={t}
        sums={sums}
        when={when}
        short={(at) => (hourly ? clock(at, at) : when(at))}
        all={all}
        marks={marks}
        busy={busy}
        footer={`${count(t.length, hourly ? "hour" : "day")}; of the minutes that had a score`}
      />
      <div class="charts two">
        <By title="Browser" rows={byValue(answer.items, "browser", start)} />
        <By title="Network" rows={byValue(answer.items, "network", start)} />
        <By title="Engine" rows={byValue(answer.items, "engine", start)} />
        <Issues rows={byValue(answer.items, "issue", start)} minutes={all.minutes} />
      </div>
    </>
  );
}

/** Points more or less than in the time before; colour would say more than is known. */
function Than({ now, then }: { now: number | null; then: number | null }): ComponentChildren {
  if (now === null || then === null) return "nothing to compare with";
  const points = (now - then) * 100;
  if (Math.abs(points) < 0.05) return "as before";
  return `${points > 0 ? "▲" : "▼"} ${Math.abs(points).toFixed(1)} points`;
}

function More({ now, then }: { now: number; then: number }): ComponentChildren {
  if (!then) return "nothing to compare with";
  const part = Math.round((now / then - 1) * 100);
  return part === 0 ? "as before" : `${part > 0 ? "▲" : "▼"} ${Math.abs(part)} %`;
}

const NAMES: Record<string, string> = {
  "": "not told",
  pyodide: "Pyodide",
  micropython: "MicroPython",
  cpython: "CPython",
  wifi: "Wi-Fi",
  cellular: "mobile network",
};
const MOST = 8;

function By({ title, rows }: { title: string; rows: readonly Sum[] }) {
  const sorted = worstFirst(rows);
  const most = Math.max(...rows.map((one) => share(one, "poor") ?? 0), 0.02);
  const columns: readonly Column<Sum>[] = [
    { name: title, class: "wide", cell: (one) => <bdi>{NAMES[one.value] ?? one.value}</bdi> },
    {
      name: "Poor",
      num: true,
      class: "barred",
      cell: (one) => (
        <>
          {said("share", share(one, "poor"))}
          <ShareBar share={(share(one, "poor") ?? 0) / most} status="poor" />
        </>
      ),
    },
    { name: "Minutes", num: true, cell: (one) => many(one.minutes).value },
    { name: "Sessions", num: true, spare: 1, cell: (one) => many(one.joined).value },
  ];
  return (
    <section class="part-of">
      <h2 class="part">By {title.toLowerCase()}</h2>
      {rows.length ? (
        <List
          label={`By ${title.toLowerCase()}`}
          columns={columns}
          rows={sorted.slice(0, MOST)}
          keyOf={(one) => one.value}
        />
      ) : (
        <p class="dim">No call told it.</p>
      )}
      {sorted.length > MOST && (
        <p class="dim below">and {count(sorted.length - MOST, "more", "more")}</p>
      )}
    </section>
  );
}

function Issues({ rows, minutes }: { rows: readonly Sum[]; minutes: number }) {
  const sorted = [...rows].sort((a, b) => b.minutes - a.minutes || b.count - a.count);
  const most = Math.max(...rows.map((one) => one.minutes), 1);
  const columns: readonly Column<Sum>[] = [
    { name: "Issue", class: "wide", cell: (one) => <bdi>{titleOf(one.value)}</bdi> },
    {
      name: "Of all minutes",
      num: true,
      class: "barred",
      cell: (one) => (
        <>
          {minutes ? said("share", one.minutes / minutes) : NONE}
          <ShareBar share={one.minutes / most} />
        </>
      ),
    },
    { name: "Times", num: true, cell: (one) => many(one.count).value },
    {
      name: "Each",
      title: "How long it lasts, on average",
      num: true,
      spare: 1,
      cell: (one) => (one.count ? textOf(SHOW.took((one.minutes * 60) / one.count)) : NONE),
    },
  ];
  return (
    <section class="part-of">
      <h2 class="part">Issues</h2>
      {rows.length ? (
        <List
          label="Issues"
          columns={columns}
          rows={sorted.slice(0, MOST)}
          keyOf={(one) => one.value}
        />
      ) : (
        <p class="dim">No issue opened in this time.</p>
      )}
    </section>
  );
}

const textOf = ({ value, unit }: { value: string; unit: string }): string => `${value} ${unit}`;
