// TanStack's virtual-core for Preact: which lines of a tall list are to be drawn now.
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

export interface VirtualList {
  items: VirtualItem[];
  height: number;
  scrollTo: (line: number) => void;
}

export function useVirtual(
  box: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
  /** Height of a sticky head inside the box, which must not cover a row scrolled to. */
  head: number,
): VirtualList {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const made = useRef<Virtualizer<HTMLElement, HTMLElement> | null>(null);
  const options = {
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    overscan: 6,
    useScrollendEvent: "onscrollend" in window, // else a timer for every scroll event
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
  return {
    items: list.getVirtualItems(),
    height: list.getTotalSize(),
    scrollTo: (line) => list.scrollToIndex(line),
  };
}

const narrow = matchMedia("(max-width: 590px)");

/** Is the screen a phone's? As style/narrow.css sees it. */
export function useNarrow(): boolean {
  const [is, set] = useState(narrow.matches);
  useEffect(() => {
    const tell = (): void => set(narrow.matches);
    narrow.addEventListener("change", tell);
    return () => narrow.removeEventListener("change", tell);
  }, []);
  return is;
}
