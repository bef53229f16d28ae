// The one recording that is looked at: sent to the service, answered, kept by this page alone.
import { useEffect, useState } from "preact/hooks";
import { send } from "../api";
import { serviceNow } from "../live";
import { go } from "../route";
import type { Analysis } from "./types";

export type Opened =
  | { phase: "none" }
  | { phase: "asked"; name: string; size: number; since: number }
  | { phase: "failed"; name: string; size: number; why: string; file: File }
  | { phase: "open"; name: string; size: number; analysis: Analysis };

const POINTS = 3000;
let now: Opened = { phase: "none" };
let stop: AbortController | null = null;
const listeners = new Set<(opened: Opened) => void>();

function set(next: Opened): void {
  now = next;
  for (const tell of listeners) tell(next);
}

export const HERE = { page: "section", id: "recording", rest: [], ask: {} } as const;

/** Shows the file as a meeting. The service keeps nothing of it. */
export async function open(file: File): Promise<void> {
  stop?.abort();
  const mine = new AbortController();
  stop = mine;
  const { name, size } = file;
  set({ phase: "asked", name, size, since: serviceNow() });
  go({ ...HERE, rest: [], ask: {} });
  try {
    const analysis = await send<Analysis>(
      "POST",
      `/api/analyze?series=true&points=${POINTS}`,
      file.slice(0, size, "application/octet-stream"),
      { signal: mine.signal },
    );
    if (stop === mine) set({ phase: "open", name, size, analysis });
  } catch (error) {
    if (mine.signal.aborted || stop !== mine) return;
    set({ phase: "failed", name, size, why: (error as Error).message, file });
  }
}

export function close(): void {
  stop?.abort();
  stop = null;
  set({ phase: "none" });
}

export function useOpened(): Opened {
  const [opened, tell] = useState(now);
  useEffect(() => {
    listeners.add(tell);
    tell(now);
    return () => {
      listeners.delete(tell);
    };
  }, []);
  return opened;
}
