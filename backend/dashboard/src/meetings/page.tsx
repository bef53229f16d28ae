// Screen A, "who is suffering right now?": all meetings, worst first.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { count } from "../format";
import { useKeys } from "../keys";
import { on, useNow, want } from "../live";
import { go, HOME, href, type Route } from "../route";
import type { Kind, ListAnswer, ListQuery } from "../types";
import { Failed, FirstRun, Note, Skeleton } from "../ui/states";
import { RatingBar } from "./bar";
import { Grid } from "./grid";
import { accept, type Hold, type Lines, NO_LINES, release } from "./order";
import { leftAt } from "./place";
import { TimeRange } from "./times";
import { whenOf, whenText } from "./when";

type MeetingsRoute = Extract<Route, { page: "meetings" }>;

// The window asked for is wider than the one in sight and moves in steps, so that scrolling
// seldom has to wait and the service seldom has to be told.
const STEP = 20;
function windowFor(from: number, seen: number): { from: number; count: number } {
  const start = Math.max(0, Math.floor(from / STEP) * STEP - STEP);
  const end = Math.ceil((from + Math.max(seen, 1)) / STEP) * STEP + STEP;
  return { from: start, count: Math.min(200, end - start) };
}

let asked = 0; // questions so far: an answer tells which it answers

