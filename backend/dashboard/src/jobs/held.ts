// The list of jobs while somebody is in it: places are kept, and so is the focus when what had it goes.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Answered } from "../ui/answer";
import { keepLines } from "./order";

export interface Held<T> {
  items: readonly T[];
  /** Lines that would change if the list were let go. */
  moved: number;
  /** Take the order of the next answer (of the newest, if none is on its way). */
  letGo: (next: boolean) => void;
  /** Something was asked of the list by keyboard: its button may go, the focus must not. */
  keepFocus: () => void;
  /** For the box around the list. */
  box: Record<string, unknown>;
}

export function useHeld<T extends { id: string }>(from: Answered<{ items: T[] }, string>): Held<T> {
  const box = useRef<HTMLDivElement>(null);
  const inside = useRef({ pointer: false, focus: false });
  const [held, setHeld] = useState(false);
  const [wanted, want] = useState(0);
  const taken = useRef<{ about: string; at: number; items: readonly T[] }>({
    about: "",
    at: 0,
    items: [],
  });
  const tell = (change: Partial<typeof inside.current>): void => {
    Object.assign(inside.current, change);
    setHeld(inside.current.pointer || inside.current.focus);
  };

  const { items: before, about, at } = taken.current;
  const newest = from.answer?.items ?? [];
  // An empty list holds nothing: the pointer that was in it has nothing left to leave.
  const keep =
    held && before.length > 0 && about === from.about && !(at < wanted && wanted <= from.at);
  const { items, moved } = keep ? keepLines(before, newest) : { items: newest, moved: 0 };
  taken.current = { about: from.about, at: keep ? at : from.at, items };

  // What had the focus when something was asked, and the how manieth of the list's buttons it was.
  const had = useRef<{ button: Element; line: number } | null>(null);
  const buttons = (): Element[] => [...(box.current?.querySelectorAll("[data-row]") ?? [])];
  useLayoutEffect(() => {
    if (!had.current) return;
    const { button, line } = had.current;
    if (button.isConnected && document.activeElement === button) return;
    had.current = null;
    if (button.isConnected || document.activeElement !== document.body) return;
    const all = buttons();
    const next = all[Math.min(line, all.length - 1)] ?? box.current?.querySelector(".scroll");
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  });
  return {
    items,
    moved,
    letGo: (next) => want(next ? Date.now() : from.at),
    keepFocus: () => {
      const button = document.activeElement;
      if (button) had.current = { button, line: Math.max(0, buttons().indexOf(button)) };
    },
    box: {
      ref: box,
      onPointerEnter: (event: PointerEvent) =>
        event.pointerType === "mouse" && tell({ pointer: true }),
      onPointerLeave: () => tell({ pointer: false }),
      onFocusIn: () => tell({ focus: true }),
      onFocusOut: ({ relatedTarget: to }: FocusEvent) =>
        tell({ focus: to instanceof Node && !!box.current?.contains(to) }),
    },
  };
}
