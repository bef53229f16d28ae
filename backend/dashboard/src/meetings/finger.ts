// A finger does not hover. From its touch on the rows stay, and a moment longer: what it began, a
// click or scrolling, is told only when it has gone.
import { useLayoutEffect, useRef } from "preact/hooks";

const AFTER_MS = 300;

/** The answer is for `pointerdown`; a mouse is none of it. */
export function useFinger(tell: (down: boolean) => void): (event: PointerEvent) => void {
  const latest = useRef(tell);
  latest.current = tell;
  const timer = useRef(0);
  useLayoutEffect(() => {
    const stop = new AbortController();
    // Wherever it leaves: its row may be gone by then, and that row's own events with it.
    const up = (event: PointerEvent): void => {
      if (event.pointerType === "mouse") return;
      clearTimeout(timer.current);
      timer.current = window.setTimeout(() => latest.current(false), AFTER_MS);
    };
    for (const name of ["pointerup", "pointercancel"] as const)
      addEventListener(name, up, { signal: stop.signal, capture: true });
    return () => {
      stop.abort();
      clearTimeout(timer.current);
    };
  }, []);
  return (event) => {
    if (event.pointerType === "mouse") return;
    clearTimeout(timer.current);
    latest.current(true);
  };
}
