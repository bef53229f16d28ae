// The live link to the service: one socket, three subscriptions (list, open, watch), each said
// again after a reconnect, so that the screen heals by itself. A hidden tab asks for no pictures.
import { useEffect, useState } from "preact/hooks";
import { connect, type Socket } from "./socket";
import type { ListAnswer, ListQuery, Meeting, Rows } from "./types";

export interface Link {
  up: boolean;
  /** How often it came back: pushes may have been missed before each. */
  returns: number;
  /** performance.now() of the last word from the service; 0 before the first. */
  heard: number;
  /** Why the service refused us, if it did. */
  refused: string;
}

interface Pushes {
  list: ListAnswer;
  meeting: Meeting;
  rows: Rows;
  /** `event`: of the request that it answers; `n`: of a list. */
  error: { code?: string; message?: string; event?: string; n?: number | null };
}

type Wants = {
  list: ListQuery | null;
  open: { meetingId: string } | null;
  watch: { meetingId: string; participantId: string; sessionId?: string } | null;
};

let socket: Socket | null = null;
let link: Link = { up: false, returns: 0, heard: 0, refused: "" };
const wants: Wants = { list: null, open: null, watch: null };
const linkListeners = new Set<(link: Link) => void>();
const listeners: { [K in keyof Pushes]: Set<(value: Pushes[K]) => void> } = {
  list: new Set(),
  meeting: new Set(),
  rows: new Set(),
  error: new Set(),
};

function setLink(change: Partial<Link>): void {
  link = { ...link, ...change };
  for (const tell of linkListeners) tell(link);
}

// The service takes 20 messages a second: a list that is scrolled is told at once, then every 100 ms.
const LIST_PAUSE = 100;
const REFUSED_PAUSE = 1000;
const pauses = new Map<keyof Wants, ReturnType<typeof setTimeout>>();
const due = new Set<keyof Wants>();

function pause(event: keyof Wants, ms: number): void {
  clearTimeout(pauses.get(event));
  const over = (): void => {
    pauses.delete(event);
    if (due.delete(event)) tellServer(event);
  };
  pauses.set(event, setTimeout(over, ms));
}

function tellServer(event: keyof Wants): void {
  if (pauses.has(event)) {
    due.add(event);
    return;
  }
  const unseen = document.hidden && event !== "open";
  socket?.emit(event, (!unseen && wants[event]) || {});
  if (event === "list") pause(event, LIST_PAUSE);
}

const tellAll = (): void => {
  for (const event of ["list", "open", "watch"] as const) if (wants[event]) tellServer(event);
};

/** Say what this screen wants to see; null ends it. Repeated at every reconnect. */
export function want<K extends keyof Wants>(event: K, value: Wants[K]): void {
  if (JSON.stringify(wants[event]) === JSON.stringify(value)) return;
  wants[event] = value;
  tellServer(event);
}

export function on<K extends keyof Pushes>(event: K, tell: (value: Pushes[K]) => void): () => void {
  listeners[event].add(tell);
  return () => listeners[event].delete(tell);
}

export function start(): void {
  let known = false; // it has been up before
  socket = connect("/watch", {
    up: () => {
      const returns = link.returns + (known ? 1 : 0);
      known = true;
      setLink({ up: true, returns, refused: "", heard: performance.now() });
      tellAll();
    },
    down: (refused) => setLink({ up: false, refused }),
    // A service with nothing to tell still pings: hearing that is hearing it.
    heard: () => {
      link.heard = performance.now();
    },
    event: (name, value) => {
      if (!(name in listeners)) return;
      if (name === "error") again(value as Pushes["error"]);
      for (const tell of listeners[name as keyof Pushes]) tell(value as never);
    },
  });
  document.addEventListener("visibilitychange", () => {
    for (const event of ["list", "watch"] as const) if (wants[event]) tellServer(event);
    // Rows may have been missed, as while the link was down.
    if (!document.hidden && wants.watch) setLink({ returns: link.returns + 1 });
  });
}

/** What was refused only because there was too much at once is asked once more. */
function again({ code, event }: Pushes["error"]): void {
  if (code !== "too-many" || !event || !(event in wants)) return;
  due.add(event as keyof Wants);
  pause(event as keyof Wants, REFUSED_PAUSE);
}

export function useLink(): Link {
  const [now, set] = useState(link);
  useEffect(() => {
    linkListeners.add(set);
    set(link);
    return () => {
      linkListeners.delete(set);
    };
  }, []);
  return now;
}

let ahead = 0;

/** The Date of an answer: how far the service's clock is ahead of the reader's. It is in whole seconds
 *  and was on its way, so that two of them are no difference. */
export function tellTime(date: string | null): void {
  const found = Date.parse(date ?? "") + 500 - Date.now();
  if (Math.abs(found - ahead) > 2000) ahead = Math.abs(found) > 2000 ? found : 0;
}

/** Epoch ms by the service's clock, as all times that it tells. */
export const serviceNow = (): number => Date.now() + ahead;

/** The service's time, anew every `ms`: for ages and lengths that grow while we look. */
export function useNow(ms = 1000): number {
  const [now, set] = useState(serviceNow);
  useEffect(() => {
    const timer = setInterval(() => set(serviceNow()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}

export const heardAgo = (): number => (link.heard ? performance.now() - link.heard : 0);
