// Auto, light, dark. Auto follows the system; the choice is the reader's and stays in the browser.
// Where the system forces its own colours, the system's scheme holds: charts must fit their paper.
import { useEffect, useState } from "preact/hooks";

export type Theme = "auto" | "light" | "dark";
const KEY = "callvitals-theme";
const ORDER: readonly Theme[] = ["auto", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");
const forced = matchMedia("(forced-colors: active)");
const listeners = new Set<() => void>();

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY) as Theme | null;
    return value && ORDER.includes(value) ? value : "auto";
  } catch {
    return "auto"; // storage may be forbidden
  }
}

let theme = stored();
const shown = (): "light" | "dark" =>
  theme === "auto" || forced.matches ? (dark.matches ? "dark" : "light") : theme;

function apply(): void {
  document.documentElement.dataset.theme = shown();
  for (const tell of listeners) tell();
}

export function start(): void {
  dark.addEventListener("change", apply);
  forced.addEventListener("change", apply);
  apply();
}

function setTheme(next: Theme): void {
  theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // the choice then lasts as long as the page
  }
  apply();
}

export function nextTheme(): void {
  setTheme(ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "auto");
}

/** What was chosen, and what is shown (canvases do not follow CSS: they are drawn anew by it). */
export function useTheme(): { theme: Theme; shown: "light" | "dark" } {
  const [now, set] = useState({ theme, shown: shown() });
  useEffect(() => {
    const tell = (): void => set({ theme, shown: shown() });
    listeners.add(tell);
    tell();
    return () => {
      listeners.delete(tell);
    };
  }, []);
  return now;
}
