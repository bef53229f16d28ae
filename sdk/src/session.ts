// One run of the SDK, from `init` to `stop` or unload: ties clock, collector and bridge to the
// page's timers and events.

import type { Bridge, CreateBridge } from "./bridge";
import { createClock } from "./clock";
import { type Collector, createCollector } from "./collect";
import { bareLog, createBeacon } from "./farewell";
import type { HostOptions, Json, RingEvent, ServerConfig, Told } from "./messages";
import type { EngineChoice, Mode } from "./public";
import { createStore, type Entry, push } from "./ring";
import { outside } from "./zone";

declare const __CALLVITALS_HASH__: string | undefined;
declare const __CALLVITALS_VERSION__: string;
export const VERSION = __CALLVITALS_VERSION__;
/** Of the service's files. The npm package knows none: it serves any service of its version. */
export const HASH = typeof __CALLVITALS_HASH__ === "string" ? __CALLVITALS_HASH__ : undefined;

const POLL_MS = 500;
/** The bridge's file is asked for so many times, after 2, 4, 8 … s. */
const FETCHES = 6;

export interface Session {
  id: string;
  collector: Collector;
  /** From now on it is measured. */
  watch(pc: RTCPeerConnection): void;
  /** An event for the next tick. */
  add(event: RingEvent): void;
  /** Ticks begin, and the way to the service is opened; once. */
  begin(): void;
  /** Makes the final tick; resolves when the service has been told, or cannot be. */
  stop(): Promise<void>;
  ask(what: "state" | "score"): Promise<Json>;
  info(): Record<string, unknown>;
}

function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** Is this session among the `share` percent that are measured? Always the same for an id. */
export function isShared(id: string, share: number): boolean {
  return (Number.parseInt(id.slice(0, 8), 16) / 2 ** 32) * 100 < share;
}

/** What the host app hears of a session. */
export interface Ears {
  mode(mode: Mode): void;
  end(why: string): void;
  /** Which of the engine's words somebody listens to. */
  wanted(): Told[];
  tell(event: Told, data: unknown): void;
}

