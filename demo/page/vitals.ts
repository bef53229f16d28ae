/**
 * The card with this page's own vital signs, and a banner for its troubles: what callvitals says of
 * them, shown and not computed.
 */

import type { Facts } from "./tour.js";

type Tell = (news: Partial<Facts>) => void;

/** The part of the state document (base units) that is shown. */
interface State {
  rating?: string;
  score?: number;
  sentence?: string;
  net?: Record<string, number | undefined>;
  engine?: string;
  host?: string;
  why?: string;
}

/** A trouble that begins or is over. */
interface Issue {
  kind: "open" | "close";
  id: string;
  severity: "major" | "minor";
  sentence: string;
}

/** What is used here of the script tag's API; a page that blocks the tag has none. */
interface Callvitals {
  debug?: { state?: () => Promise<State | null> };
  label?: (receiver: RTCRtpReceiver, whose: { participant: string; source: string }) => void;
  on?: (event: "issue", run: (issue: Issue) => void) => void;
}

declare global {
  interface Window {
    callvitals?: Callvitals;
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
  ["fpsIn", "Frames in", (value) => `${value.toFixed(1)} fps`],
  ["frozen", "Frozen", time],
];

/** What to say where callvitals finds nothing to say. */
const CALM: Record<string, string> = {
  unknown: "Listening; a score comes after 10 s.",
  good: "All well.",
};

const ENGINES: Record<string, string> = { pyodide: "Pyodide", micropython: "MicroPython" };

const byId = (id: string) => document.getElementById(id) as HTMLElement;

function show(state: State): void {
  const rating = state.rating ?? "unknown";
  byId("verdict").dataset.rating = rating;
  byId("shape").textContent = SHAPES[rating] ?? "○";
  byId("word").textContent = rating;
  byId("score").textContent = state.score === undefined ? "" : state.score.toFixed(1);
  byId("sentence").textContent = state.sentence || CALM[rating] || "";
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

/** The banner shows the worst of the open troubles, the newest first among equals. */
function watchIssues(tell: Tell): void {
  const open = new Map<string, Issue>();
  window.callvitals?.on?.("issue", (issue) => {
    open.delete(issue.id);
    if (issue.kind === "open") open.set(issue.id, issue);
    const newest = [...open.values()].reverse();
    const shown = newest.find(({ severity }) => severity === "major") ?? newest[0];
    byId("banner").hidden = !shown;
    byId("banner").textContent = shown?.sentence ?? "";
    tell({ open: [...open.keys()], sentence: shown?.sentence ?? "" });
  });
}

/** Tells callvitals whose pictures and sound come here, so that it can name who is at fault. */
export function labelReceiver(receiver: RTCRtpReceiver, participant: string): void {
  window.callvitals?.label?.(receiver, { participant, source: "camera" });
}

/** Refreshes the card once a second. `tell` hears what the tutorial waits for. */
export function watchVitals(tell: Tell): void {
  watchIssues(tell);
  let asked = false;
  setInterval(async () => {
    if (asked) return; // an engine that boots answers late
    asked = true;
    try {
      const state = await window.callvitals?.debug?.state?.();
      if (state) {
        show(state);
        const found = !!state.engine && !["starting", "none"].includes(state.engine);
        tell({ found, rating: state.rating ?? "unknown" });
      }
    } catch {
      // The page goes on without its card, as a customer's page would without us.
    }
    asked = false;
  }, 1000);
}
