// The collector: watches peer connections, numbers the ticks, asks for getStats, gathers events.
//
// It begins with the first peer connection or capture; a page that only might call costs nothing.
// A tick is one number for one report set of all connections: (sessionId, tick) is the key of
// everything stored, so numbers are never skipped and never given twice.

import type { Clock } from "./clock";
import type { JsonObject, RingEvent } from "./messages";
import type { Entry, Part, Report } from "./ring";

/** A getStats that takes longer is left out of its tick, and not asked again until it settles. */
const PATIENCE_MS = 2000;
const MAX_EVENTS = 256;
const MANY_CONNECTIONS = 8;

/** Seconds between ticks; `fixed`: the service's wish, 0 for none. */
export function interval(connections: number, hidden: boolean, fixed: number): number {
  if (!connections) return 10; // nothing to measure: only that we are here
  if (fixed > 0) return fixed;
  if (hidden) return 5;
  return connections > MANY_CONNECTIONS ? 2 : 1;
}

export interface Env {
  /** performance.now() and Date.now(), ms. */
  now(): number;
  wall(): number;
  hidden(): boolean;
  /** setTimeout; returns what cancels it. */
  later(ms: number, run: () => void): () => void;
}

interface Watched {
  pc: RTCPeerConnection;
  id: string;
  /** What was told of it. */
  known: JsonObject;
  /** A getStats of it has not settled. */
  pending: boolean;
  leave(): void;
}

const STATES = [
  "connectionState",
  "iceConnectionState",
  "iceGatheringState",
  "signalingState",
] as const;

/** By what it may get through: how many servers of each kind, never their names. */
function servers(pc: RTCPeerConnection): JsonObject {
  const found: Record<string, number | string> = {};
  const { iceServers = [], iceTransportPolicy } = pc.getConfiguration?.() ?? {};
  if (iceTransportPolicy) found.iceTransportPolicy = iceTransportPolicy;
  for (const url of iceServers.flatMap(({ urls }) => urls)) {
    const [kind = ""] = url.split(":");
    found[kind] = Number(found[kind] ?? 0) + 1;
  }
  return found;
}

/** What a tick costs the page, ms: `pack` blocks it, `packMax` in one go at most; `wait` does not. */
export interface Cost {
  wait: number;
  pack: number;
  packMax: number;
}

export interface Collector {
  cost: Cost;
  ticks(): number;
  connections(): number;
  /** The service's sampleSeconds (0: automatic). */
  fixed: number;
  watch(pc: RTCPeerConnection): void;
  /** Into the next tick; before the first one, too. */
  add(event: RingEvent): void;
  begin(): void;
  /** Takes the beat if it is time: another timer than ours says so (the host's, while the page is
   *  hidden), or the interval may have changed. */
  nudge(): void;
  /** No ticks while paused. */
  pause(on: boolean): void;
  /** Makes a tick at once, without reports, of what has happened. */
  flush(): void;
  /** Makes the final tick, without reports, and lets all connections go. Returns its number. */
  finish(event: RingEvent): number;
}

