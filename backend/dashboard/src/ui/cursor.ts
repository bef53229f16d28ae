// The cursor of a chart by keyboard.
import type { HTMLAttributes, TargetedKeyboardEvent } from "preact";

/** The first and the last of `t`, ascending, that lie in the span; null when none does. */
export function within(t: readonly number[], from: number, to: number): [number, number] | null {
  const first = t.findIndex((one) => one >= from);
  const last = t.findLastIndex((one) => one <= to);
  return first >= 0 && last >= first ? [first, last] : null;
}

/**
 * The attributes of a chart whose cursor the keyboard moves: ← → Home End from point to point, + and
 * Enter zoom in around it, − out, Esc leaves it. `points`: the first and the last index there are; without
 * it is a picture only. `at`: the index pointed at.
 */
export function cursorKeys(
  label: string,
  points: readonly [number, number] | null,
  at: number | null,
  text: string,
  move: (index: number | null) => void,
  zoom?: (factor: number) => void,
): HTMLAttributes<HTMLDivElement> {
  if (!points) return { role: "img", "aria-label": label };
  const [first, last] = points;
  const act = (key: string): boolean => {
    const by = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    if (by) move(at === null ? last : Math.min(last, Math.max(first, at + by)));
    else if (key === "Home") move(first);
    else if (key === "End") move(last);
    else if (at === null || !zoom) return false;
    else if (key === "Enter" || key === "+" || key === "=") zoom(0.5);
    else if (key === "-") zoom(2);
    else return false;
    return true;
  };
  return {
    role: "slider",
    tabIndex: 0,
    "aria-label": label,
    "aria-valuemin": 1,
    "aria-valuemax": last - first + 1,
    "aria-valuenow": (at ?? last) - first + 1,
    "aria-valuetext": text,
    onKeyDown: (event: TargetedKeyboardEvent<HTMLDivElement>) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" && at !== null) event.currentTarget.blur();
      else if (!act(event.key)) return;
      event.preventDefault(); // the screen has other things to do with these keys
    },
    // Who points needs no focus here: the arrows go on moving what is shown.
    onMouseDown: (event) => event.preventDefault(),
    onBlur: () => move(null),
  };
}
