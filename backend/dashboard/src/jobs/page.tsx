// "Did it get done?": the queue, what waits, what failed and why, and doing it again.
import { useEffect, useState } from "preact/hooks";
import { send } from "../api";
import { age, clock, clockSeconds, count, NONE } from "../format";
import { query } from "../http/ask";
import { useKeys } from "../keys";
import { useNow } from "../live";
import { go } from "../route";
import type { SectionRoute } from "../sections";
import { useAnswer } from "../ui/answer";
import { Stale } from "../ui/bits";
import { type Column, List } from "../ui/list";
import { Shape } from "../ui/rating";
import { Failed, Note, Skeleton } from "../ui/states";
import { useHeld } from "./held";

const STATES = ["active", "waiting", "delayed", "failed", "completed"] as const;
type State = (typeof STATES)[number];

interface Job {
  id: string;
  kind: string;
  key: string;
  title: string;
  state: State;
  attempts: number;
  maxAttempts: number;
  progress: number | null;
  createdAt: number;
  runAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  error: string | null;
}

/** What an answer is of. */
interface Asked {
  state: State | "";
  kind: string;
}

interface Jobs {
  items: Job[];
  next: string | null;
  counts: Record<State, number>;
  trouble?: string | null;
}

const REFRESH_MS = 2000;
const PAGE = 50;
const MOST = 500;
const WORD: Record<State, string> = {
  active: "Active",
  waiting: "Waiting",
  delayed: "Waits for its time",
  failed: "Failed",
  completed: "Done",
};

const NONE_IS: Record<State, string> = {
  active: "No job is under way",
  waiting: "No job waits",
  delayed: "No job waits for its time",
  failed: "No job has failed",
  completed: "No job is done yet",
};

