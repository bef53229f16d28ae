// The list of meetings: a grid of which only the lines in sight exist, here and on the wire.
import { Component, type TargetedMouseEvent } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { clock, length, NONE, score as scoreText } from "../format";
import { type Keys, useKeys } from "../keys";
import { useNow } from "../live";
import { go, href, type Route } from "../route";
import type { Kind, MeetingRow } from "../types";
import { Rated } from "../ui/rating";
import { Share, Spark } from "../ui/spark";
import { useNarrow, useVirtual } from "../ui/virtual";
import { type Lines, rowAt } from "./order";

// On a phone the sentence has a line of its own (style/narrow.css).
const [ROW, ROW_NARROW] = [40, 62];
// More lines than ever exist at once: a row that leaves is used again for the one that comes.
const POOL = 100;
const HEAD = 34;
const COLUMNS = ["Rating", "Meeting", "People", "Score, 5 min", "Worst now", "Started", "Length"];
const COLUMNS_ENDED = [
  "Rating",
  "Meeting",
  "People",
  "Score, poor time",
  "What it suffered from",
  "Started",
  "Length",
];

const routeTo = (row: MeetingRow): Route => ({
  page: "meeting",
  meetingId: row.meetingId,
  // Of an ended one the time it began: the name may be used again.
  ...(row.live || row.startedAt === null ? {} : { started: String(row.startedAt) }),
});

function Cells({ row, now }: { row: MeetingRow; now: number }) {
  const end = row.live ? now : row.endedAt;
  const lasted = row.startedAt === null || end === null ? null : end - row.startedAt;
  const kind: Kind = row.failed ? "failed" : row.rating;
  const said = row.summary?.sentence || row.sentence;
  return (
    <>
      <span role="gridcell" class="c-rating">
        <Rated
          rating={row.live ? kind : (row.failed && "failed") || row.summary?.verdict || kind}
        />
      </span>
      <span role="gridcell" class="c-name">
        <a href={href(routeTo(row))} tabIndex={-1} title={row.meetingId}>
          <bdi>{row.meetingId}</bdi>
        </a>
      </span>
      <span role="gridcell" class="c-people num">
        {row.participants}
      </span>
      <span role="gridcell" class="c-score">
        <b>{scoreText(row.score)}</b>
        {row.live && <Spark trend={row.trend ?? []} kind={kind} />}
        {!row.live && row.summary && row.summary.poorMinutes > 0 && (
          <span class="poor-time is-poor">
            <Share part={row.summary.poorMinutes} whole={row.summary.minutes} />
            <small>{share(row.summary.poorMinutes / row.summary.minutes)}</small>
          </span>
        )}
      </span>
      <span role="gridcell" class="c-worst" title={said ?? ""}>
        {said ? <bdi>{said}</bdi> : <span class="dim">{NONE}</span>}
      </span>
      <span role="gridcell" class="c-start num">
        {clock(row.startedAt, now)}
      </span>
      <span role="gridcell" class="c-length num">
        {length(lasted)}
      </span>
    </>
  );
}

const click = (event: TargetedMouseEvent<HTMLElement>, row: MeetingRow): void => {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!plain || event.defaultPrevented || getSelection()?.type === "Range") return;
  if (event.target instanceof Element && event.target.closest("a")) return;
  go(routeTo(row));
};

interface RowProps {
  row: MeetingRow;
  line: number;
  top: number;
  now: number;
  /** The one row that Tab stops at. */
  stop: boolean;
  focused: (line: number) => void;
}