export function createCollector(
  env: Env,
  clock: Clock,
  pack: (id: string, report: Report) => Part,
  emit: (entry: Entry) => void,
  connected: () => void,
): Collector {
  const watched = new Map<RTCPeerConnection, Watched>();
  let events: RingEvent[] = [];
  let eventsLost = 0;
  let next = 0; // the next tick's number
  let ids = 0;
  let round = 0; // raised to disown a getStats round that is under way
  let busy = false;
  let begun = false;
  let paused = false;
  let due = 0;
  let disarm = (): void => {};

  const seconds = (): number => interval(watched.size, env.hidden(), collector.fixed);

  function look(item: Watched): void {
    const { pc, id, known } = item;
    const now = servers(pc);
    for (const name of STATES) now[name] = pc[name];
    // Whether what is sent is switched on: silence is no fault while it is not.
    for (const { track } of pc.getSenders?.() ?? []) {
      if (track && now[track.kind] !== "live") {
        now[track.kind] = track.enabled && !track.muted ? "live" : "muted";
      }
    }
    const changed = Object.entries(now).filter(([name, value]) => value && value !== known[name]);
    if (changed.length) collector.add({ type: "pc", pc: id, ...Object.fromEntries(changed) });
    Object.assign(known, now);
    if (pc.connectionState === "connected") connected();
  }

  /** Each report is packed when it comes: many connections at once would block the page. */
  async function ask(): Promise<{ parts: Part[]; packing: number }> {
    const items = [...watched.values()].filter((item) => !item.pending);
    const parts: (Part | undefined)[] = [];
    let packing = 0;
    const asked = items.map(async (item, index) => {
      item.pending = true;
      try {
        const report = await item.pc.getStats();
        const began = env.now();
        parts[index] = pack(item.id, report);
        const ms = env.now() - began;
        packing += ms;
        collector.cost.packMax = Math.max(collector.cost.packMax, ms);
      } catch {
        // A connection that refuses has no report in this tick.
      }
      item.pending = false;
    });
    let cancel = (): void => {};
    const patience = new Promise<void>((resolve) => {
      cancel = env.later(PATIENCE_MS, resolve);
    });
    await Promise.race([Promise.all(asked), patience]);
    cancel();
    return { parts: items.flatMap((_, index) => parts[index] ?? []), packing };
  }

  function time(now: number): number {
    const { t, jump } = clock.read(now, env.wall());
    if (jump) collector.add({ type: "clock-jump", ms: jump });
    return t;
  }

  /** `now`: when t was read. */
  function finishTick(t: number, now: number, parts: Part[]): void {
    if (eventsLost) events.push({ type: "lost", what: "events", count: eventsLost, at: now });
    // An event's own time, as ms after the tick's.
    for (const event of events) {
      event.at = Math.round((event.at as number) - now);
      if (!event.at) delete event.at;
    }
    emit({ tick: next++, t, events, parts });
    events = [];
    eventsLost = 0;
  }

  /** Lets closed connections go, so that we do not keep them alive. */
  function prune(): void {
    for (const item of watched.values()) {
      if (item.pc.signalingState === "closed") {
        look(item); // close() fires no event
        item.leave();
      }
    }
  }

  async function beat(): Promise<void> {
    if (busy) return; // overrun: this beat is skipped
    busy = true;
    const mine = round;
    prune();
    for (const item of watched.values()) look(item); // a track's `enabled` has no event
    const began = env.now();
    const t = time(began);
    const { parts, packing } = await ask();
    if (mine !== round) return;
    busy = false;
    if (paused) return;
    const wait = env.now() - began - packing;
    finishTick(t, began, parts);
    const { cost } = collector;
    // Running means over about 16 ticks.
    cost.wait += (wait - cost.wait) / Math.min(next, 16);
    cost.pack += (packing - cost.pack) / Math.min(next, 16);
  }

  function arm(): void {
    disarm();
    disarm = env.later(Math.max(0, due - env.now()), collector.nudge);
  }

  const collector: Collector = {
    cost: { wait: 0, pack: 0, packMax: 0 },
    fixed: 0,
    ticks: () => next,
    connections: () => watched.size,
    watch(pc) {
      if (watched.has(pc) || pc.signalingState === "closed") return;
      prune(); // while paused there are no beats
      const change = ({ errorCode, url }: Partial<RTCPeerConnectionIceErrorEvent>): void => {
        look(item);
        if (!errorCode) return;
        // "turn:host:3478?transport=udp": the host's name stays here.
        const [, kind = "", transport = ""] = /^(\w+):.*?(?:=(\w+))?$/.exec(url ?? "") ?? [];
        collector.add({ type: "icecandidateerror", pc: item.id, errorCode, kind, transport });
      };
      const types = STATES.map((name) => name.toLowerCase().replace("state", "statechange"));
      types.push("icecandidateerror");
      const item: Watched = {
        pc,
        id: String(ids++),
        known: {},
        pending: false,
        leave() {
          watched.delete(pc);
          for (const type of types) pc.removeEventListener(type, change as EventListener);
        },
      };
      watched.set(pc, item);
      for (const type of types) pc.addEventListener(type, change as EventListener);
      look(item);
      collector.nudge();
    },
    add(event) {
      const now = env.now();
      if (events.length < MAX_EVENTS) events.push({ ...event, at: now });
      else eventsLost++;
      // Without connections ticks are rare, but a refused camera is the whole story.
      if (watched.size) return;
      due = Math.min(due, now + 1000);
      if (begun && !paused) arm();
    },
    begin() {
      if (begun) return;
      begun = true;
      due = env.now();
      collector.nudge();
    },
    nudge() {
      if (!begun || paused) return;
      const now = env.now();
      const ms = seconds() * 1000;
      due = Math.min(due, now + ms); // the interval may have become shorter
      // Two timers drive us: whoever comes first takes the beat, a few ms early is not early.
      if (now >= due - 20) {
        due = due + ms > now ? due + ms : now + ms;
        void beat();
      }
      arm();
    },
    pause(on) {
      if (paused === on) return;
      paused = on;
      disarm();
      due = env.now();
      collector.nudge();
    },
    flush() {
      round++;
      busy = false;
      const now = env.now();
      finishTick(time(now), now, []);
    },
    finish(event) {
      disarm();
      begun = false;
      for (const item of [...watched.values()]) {
        look(item);
        item.leave();
      }
      collector.add(event);
      collector.flush();
      return next - 1;
    },
  };
  return collector;
}
