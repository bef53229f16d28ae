// What the page (bridge.ts) and the host of the engine (host/host.ts) say to each other.
//
// The host lives in the worker, or, as a fallback, in the page; the messages are the same. All of
// them survive structured cloning, none holds a function. Order is kept both ways, and nothing may
// be posted to a worker before it said `alive`: its script is still being imported and would miss it.
//
//   page                                host
//    │ ◂──────────── alive ───────────── │   its script runs
//    │ ───────────── start ────────────▸ │   who we are; the socket connects, the probe runs
//    │ ◂─────────── probe, link ──────── │
//    │ ───────────── boot ─────────────▸ │   engine, checkpoint, ring, outbox
//    │ ───────────── tick … ───────────▸ │   from here on, queued by the host until it is ready
//    │ ◂── step …, ready | failed ────── │   after `failed` the host forgot all; boot anew, or none
//    │ ◂──────── actions, beat ───────── │
//    │ ───────────── last ─────────────▸ │   the session's final tick was posted
//    │ ◂──────────── ended ───────────── │   the socket is closed for good

/** What may compute; `none` computes nothing and says why. */
export type EngineName = "pyodide" | "micropython";

/** Where a host runs. */
export type Where = "worker" | "main";

/** JSON as it travels; events and states hold no null, float or array (rule 7 of the wire). */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** An event of the ring; its types are listed in docs/internals.md, section 1. */
export type RingEvent = JsonObject & { type: string };

/** `[type, [field, …]]`: the columns of packed rows, by row type. Type 0 is `["pc", ["id"]]`. */
export type Schema = [string, string[]][];

/** What the host needs to know of the session; all texts are as the host app gave them. */
export interface HostOptions {
  /** Origin (and path prefix, without a trailing slash) of the service: "https://cv.example". */
  server: string;
  meetingId: string;
  participantId?: string;
  name?: string;
  meta?: JsonObject;
  /** Ingest key and host app's token, both as the service checks them. */
  key?: string;
  token?: string;
  /** Python wheels to install in the worker (URLs; Pyodide only). */
  plugins?: string[];
  /** Deadline of one boot, ms; 20,000 unless told. */
  bootMs?: number;
}

/** `state`: as last sent to the service, in base units; `score`: the newest verdict. */
export type Question = "state" | "score" | "info";

/** What the engine tells the host app's listeners. */
export type Told = "sample" | "score" | "issue";

/** One tick as the engine gets it. `packed` is empty (0 bytes) where the tick has no reports. */
export interface Tick {
  tick: number;
  /** Epoch ms by the page's clock, an integer. */
  t: number;
  events: RingEvent[];
  /** Strings first used in this tick: they take the places at, at + 1, … of the session's table. */
  strings: { at: number; list: string[] };
  /** Doubles of packed rows (docs/internals.md, "Packed rows"), in the machine's byte order. */
  packed: ArrayBuffer;
}

/** A finished row, kept until the service stored it. */
export interface Row {
  tick: number;
  text: string;
}

/** A Session's memory after `tick`; the engine continues with tick + 1. */
export interface Checkpoint {
  tick: number;
  text: string;
}