export function startSession(options: HostOptions, engine: EngineChoice, ears: Ears): Session {
  const id = newId();
  const now = (): number => performance.now();
  const hidden = (): boolean => document.hidden;
  const later = (ms: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  };
  const clock = createClock(now(), Date.now());
  const store = createStore();
  const beacon = createBeacon(options, id, store, (url, text) => navigator.sendBeacon(url, text));
  const undo: (() => void)[] = [];
  let bridge: Bridge | undefined;
  let connected = false;
  let begun = false;
  let over = false;

  const collector = createCollector(
    { now, wall: Date.now, hidden, later },
    clock,
    (id, report) => bridge?.pack(id, report) ?? { id, report },
    (entry) => {
      push(store, entry);
      bridge?.tick(entry);
    },
    () => {
      connected = true;
      bridge?.poll();
    },
  );

  /**
   * Folder of the service's hashed files: an absolute URL with a trailing slash. Files of our own hash
   * may be gone: a page can be open for longer than a version of the service lives. Another try asks.
   */
  async function findAssets(query: string): Promise<string> {
    const { server } = options;
    const ask = () =>
      import(/* webpackIgnore: true */ /* @vite-ignore */ `${server}/sdk.mjs${query}`);
    const hash = (!query && HASH) || (await ask()).hash;
    return `${server}/sdk/${hash}/`;
  }

  /** The bridge comes from the service; a network that is just failing gets more than one chance. */
  async function fetchBridge(fetched = 0): Promise<void> {
    if (over) return;
    // A module that failed once may be remembered as failed: another query is another module.
    const query = fetched ? `?${fetched}` : "";
    try {
      const assets = await findAssets(query);
      const { createBridge }: { createBridge: CreateBridge } = await import(
        /* webpackIgnore: true */ /* @vite-ignore */ `${assets}bridge.js${query}`
      );
      if (!over) bridge = openBridge(createBridge, assets);
    } catch (error) {
      if (!fetched) stranded(`the page's import failed: ${(error as Error).message}`);
      if (fetched < FETCHES) later(2 ** fetched * 2000, () => fetchBridge(fetched + 1));
      else collector.pause(true); // nobody will ever read what it says
    }
  }

  function openBridge(createBridge: CreateBridge, assets: string): Bridge {
    const opened = createBridge({
      assets,
      store,
      options,
      sessionId: id,
      version: VERSION,
      engine,
      origin: performance.timeOrigin,
      base: () => clock.base,
      now,
      hidden,
      connected: () => connected,
      later,
      enter: collector.add,
      config: configure,
      wantTick: collector.nudge,
      stranded,
      cut: (mode, conn) =>
        beacon(
          { state: { ...mode, rating: "unknown", sentence: `No numbers: ${mode.why}` } },
          conn,
        ),
      ...ears,
      ended: (why) => {
        close();
        ears.end(why);
      },
    });
    opened.begin();
    return opened;
  }

  /** The rows that the service has not got yet, or, where nothing was ever computed, these ticks. */
  function rest(ticks: Entry[], last?: number): void {
    beacon({ log: bridge ? bridge.log(ticks) : bareLog(ticks), last });
  }

  /** Nothing can compute and nothing can send, and why. */
  function stranded(why: string): void {
    const { t } = clock.read(now(), Date.now());
    const mode = { engine: "none", host: "none", why };
    rest(store.ring);
    const events = [{ type: "engine", ...mode }];
    const state = { ...mode, rating: "unknown", sentence: `Not measured: ${why}` };
    beacon({ log: bareLog([{ tick: collector.ticks(), t, events, parts: [] }]), state });
  }

  function configure(config: ServerConfig): void {
    if (config.sampleSeconds !== undefined) collector.fixed = config.sampleSeconds;
    if (config.off !== undefined) collector.pause(config.off);
    if (config.share !== undefined && !isShared(id, config.share) && !over) {
      bridge?.end(); // no engine is booted just to say goodbye
      leave();
    }
  }

  function on(target: EventTarget | undefined, type: string, run: (event: Event) => void): void {
    target?.addEventListener(type, run);
    undo.push(() => target?.removeEventListener(type, run));
  }

  function letGo(): void {
    for (const undone of undo.splice(0)) undone();
  }

  /** No more is measured; the bridge may go on telling what is left. */
  function close(): void {
    over = true;
    letGo();
    collector.pause(true);
  }

  /** The end without a goodbye of the engine's. */
  function leave(): void {
    close();
    const last = collector.finish({ type: "stop" });
    rest(store.ring, last);
  }

  function listen(): void {
    const page = (what: string): void => collector.add({ type: "page", what });
    on(document, "visibilitychange", () => {
      page(document.hidden ? "hidden" : "visible");
      bridge?.poll();
      collector.nudge();
    });
    on(document, "freeze", () => page("frozen"));
    on(document, "resume", () => page("resumed"));
    on(globalThis, "pagehide", (event) => {
      page("pagehide");
      if (!(event as PageTransitionEvent).persisted) leave();
      else if (bridge?.computed()) rest([]);
      else {
        // It may never come back, and nothing of it is known yet.
        collector.flush();
        rest(store.ring);
      }
    });
    on(globalThis, "pageshow", (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      page("pageshow");
      bridge?.again("the page came back");
    });
    on(navigator.mediaDevices, "devicechange", () =>
      collector.add({ type: "device", what: "devicechange" }),
    );
    const timer = setInterval(() => bridge?.poll(), POLL_MS);
    undo.push(() => clearInterval(timer));
  }

  const session: Session = {
    id,
    collector,
    watch(pc) {
      if (over) return;
      session.begin();
      outside(() => collector.watch(pc));
    },
    add(event) {
      if (!over) collector.add(event);
    },
    begin() {
      if (begun || over) return;
      begun = true;
      outside(() => {
        listen();
        collector.begin();
        void fetchBridge();
      });
    },
    stop: () =>
      outside(async () => {
        if (over) return;
        close();
        if (!begun) return;
        const last = collector.finish({ type: "stop" });
        const timer = setInterval(() => bridge?.poll(), POLL_MS);
        undo.push(() => clearInterval(timer));
        // An app that leaves its room often leaves the page, too.
        on(globalThis, "pagehide", () => rest(store.ring, last));
        const told = await bridge?.stop(last);
        letGo();
        if (!told) rest(store.ring, last);
      }),
    ask: async (what) => bridge?.ask(what) ?? null,
    info: () => ({
      sessionId: id,
      ticks: collector.ticks(),
      connections: collector.connections(),
      cost: { ...collector.cost },
      ring: store.ring.length,
      ...bridge?.info(),
    }),
  };
  return session;
}