/** Drawn anew only when what it shows has changed: scrolling draws the rows that come, no others. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { row, line, top, now, stop } = this.props;
    return (
      row !== next.row ||
      line !== next.line ||
      top !== next.top ||
      now !== next.now ||
      stop !== next.stop
    );
  }

  override componentDidUpdate(before: RowProps): void {
    // Another meeting now: the focus was on the one that has gone.
    const element = this.base;
    if (before.line === this.props.line || !(element instanceof HTMLElement)) return;
    if (element === document.activeElement) element.blur();
  }

  declare base?: Element | Text | null;

  override render({ row, line, top, now, stop, focused }: RowProps) {
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens it, see useKeys in Grid
      <div
        class={`row is-${row.failed ? "failed" : row.rating}${row.live ? "" : " ended"}`}
        role="row"
        style={{ transform: `translateY(${top}px)` }}
        data-line={line}
        aria-rowindex={line + 2}
        tabIndex={stop ? 0 : -1}
        onFocus={() => focused(line)}
        onClick={(event) => click(event, row)}
      >
        <Cells row={row} now={now} />
      </div>
    );
  }
}

const share = (part: number): string =>
  part > 0 ? `${Math.max(1, Math.round(100 * part))} %` : "";

export function Grid({
  lines,
  live,
  hold,
  see,
  clear,
}: {
  lines: Lines;
  live: boolean;
  /** The pointer or the focus is inside: keep the order. */
  hold: (on: boolean) => void;
  /** The lines in sight have changed. */
  see: (from: number, count: number) => void;
  clear: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtual(box, lines.total, useNarrow() ? ROW_NARROW : ROW, HEAD);
  const [at, setAt] = useState(0);
  const wantFocus = useRef(false);
  const inside = useRef({ pointer: false, focus: false });
  const now = useNow(1000);

  const first = list.items[0]?.index ?? 0;
  const last = list.items.at(-1)?.index ?? 0;
  // Layout effects: the others would cost every scrolled frame a timer and a callback.
  useLayoutEffect(() => see(first, last - first + 1), [first, last]);

  const focusRow = (at: number): boolean => {
    const row = box.current?.querySelector<HTMLElement>(`[data-line="${at}"]`);
    row?.focus({ preventScroll: true });
    return !!row;
  };
  const line = Math.min(at, Math.max(0, lines.total - 1));
  useLayoutEffect(() => {
    if (wantFocus.current) wantFocus.current = !focusRow(line);
  });

  const move = (to: number): void => {
    const next = Math.max(0, Math.min(lines.total - 1, to));
    list.scrollTo(next);
    setAt(next);
    // At once where the row is there (the next key may come before the next drawing).
    wantFocus.current = !focusRow(next);
  };
  const focused = (): boolean => !!box.current?.contains(document.activeElement);
  // From where the focus is, which a fast key may have moved since the last drawing.
  const here = (): number => Number(document.activeElement?.getAttribute("data-line") ?? line);
  const step = (by: number) => () => move(focused() ? here() + by : line);
  const open = (): void => {
    const row = rowAt(lines, here());
    if (row && focused()) go(routeTo(row));
  };
  const keys: Keys = {
    j: step(1),
    k: step(-1),
    ArrowDown: step(1),
    ArrowUp: step(-1),
    PageDown: step(10),
    PageUp: step(-10),
    Home: () => move(0),
    End: () => move(lines.total - 1),
    Enter: open,
    Escape: clear,
  };
  useKeys(keys);

  const tell = (change: Partial<typeof inside.current>): void => {
    Object.assign(inside.current, change);
    hold(inside.current.pointer || inside.current.focus);
  };
  return (
    <div
      class="grid"
      style={{ maxHeight: `${list.height + HEAD + 2}px` }}
      role="grid"
      aria-label={live ? "Live meetings, worst first" : "Ended meetings, newest first"}
      aria-rowcount={lines.total + 1}
      aria-colcount={COLUMNS.length}
      onPointerEnter={(e) => e.pointerType === "mouse" && tell({ pointer: true })}
      onPointerLeave={() => tell({ pointer: false })}
      onFocusIn={() => tell({ focus: true })}
      onFocusOut={(e) =>
        tell({
          focus: e.relatedTarget instanceof Node && e.currentTarget.contains(e.relatedTarget),
        })
      }
    >
      <div class="body" ref={box} role="presentation">
        <div class="head row" role="row" aria-rowindex={1}>
          {(live ? COLUMNS : COLUMNS_ENDED).map((name, i) => (
            <span role="columnheader" class={HEAD_CLASS[i]} key={name}>
              {name}
            </span>
          ))}
        </div>
        <div class="rows-all" role="presentation" style={{ height: `${list.height}px` }}>
          {list.items.map((item) => {
            const row = rowAt(lines, item.index);
            const top = item.start - HEAD;
            return row ? (
              <Row
                key={item.index % POOL}
                row={row}
                line={item.index}
                top={top}
                now={now}
                stop={item.index === line}
                focused={setAt}
              />
            ) : (
              <div
                class="row blank"
                role="presentation"
                style={{ transform: `translateY(${top}px)` }}
                key={`blank ${item.index}`}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

const HEAD_CLASS = [
  "c-rating",
  "c-name",
  "c-people num",
  "c-score",
  "c-worst",
  "c-start num",
  "c-length num",
];