export type PageMessage =
  /** First message. Socket and probe start; no engine yet. */
  | {
      type: "start";
      options: HostOptions;
      sessionId: string;
      /** The page's clock: epoch ms = base + (performance.now() of the page). */
      base: number;
      /** The page's performance.timeOrigin, so that a worker can follow the page's clock. */
      origin: number;
      /** `conn = hostNumber · 65536 + n`; raised for every new owner of the socket. */
      hostNumber: number;
      /** From an earlier host's `link`, so that the service knows us again. */
      sessionToken?: string;
      /** What is known of browser and device: shown while no engine runs. */
      facts: JsonObject;
      /** What the page packs by, learnt from its first host's `alive`. */
      schema: Schema;
    }
  /** Boot this engine (`why` it was chosen, in words for the dashboard) and replay the ring.
   *  Once per engine; ticks posted afterwards belong to it. */
  | {
      type: "boot";
      engine: EngineName;
      why: string;
      /** The whole table so far, the ring's strings included. */
      strings: string[];
      checkpoint: Checkpoint | null;
      /** Ticks after the checkpoint, oldest first. */
      ring: Tick[];
      /** Rows not yet stored, oldest first. */
      outbox: Row[];
      /** The newest tick stored by the service; -1: none. */
      through: number;
    }
  /** One more tick, `packed` transferred. Only after `boot` or `none`. `base` as in `start`: it is
   *  raised when the machine slept. */
  | ({ type: "tick"; base: number } & Tick)
  /** The host app listens to these (all of them, each time): `tell` what happens to them. */
  | { type: "listen"; what: Told[] }
  /** No engine is possible: tell the service so, and declare the ticks lost every 10 s. */
  | { type: "none"; why: string }
  /** Answer with `pong`. */
  | { type: "ping" }
  /** Answer with `answer`. */
  | { type: "ask"; id: number; what: Question }
  /** Post `want-tick` every so many seconds (a worker's timer is not throttled while the page is
   *  hidden); 0: stop. */
  | { type: "timer"; seconds: number }
  /** `last` was the session's final tick: send what is left and `bye`, then `ended`. */
  | { type: "last"; last: number }
  /** End at once: close the socket, drop the engine, say `ended`. */
  | { type: "stop" };

/** What the engine wants of the page; docs/internals.md, "Sender". */
export type PageAction =
  | { do: "row"; tick: number; text: string }
  | { do: "stored"; through: number }
  | { do: "checkpoint"; tick: number; text: string }
  /** Put the event into the next tick. */
  | { do: "enter"; event: RingEvent }
  /** For the host app's listeners: JSON of `[[name, data], …]`, in base units, once per tick; a new
   *  engine that replays tells a tick again. */
  | { do: "tell"; tick: number; text: string }
  | { do: "config"; config: ServerConfig };

/** The service's `config` (rule 13 of the wire); absent members keep their former value. */
export interface ServerConfig {
  messageSeconds?: number;
  /** 0: automatic. */
  sampleSeconds?: number;
  /** Percent of sessions that are measured, 0–100. */
  share?: number;
  engine?: "auto" | "relay" | EngineName;
  off?: boolean;
}

/** Named steps of a boot, in their order; the newest one tells where a deadline struck. */
export type BootStep = "fetch" | "runtime" | "plugins" | "core" | "restore" | "replay";

export type HostMessage =
  /** The script runs and listens. `schema`: what its engines read, `text`: the fields that hold
   *  strings; the page packs its reports by them. */
  | { type: "alive"; schema: Schema; text: string[] }
  /** May WebAssembly be compiled here? `why` is empty where it may. */
  | { type: "probe"; wasm: boolean; why: string }
  | { type: "step"; engine: EngineName; step: BootStep }
  /** The engine replayed the ring and goes on live. `ms` from `boot` to here. */
  | { type: "ready"; engine: EngineName; ms: number }
  /** The boot or the running engine failed; it is gone. The socket lives on. */
  | { type: "failed"; engine: EngineName; why: string }
  /** Every 2 s. */
  | { type: "beat" }
  | { type: "pong" }
  | { type: "actions"; list: PageAction[] }
  /** The socket said hello (`up`), or is down and will be tried again. `tries`: connects that
   *  failed in a row. */
  | {
      type: "link";
      up: boolean;
      conn: number;
      through: number;
      sessionToken?: string;
      tries: number;
      why?: string;
      /** A policy forbids the socket. */
      blocked?: boolean;
    }
  /** `value` is null where nothing is known yet. */
  | { type: "answer"; id: number; value: Json }
  | { type: "want-tick" }
  /** The socket is closed for good: `stopped`, or the service's code (`superseded`, `bad-key` …). */
  | { type: "ended"; why: string };

/** What `host.js` exports, and what the page holds of a host on its own thread. */
export interface Host {
  /** Takes a message of the page; never throws. */
  receive(message: PageMessage): void;
}
export type CreateHost = (post: (message: HostMessage) => void, where: Where) => Host;
