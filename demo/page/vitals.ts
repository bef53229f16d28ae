/** The card with this page's own vital signs: what callvitals says of it, shown and not computed. */

/** The part of the state document (base units) that is shown. */
interface State {
  rating?: string;
  score?: number;
  sentence?: string;
  /** Points of score lost, by cause. */
  reasons?: Record<string, number>;
  net?: Record<string, number | undefined>;
  engine?: string;
  host?: string;
  why?: string;
}

declare global {
  interface Window {
    callvitals?: { debug?: { state?: () => Promise<State | null> } };
  }
}

const SHAPES: Record<string, string> = { good: "●", fair: "▲", poor: "■", unknown: "○" };
const PLACES: Record<string, string> = {
  worker: "in this page's worker",
  main: "on the main thread",
};

const share = (value: number) => `${(value * 100).toFixed(1)} %`;
const rate = (value: number) => `${Math.round(value / 1000).toLocaleString()} kbit/s`;
const time = (value: number) => `${Math.round(value * 1000)} ms`;
const NUMBERS: [string, string, (value: number) => string][] = [
  ["upload", "Up", rate],
  ["download", "Down", rate],
  ["rtt", "Round trip", time],
  ["jitterBuffer", "Jitter buffer", time],
  ["concealed", "Concealed sound", share],
  ["lossIn", "Packet loss in", share],
  ["fpsIn", "Frames in", (value) => `${value.toFixed(1)} /s`],
  ["frozen", "Frozen", time],
];

const ENGINES: Record<string, string> = { pyodide: "Pyodide", micropython: "MicroPython" };

const byId = (id: string) => document.getElementById(id) as HTMLElement;

/** What to say when no issue is open. */
function comment(rating: string, reasons: Record<string, number>): string {
  if (rating === "unknown") return "Listening; a score comes after 10 s.";
  const costs = Object.entries(reasons).sort((a, b) => b[1] - a[1]);
  if (rating === "good" || costs.length === 0) return "All well.";
  return `Points lost: ${costs.map(([cause, points]) => `${cause} ${points.toFixed(2)}`).join(", ")}.`;
}

function show(state: State): void {
  const rating = state.rating ?? "unknown";
  byId("verdict").dataset.rating = rating;
  byId("shape").textContent = SHAPES[rating] ?? "○";
  byId("word").textContent = rating;
  byId("score").textContent = state.score === undefined ? "" : state.score.toFixed(2);
  byId("sentence").textContent = state.sentence || comment(rating, state.reasons ?? {});
  byId("engine").textContent = state.engine
    ? `Computed by ${ENGINES[state.engine] ?? state.engine} ${PLACES[state.host ?? ""] ?? ""} (${state.why ?? ""})`
    : "";
  const rows = NUMBERS.flatMap(([name, title, format]) => {
    const value = state.net?.[name];
    if (value === undefined || value === null) return [];
    const term = document.createElement("dt");
    const number = document.createElement("dd");
    term.textContent = title;
    number.textContent = format(value);
    return [term, number];
  });
  byId("numbers").replaceChildren(...rows);
}

/** Refreshes the card once a second. */
export function watchVitals(): void {
  let asked = false;
  setInterval(async () => {
    if (asked) return; // an engine that boots answers late
    asked = true;
    try {
      const state = await window.callvitals?.debug?.state?.();
      if (state) show(state);
    } catch {
      // The page goes on without its card, as a customer's page would without us.
    }
    asked = false;
  }, 1000);
}