export function Page({ route }: { route: SectionRoute }) {
  const { ask } = route;
  const state = STATES.includes(ask.state as State) ? (ask.state as State) : "";
  const shown = Math.min(MOST, Math.max(PAGE, Number(ask.show) || PAGE));
  const set = (change: Record<string, string>): void =>
    go({ ...route, ask: { ...ask, ...change } }, true);
  const asked = useAnswer<Jobs, Asked>(
    `/api/jobs?${query({
      state: state || undefined,
      kind: ask.kind || undefined,
      limit: String(shown),
    })}`,
    REFRESH_MS,
    { state, kind: ask.kind ?? "" },
  );
  const list = useHeld({ ...asked, about: `${asked.about.state} ${asked.about.kind}` });
  const [word, setWord] = useState<{ text: string; bad: boolean } | null>(null);
  const [again, setAgain] = useState<ReadonlySet<string>>(new Set());
  const now = useNow(1000);
  useEffect(() => {
    document.title = "Jobs · callvitals";
  }, []);
  const filtered = Boolean(state || ask.kind);
  const clear = (): void => set({ state: "", kind: "", show: "" });
  useKeys(filtered ? { Escape: clear } : {});

  const retry = async (jobs: readonly Job[]): Promise<void> => {
    list.keepFocus();
    setAgain((before) => new Set([...before, ...jobs.map((one) => one.id)]));
    setWord(null);
    let done = 0;
    let why = "";
    for (const job of jobs) {
      try {
        await send("POST", `/api/jobs/${encodeURIComponent(job.id)}/retry`);
        done++;
      } catch (error) {
        why = (error as Error).message;
      }
    }
    setAgain(new Set());
    setWord(
      why
        ? { text: `${count(jobs.length - done, "job")} not tried again: ${why}`, bad: true }
        : { text: `${count(done, "job")} will be done again.`, bad: false },
    );
    list.letGo(true); // what was asked for is seen at once
    asked.again();
  };

  const { answer, about } = asked;
  const { items } = list;
  const failed = items.filter((one) => one.state === "failed");
  const total = answer ? STATES.reduce((sum, one) => sum + (answer.counts[one] ?? 0), 0) : 0;
  const known = answer && about.state ? (answer.counts[about.state] ?? 0) : total;

  const nothing = answer !== null && !items.length;
  const of = Boolean(about.state || about.kind);
  const coming = asked.other && asked.busy;

  const columns: readonly Column<Job>[] = [
    {
      name: "Job",
      class: "wide",
      cell: (one) => (
        <span class="job">
          <bdi class="what" title={one.id}>
            {one.title || one.key}
          </bdi>
          <button type="button" class="quiet kind" onClick={() => set({ kind: one.kind })}>
            {one.kind}
          </button>
          {one.error && one.state !== "completed" && <bdi class="why">{one.error}</bdi>}
        </span>
      ),
    },
    {
      name: "State",
      cell: (one) => (
        <span class={`state ${one.state === "failed" ? "status is-poor" : ""}`}>
          {one.state === "failed" && <Shape rating="poor" />}
          {WORD[one.state]}
          {one.state === "active" && one.progress !== null && (
            <progress value={one.progress} max={1} aria-label="How much is done" />
          )}
        </span>
      ),
    },
    {
      name: "Attempts",
      num: true,
      spare: 1,
      cell: (one) => `${one.attempts} of ${one.maxAttempts}`,
    },
    { name: "Came", num: true, spare: 1, cell: (one) => clock(one.createdAt, now) },
    { name: "When", num: true, spare: 1, cell: (one) => whenOf(one, now) },
    { name: "Took", num: true, spare: 2, cell: (one) => tookOf(one, now) },
    {
      name: "Retry",
      cell: (one) =>
        one.state === "failed" ? (
          <button
            type="button"
            data-row
            aria-disabled={again.has(one.id)}
            onClick={() => again.has(one.id) || retry([one])}
            aria-label={`Retry ${one.title || one.key}`}
          >
            Retry
          </button>
        ) : null,
    },
  ];

  return (
    <div class="section jobs">
      <div class="bar-top">
        <div class="heading">
          <h1>Jobs</h1>
          <p class="dim">{answer ? `${count(total, "job")} kept` : " "}</p>
        </div>
        {failed.length > 1 && (
          <button
            type="button"
            aria-disabled={again.size > 0}
            onClick={() => again.size > 0 || retry(failed)}
          >
            Retry all {failed.length} shown
          </button>
        )}
      </div>
      <div class="filters">
        <fieldset class="chips flat">
          <legend class="off-screen">Show only</legend>
          {STATES.map((one) => (
            <button
              type="button"
              key={one}
              class={`chip${answer?.counts[one] ? "" : " zero"}${one === "failed" && answer?.counts.failed ? " is-poor" : ""}`}
              aria-pressed={state === one}
              onClick={() => set({ state: state === one ? "" : one, show: "" })}
            >
              <b>{(answer?.counts[one] ?? 0).toLocaleString("en")}</b> {WORD[one].toLowerCase()}
            </button>
          ))}
        </fieldset>
        {ask.kind && (
          <button type="button" class="chip" onClick={() => set({ kind: "" })}>
            only <bdi>{ask.kind}</bdi> ×<span class="off-screen"> Show all kinds</span>
          </button>
        )}
      </div>
      <Stale from={asked} />
      {answer?.trouble && (
        <p class="trouble banner" role="alert">
          <span>
            No jobs are done now: {answer.trouble} They wait and are done when that is over.
          </span>
        </p>
      )}
      <p class={word?.bad ? "trouble banner" : "word"} role={word?.bad ? "alert" : "status"}>
        {word?.text}
      </p>
      {!answer && asked.error && (
        <Failed what="Jobs cannot be shown" why={asked.error} again={asked.again} />
      )}
      {!answer && !asked.error && <Skeleton rows={6} kind="row" />}
      {nothing && coming && <Skeleton rows={6} kind="row" />}
      {nothing && !coming && !of && (
        <Note title="Nothing to do, nothing done yet">
          <p>
            Jobs count the requests that your apps tell of, and deliver alerts. Each is kept here:
            the last 100 done, the last 500 failed.
          </p>
        </Note>
      )}
      {nothing && !coming && of && (
        <Note title={about.state ? NONE_IS[about.state] : "No job of this kind"}>
          <p>
            <button type="button" onClick={clear}>
              Show all <kbd>Esc</kbd>
            </button>
          </p>
        </Note>
      )}
      {items.length > 0 && (
        <>
          <div {...list.box}>
            <List
              label="Jobs"
              columns={columns}
              rows={items}
              keyOf={(one) => one.id}
              busy={coming}
            />
          </div>
          {list.moved > 0 && (
            <button type="button" class="moved" onClick={() => list.letGo(false)}>
              {list.moved} moved · refresh order
            </button>
          )}
          <p class="dim below">
            {answer?.next && shown < MOST && (
              <button type="button" onClick={() => set({ show: String(shown + PAGE * 2) })}>
                Show more
              </button>
            )}
            <span>
              showing {items.length.toLocaleString("en")}
              {about.kind ? "" : ` of ${count(known, "job")}`}
            </span>
          </p>
        </>
      )}
    </div>
  );
}

function whenOf(one: Job, now: number): string {
  if (one.finishedAt !== null) return `${age(now - one.finishedAt)} ago`;
  if (one.state === "active") return "now";
  if (one.runAt > now) return `in ${age(one.runAt - now)}`;
  return one.state === "waiting" ? "next" : clockSeconds(one.runAt);
}

function tookOf(one: Job, now: number): string {
  if (one.startedAt === null) return NONE;
  const end = one.finishedAt ?? (one.state === "active" ? now : null);
  if (end === null) return NONE;
  const ms = Math.max(0, end - one.startedAt);
  return ms < 1000 ? `${ms} ms` : age(ms);
}