function useList(route: MeetingsRoute) {
  const [lines, setLines] = useState<Lines>(NO_LINES);
  const [answer, setAnswer] = useState<ListAnswer | null>(null);
  const [failed, setFailed] = useState("");
  const [round, setRound] = useState(0);
  const [seen, setSeen] = useState(() =>
    windowFor(Math.max(0, (leftAt()?.line ?? 0) - STEP), 2 * STEP),
  );
  const held = useRef<Hold>("");
  const minute = Math.floor(useNow(60_000) / 60_000);
  const n = useMemo(() => ++asked, [route.live, route.rating, route.search, route.range, round]);
  const answered = useRef(0);

  useEffect(() => {
    const query: ListQuery = {
      n,
      live: route.live,
      search: route.search,
      rating: route.rating,
      sort: route.live ? "worst" : "started",
      ...(route.live ? {} : whenOf(route.range, Date.now())),
      ...seen,
    };
    want("list", query);
  }, [n, seen, minute]);
  // Who comes back asks anew: of a list that did not change nothing would be pushed.
  useEffect(() => () => want("list", null), []);
  useEffect(() => {
    const offs = [
      on("list", (value) => {
        if (value.n !== n) return; // to an earlier question
        // Another question has another order: nothing to hold on to.
        const same = answered.current === n;
        answered.current = n;
        setFailed("");
        setAnswer(value);
        const hold = same ? held.current : "";
        setLines((before) => accept(same ? before : NO_LINES, value, hold));
      }),
      on("error", (value) => {
        // A list that is there stays when it can be read no further.
        if (value.n !== n || answered.current === n) return;
        setFailed(value.message ?? "refused");
        setAnswer(null);
        setLines(NO_LINES);
      }),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, [n]);
  const again = (): void => {
    setFailed("");
    setRound((old) => old + 1);
  };
  const latest = useRef(answer);
  latest.current = answer;
  const letGo = (): void => setLines((now) => release(now, latest.current?.total ?? now.total));
  const hold = (why: Hold): void => {
    if (held.current && !why) letGo();
    held.current = why;
  };
  const see = (from: number, n: number): void => {
    const next = windowFor(from, n);
    setSeen((old) => (old.from === next.from && old.count === next.count ? old : next));
  };
  return { lines, answer, failed, again, hold, see, letGo };
}

/** Nothing matches. Why, and what now? Only the service knows whether there ever was a call. */
function Nothing({ route, clear }: { route: MeetingsRoute; clear: () => void }) {
  const [ever, setEver] = useState<number | null>(null);
  const range = route.live ? "" : route.range;
  const filtered = route.search || route.rating || range;
  useEffect(() => {
    const stop = new AbortController();
    api.meetings(stop.signal).then(
      (all) => setEver(all.total),
      () => setEver(1), // unknown: better to say "none live" than to teach the install again
    );
    return () => stop.abort();
  }, [route.live]);
  if (filtered) {
    return (
      <Note title={`No ${route.live ? "live" : "ended"} meeting matches`}>
        <p>
          {route.rating && (
            <>
              {route.rating === "failed" ? (
                <b>Never started</b>
              ) : (
                <>
                  Rating <b>{route.rating}</b>
                </>
              )}
              {route.search || range ? ", " : ". "}
            </>
          )}
          {route.search && (
            <>
              “<bdi class="cut">{route.search}</bdi>” in the names of meetings and participants
              {range ? ", " : ". "}
            </>
          )}
          {range && <>{whenText(range)}. </>}
        </p>
        <p>
          <button type="button" onClick={clear}>
            Clear filter <kbd>Esc</kbd>
          </button>
        </p>
      </Note>
    );
  }
  if (ever === null) return <Skeleton rows={6} kind="row" />;
  if (ever === 0) return <FirstRun />;
  if (!route.live) return <Note title="No meeting has ended yet" />;
  return (
    <Note title="All quiet: no call is live">
      <p>The next one appears here by itself.</p>
      <p>
        <a class="button" href={href({ ...HOME, live: false })}>
          {count(ever, "earlier meeting")}
        </a>
      </p>
    </Note>
  );
}

const NONE: Record<Kind, number> = { good: 0, fair: 0, poor: 0, unknown: 0, failed: 0 };
const sum = (counts: Record<Kind, number>): number =>
  Object.values(counts).reduce((all, n) => all + n, 0);

export function Page({ route }: { route: MeetingsRoute }) {
  const { lines, answer, failed, again, hold, see, letGo } = useList(route);
  const input = useRef<HTMLInputElement>(null);
  const set = (change: Partial<MeetingsRoute>): void => go({ ...route, ...change }, true);
  const range = route.live ? "" : route.range;
  const only = (kind: Kind) => () => set({ rating: route.rating === kind ? "" : kind });
  const clear = (): void => {
    set({ search: "", rating: "", range: "" });
    input.current?.blur();
  };
  useKeys({
    "/": () => input.current?.focus(),
    Escape: clear,
    e: () => set({ live: !route.live }),
    1: only("poor"),
    2: only("fair"),
    3: only("good"),
    4: only("unknown"),
    5: only("failed"),
  });
  useEffect(() => {
    document.title = "Meetings · callvitals";
  }, []);

  const counts = answer?.counts ?? NONE;
  // Nothing there at all: no filters and zeros, but a word on what comes next.
  const quiet = answer !== null && lines.total === 0 && !route.search && !route.rating && !range;
  return (
    <div class="meetings">
      <div class="bar-top">
        <div class="heading">
          <h1>{route.live ? "Live now" : "Ended meetings"}</h1>
          <p class="dim">
            {answer && !quiet
              ? route.live
                ? `${count(answer.meetings, "meeting")} · ${count(answer.participants, "participant")}`
                : count(sum(counts), "meeting")
              : " "}
          </p>
        </div>
        <nav class="switch" aria-label="Live or ended">
          <a href={href({ ...route, live: true })} aria-current={route.live ? "true" : undefined}>
            Live
          </a>
          <a href={href({ ...route, live: false })} aria-current={route.live ? undefined : "true"}>
            Ended
          </a>
        </nav>
        {!route.live && !quiet && (
          <TimeRange range={route.range} set={(next) => set({ range: next })} />
        )}
        <label class={quiet ? "search off-screen" : "search"}>
          <span class="off-screen">Filter by meeting or participant</span>
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
            <path d="M7 2.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6M10.6 10.6 14 14" />
          </svg>
          <input
            ref={input}
            type="search"
            placeholder="Meeting or participant"
            value={route.search}
            maxLength={200}
            disabled={quiet}
            spellcheck={false}
            onInput={(event) => set({ search: event.currentTarget.value })}
          />
          <kbd>/</kbd>
        </label>
      </div>
      {!quiet && (
        <RatingBar counts={counts} chosen={route.rating} choose={(rating) => set({ rating })} />
      )}
      {failed ? (
        <Failed what="The list cannot be shown" why={failed} again={again} page={false} />
      ) : !answer ? (
        <Skeleton rows={8} kind="row" />
      ) : lines.total === 0 ? (
        <Nothing route={route} clear={clear} />
      ) : (
        <Grid lines={lines} live={route.live} hold={hold} see={see} clear={clear} />
      )}
      {lines.moved > 0 && (
        <button type="button" class="moved" onClick={letGo}>
          {lines.moved} moved · refresh order
        </button>
      )}
    </div>
  );
}
