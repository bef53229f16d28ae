// The list of meetings: a grid of which only the lines in sight exist, here and on the wire.
import type { TargetedMouseEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { clock, length, NONE } from "../format";
import { type Keys, useKeys } from "../keys";
import { useNow } from "../live";
import { go, href } from "../route";
import type { MeetingRow } from "../types";
import { Rated, Score } from "../ui/rating";
import { useVirtual } from "../ui/virtual";
import { type Lines, rowAt } from "./order";

export const ROW = 40;
const HEAD = 34;
const COLUMNS = ["Rating", "Meeting", "People", "Score", "Worst now", "Started", "Length"];
const COLUMNS_ENDED = ["Rating", "Meeting", "People", "Score", "Worst moment", "Started", "Length"];

function Cells({ row, now }: { row: MeetingRow; now: number }) {
  const to = href({ page: "meeting", meetingId: row.meetingId });
  const end = row.live ? now : row.endedAt;
  const lasted = row.startedAt === null || end === null ? null : end - row.startedAt;
  return (
    <>
      <span role="gridcell" class="c-rating">
        <Rated rating={row.rating} over={!row.live} />
      </span>
      <span role="gridcell" class="c-name">
        <a href={to} tabIndex={-1} title={row.meetingId}>
          <bdi>{row.meetingId}</bdi>
        </a>
      </span>
      <span role="gridcell" class="c-people num">
        {row.participants}
      </span>
      <span role="gridcell" class="c-score">
        <Score score={row.score} rating={row.rating} />
      </span>
      <span role="gridcell" class="c-worst" title={row.sentence ?? ""}>
        {row.sentence ? <bdi>{row.sentence}</bdi> : <span class="dim">{NONE}</span>}
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
  const list = useVirtual(box, lines.total, ROW, HEAD);
  const [at, setAt] = useState(0);
  const wantFocus = useRef(false);
  const inside = useRef({ pointer: false, focus: false });
  const now = useNow(1000);

  const first = list.items[0]?.index ?? 0;
  const last = list.items.at(-1)?.index ?? 0;
  useEffect(() => see(first, last - first + 1), [first, last]);

  const focusRow = (at: number): boolean => {
    const row = box.current?.querySelector<HTMLElement>(`[data-line="${at}"]`);
    row?.focus({ preventScroll: true });
    return !!row;
  };
  const line = Math.min(at, Math.max(0, lines.total - 1));
  useEffect(() => {
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
    if (row && focused()) go({ page: "meeting", meetingId: row.meetingId });
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
  const click = (event: TargetedMouseEvent<HTMLElement>, row: MeetingRow): void => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!plain || event.defaultPrevented || getSelection()?.type === "Range") return;
    if (event.target instanceof Element && event.target.closest("a")) return;
    go({ page: "meeting", meetingId: row.meetingId });
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
            const style = { transform: `translateY(${item.start - HEAD}px)` };
            if (!row)
              return <div class="row blank" role="presentation" style={style} key={item.index} />;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens it, see useKeys above
              <div
                class={`row is-${row.rating}${row.live ? "" : " over"}`}
                role="row"
                key={item.index}
                style={style}
                data-line={item.index}
                aria-rowindex={item.index + 2}
                tabIndex={item.index === line ? 0 : -1}
                onFocus={() => setAt(item.index)}
                onClick={(event) => click(event, row)}
              >
                <Cells row={row} now={now} />
              </div>
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
