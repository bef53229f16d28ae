// The list of meetings: a grid of which only the lines in sight exist, here and on the wire.
import type { VirtualItem } from "@tanstack/virtual-core";
import type { TargetedFocusEvent, TargetedMouseEvent, TargetedPointerEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Keys, useKeys } from "../keys";
import { useNow } from "../live";
import { go } from "../route";
import { useNarrow, useVirtual } from "../ui/virtual";
import { useFinger } from "./finger";
import { type Hold, keyOf, type Lines, lineOf, rowAt } from "./order";
import { comeBack, leave } from "./place";
import { Row, routeTo } from "./row";

// On a phone the sentence has a line of its own (style/narrow.css).
const [ROW, ROW_NARROW] = [40, 62];
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

const lineIn = (target: EventTarget | null): number | null => {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-line]") : null;
  return row ? Number(row.dataset.line) : null;
};

/**
 * Rows as they stand in the document. While the list scrolls each stays where it is and only shows
 * another meeting, which is cheaper than moving it; at rest they stand in their order again, for
 * those who listen and those who select text.
 */
function standing(items: VirtualItem[], scrolling: boolean): VirtualItem[] {
  if (!scrolling) return items;
  const places = [...items];
  for (const item of items) places[item.index % items.length] = item;
  return places;
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
  /** The pointer, a finger or the focus is inside, or the list is on its way: keep the order. */
  hold: (why: Hold) => void;
  /** The lines in sight have changed. */
  see: (from: number, count: number) => void;
  clear: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const height = useNarrow() ? ROW_NARROW : ROW;
  const [back] = useState(() => {
    const place = comeBack();
    const line = place ? lineOf(lines, place.key) : undefined;
    return place && line !== undefined ? { line, top: line * height - place.below } : null;
  });
  const list = useVirtual(box, lines.total, height, HEAD, back?.top);
  const [at, setAt] = useState(back?.line ?? 0);
  const wantFocus = useRef(back !== null);
  const focusLine = useRef<number | null>(null);
  const inside = useRef({ pointer: false, finger: false, focus: false, scrolling: false });
  const cut = useRef<HTMLElement | null>(null);
  const clock = useNow(1000);
  const shown = useRef(clock);
  if (!list.scrolling) shown.current = clock; // lengths rest meanwhile
  const now = shown.current;

  const first = list.items[0]?.index ?? 0;
  const last = list.items.at(-1)?.index ?? 0;
  // Layout effects: the others would cost every scrolled frame a timer and a callback.
  useLayoutEffect(() => {
    if (list.items.length) see(first, last - first + 1);
  }, [first, last]);

  const hideCut = (): void => {
    cut.current?.removeAttribute("title");
    cut.current = null;
  };
  const focusRow = (at: number): boolean => {
    const row = box.current?.querySelector<HTMLElement>(`[data-line="${at}"]`);
    row?.focus({ preventScroll: true });
    return !!row;
  };
  const line = Math.min(at, Math.max(0, lines.total - 1));
  useLayoutEffect(() => {
    if (cut.current && cut.current.textContent !== cut.current.title) hideCut();
    if (wantFocus.current) wantFocus.current = !focusRow(line);
    // A row that shows another meeting by now: the focus was on the one that has gone.
    const { activeElement: active } = document;
    if (!(active instanceof HTMLElement) || !box.current?.contains(active)) return;
    if (lineIn(active) !== focusLine.current) active.blur();
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
  /** Open the meeting of a line, or remember that its link does. */
  const open = (line: number, byLink = false): void => {
    const row = rowAt(lines, line);
    if (!row) return;
    leave({ key: keyOf(row), line, below: line * height - (box.current?.scrollTop ?? 0) });
    if (!byLink) go(routeTo(row));
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
    Enter: () => focused() && open(here()),
    Escape: clear,
  };
  useKeys(keys);

  const tell = (change: Partial<typeof inside.current>): void => {
    Object.assign(inside.current, change);
    const { pointer, finger, focus, scrolling } = inside.current;
    hold(pointer || focus ? "read" : finger || scrolling ? "moving" : "");
  };
  const touch = useFinger((finger) => tell({ finger }));
  useLayoutEffect(() => {
    if (list.scrolling) hideCut();
    tell({ scrolling: list.scrolling });
  }, [list.scrolling]);
  useEffect(() => () => hold(""), []);

  /** The whole text of a cell that is cut, while the pointer rests on it. */
  const showCut = (event: TargetedPointerEvent<HTMLElement>): void => {
    const cell = event.target instanceof Element ? event.target.closest(".c-name, .c-worst") : null;
    if (!(cell instanceof HTMLElement) || cell.scrollWidth <= cell.clientWidth) return;
    cell.title = cell.textContent ?? "";
    cut.current = cell;
  };

  const click = (event: TargetedMouseEvent<HTMLElement>): void => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    const link = event.target instanceof Element && !!event.target.closest("a");
    if (!plain || event.defaultPrevented || (!link && getSelection()?.type === "Range")) return;
    open(lineIn(event.target) ?? -1, link);
  };
  const focusIn = (event: TargetedFocusEvent<HTMLElement>): void => {
    focusLine.current = lineIn(event.target);
    if (focusLine.current !== null) setAt(focusLine.current);
    tell({ focus: true });
  };
  const focusOut = ({
    relatedTarget: to,
    currentTarget,
  }: TargetedFocusEvent<HTMLElement>): void => {
    const stays = to instanceof Node && currentTarget.contains(to);
    if (!stays) focusLine.current = null;
    tell({ focus: stays });
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens a row, see useKeys above
    <div
      class="grid"
      style={{ maxHeight: `${list.height + HEAD + 2}px` }}
      role="grid"
      aria-label={live ? "Live meetings, worst first" : "Ended meetings, newest first"}
      aria-rowcount={lines.total + 1}
      aria-colcount={COLUMNS.length}
      onPointerEnter={(e) => e.pointerType === "mouse" && tell({ pointer: true })}
      onPointerLeave={() => tell({ pointer: false })}
      onPointerDown={touch}
      onFocusIn={focusIn}
      onFocusOut={focusOut}
      onPointerOver={showCut}
      onPointerOut={hideCut}
      onClick={click}
    >
      <div class="body" ref={box} role="presentation">
        <div class="head row" role="row" aria-rowindex={1}>
          {(live ? COLUMNS : COLUMNS_ENDED).map((name, i) => (
            <span role="columnheader" class={HEAD_CLASS[i]} key={name}>
              {name}
            </span>
          ))}
        </div>
        <div
          class={list.scrolling ? "rows-all passing" : "rows-all"}
          role="presentation"
          style={{ height: `${list.height}px` }}
        >
          {standing(list.items, list.scrolling && focusLine.current === null).map((item) => (
            <Row
              key={item.index % list.items.length}
              row={rowAt(lines, item.index)}
              line={item.index}
              top={item.start - HEAD}
              now={now}
              stop={item.index === line}
            />
          ))}
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
