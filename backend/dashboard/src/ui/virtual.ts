// TanStack's virtual-core for Preact: which lines of a tall list are to be drawn now.
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  type VirtualItem,
  Virtualizer,
  type VirtualizerOptions,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

export interface VirtualList {
  items: VirtualItem[];
  height: number;
  scrolling: boolean;
  scrollTo: (line: number) => void;
}

// Lines drawn above and below those in sight: they are there when a frame comes late.
const OVERSCAN = 6;

const STILL_MS = 500;

export function useVirtual(
  box: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
  /** Height of a sticky head inside the box, which must not cover a row scrolled to. */
  head: number,
  /** Where it is scrolled to at first. */
  top = 0,
): VirtualList {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const made = useRef<Virtualizer<HTMLElement, HTMLElement> | null>(null);
  const options: VirtualizerOptions<HTMLElement, HTMLElement> = {
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    // Always as many lines as fit, so that the one that leaves can be drawn again for the one that
    // comes.
    rangeExtractor: ({ startIndex }: Range) => {
      const height = list.scrollRect?.height ?? 0;
      const n = Math.min(count, Math.ceil(height / rowHeight) + 1 + 2 * OVERSCAN);
      const from = Math.max(0, Math.min(count - n, startIndex - OVERSCAN));
      return Array.from({ length: n }, (_, i) => from + i);
    },
    useScrollendEvent: "onscrollend" in window, // else a timer for every scroll event
    initialOffset: top,
    scrollMargin: head,
    scrollPaddingStart: head,
    onChange: () => redraw(undefined as never),
  };
  made.current ??= new Virtualizer(options);
  const list = made.current;
  list.setOptions({ ...list.options, ...options });
  useLayoutEffect(() => list.measure(), [list, rowHeight]);
  useLayoutEffect(() => list._didMount(), [list]);
  useLayoutEffect(() => list._willUpdate());
  // A scroll event told after its scrollend would leave the list on its way for ever.
  useEffect(() => {
    if (!list.isScrolling) return;
    let before = -1;
    const timer = setInterval(() => {
      const at = box.current?.scrollTop ?? 0;
      if (at === before) {
        list.isScrolling = false;
        redraw(undefined as never);
      }
      before = at;
    }, STILL_MS);
    return () => clearInterval(timer);
  }, [list.isScrolling]);
  return {
    items: list.getVirtualItems(),
    height: list.getTotalSize(),
    scrolling: list.isScrolling,
    scrollTo: (line) => list.scrollToIndex(line),
  };
}

const narrow = matchMedia("(max-width: 590px)");

/** Is the screen a phone's? As style/narrow.css sees it. */
export function useNarrow(): boolean {
  const [is, set] = useState(narrow.matches);
  useLayoutEffect(() => {
    const tell = (): void => set(narrow.matches);
    narrow.addEventListener("change", tell);
    return () => narrow.removeEventListener("change", tell);
  }, []);
  return is;
}
