// One run of the SDK, from `init` to `stop` or unload: ties clock, collector and bridge to the
// page's timers and events.

import { type Bridge, createBridge, type Mode } from "./bridge";
import type { EngineChoice } from "./choose";
import { cleanObject } from "./clean";
import { createClock } from "./clock";
import { type Collector, createCollector } from "./collect";
import { canWasm, device, facts } from "./device";
import { SCHEMA, TEXT } from "./generated/fields";
import { createSpawn } from "./hosts";
import { encodeLog, type Log } from "./log";
import type { HostOptions, JsonObject, RingEvent, ServerConfig } from "./messages";
import { createPacker } from "./pack";

declare const __CALLVITALS_HASH__: string;
declare const __CALLVITALS_VERSION__: string;
export const VERSION = __CALLVITALS_VERSION__;

const PROTOCOL = 1;
/** A beacon holds 64 kB; the rest is for `auth`. */
const BEACON_CHARS = 52_000;

export interface SessionOptions extends HostOptions {
  engine: EngineChoice;
}

export interface Session {
  id: string;
  options: SessionOptions;
  /** From now on it is measured. */
  watch(pc: RTCPeerConnection): void;
  /** An event of the page; a capture begins the session. */
  add(event: RingEvent): void;
  begin(): void;
  /** Makes the final tick; resolves when the service has been told, or cannot be. */
  stop(): Promise<void>;
  bridge: Bridge;
  collector: Collector;
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

export function startSession(
  options: SessionOptions,
  onMode: (mode: Mode) => void,
  onEnd: (why: string) => void,
): Session {
  const id = newId();
  const now = (): number => performance.now();
  const hidden = (): boolean => document.hidden;
  const later = (ms: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  };
  const clock = createClock(now(), Date.now());
  const packer = createPacker(SCHEMA, TEXT);
  const known = facts(navigator, VERSION);
  const undo: (() => void)[] = [];
  let over = false;
  let begun = false;

  const env = { now, wall: Date.now, hidden, later };
  const collector = createCollector(
    env,
    clock,
    packer,
    (tick) => bridge.tick(tick),
    () => bridge.connected(),
  );
  const bridge: Bridge = createBridge({
    spawn: createSpawn(`${options.server}/sdk/${__CALLVITALS_HASH__}/`),
    options,
    sessionId: id,
    facts: known,
    schema: SCHEMA,
    device: device(navigator),
    engine: options.engine,
    strings: packer.strings,
    origin: performance.timeOrigin,
    base: () => clock.base,
    now,
    hidden,
    later,
    canWasm,
    enter: collector.add,
    config: configure,
    wantTick: collector.nudge,
    mode: onMode,
    stranded: (why) => {
      // No host, no socket: a plain POST tells the dashboard what stands in the way.
      const { t } = clock.read(now(), Date.now());
      const tick = collector.ticks();
      const events = [{ type: "engine", engine: "none", host: "none", why }];
      const text = JSON.stringify({ tick, t, values: {}, events });
      sayRest();
      beacon(encodeLog([{ tick, text }], bridge.outbox.last(), BEACON_CHARS));
      close();
    },
    ended: (why) => {
      close();
      onEnd(why);
    },
  });

  function configure(config: ServerConfig): void {
    if (config.sampleSeconds !== undefined) collector.fixed = config.sampleSeconds;
    if (config.off !== undefined) collector.pause(config.off);
    if (config.share !== undefined && !isShared(id, config.share) && !over) {
      close(); // no engine is booted to say goodbye
      bridge.end();
      sayRest(collector.finish({ type: "stop" }));
    }
  }

  function on(target: EventTarget | undefined, type: string, run: (event: Event) => void): void {
    target?.addEventListener(type, run);
    undo.push(() => target?.removeEventListener(type, run));
  }

  function beacon(log: Log | undefined, last?: number): void {
    const { meetingId, participantId, name, meta, key, token } = options;
    const auth = {
      ...{ protocol: PROTOCOL, key, token, sessionToken: bridge.token(), meetingId, participantId },
      ...{ name, meta, sessionId: id, conn: bridge.claim() * 65536 },
    };
    try {
      navigator.sendBeacon(`${options.server}/ingest/last`, JSON.stringify({ auth, log, last }));
    } catch {
      // Nothing is left to tell it to.
    }
  }

  /** What the service has not got yet, in one beacon; `last` where the session is over. */
  function sayRest(last?: number): void {
    const { outbox } = bridge;
    beacon(encodeLog(outbox.rows(), outbox.through, BEACON_CHARS), last);
  }

  /** Leaves the page as it was; the bridge goes on telling what is left. */
  function close(): void {
    over = true;
    for (const leave of undo.splice(0)) leave();
    collector.pause(true);
  }

  function listen(): void {
    const page = (what: string): void => collector.add({ type: "page", what });
    on(document, "visibilitychange", () => {
      page(document.hidden ? "hidden" : "visible");
      bridge.poll();
      collector.nudge();
    });
    on(document, "freeze", () => page("frozen"));
    on(document, "resume", () => page("resumed"));
    on(globalThis, "pagehide", (event) => {
      page("pagehide");
      if ((event as PageTransitionEvent).persisted) return sayRest();
      close();
      sayRest(collector.finish({ type: "stop" }));
    });
    on(globalThis, "pageshow", (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      page("pageshow");
      bridge.again("the page came back");
    });
    on(navigator.mediaDevices, "devicechange", () =>
      collector.add({ type: "device", what: "devicechange" }),
    );
    const timer = setInterval(bridge.poll, 500);
    undo.push(() => clearInterval(timer));
  }

  const session: Session = {
    id,
    options,
    collector,
    bridge,
    watch(pc) {
      if (over) return;
      session.begin();
      collector.watch(pc);
    },
    add(event) {
      if (!over) collector.add(event);
    },
    begin() {
      if (begun || over) return;
      begun = true;
      listen();
      collector.begin();
      bridge.begin();
    },
    async stop() {
      if (over) return;
      close();
      if (!begun) return;
      const last = collector.finish({ type: "stop" });
      const timer = setInterval(bridge.poll, 500);
      const told = await bridge.stop(last);
      clearInterval(timer);
      if (!told) sayRest(last);
    },
  };
  collector.add({ type: "facts", facts: known });
  return session;
}

/** Texts and numbers of the host app's `meta`, fit for the wire. */
export const cleanMeta = (meta: object | undefined): JsonObject | undefined =>
  meta && cleanObject(meta);
