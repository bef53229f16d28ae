// One engine's life in a host: boot under a deadline, replay of the ring, then tick by tick. Every
// call into Python is guarded: an engine that raises is gone, and the page is told why.

import type { Engine } from "../engines/engine";
import type {
  EngineName,
  HostMessage,
  Json,
  JsonObject,
  PageAction,
  PageMessage,
  Question,
  Schema,
  Tick,
  Told,
  Where,
} from "../messages";
import type { Takeover } from "./starter";

export type BootMessage = Extract<PageMessage, { type: "boot" }>;

/** What the engine wants: of the page, of the socket, of the host. */
export type Action =
  | PageAction
  | { do: "send"; event: string; data: JsonObject }
  | { do: "reconnect"; why: string; after?: number }
  | { do: "end"; why: string };

export interface RunnerOptions {
  /** Folder of the engine files, with a trailing slash. */
  base: string;
  where: Where;
  schema: Schema;
  plugins: string[];
  /** Deadline of a boot, ms; 20,000 unless told. */
  bootMs?: number | undefined;
  /** The page's time, epoch ms. */
  now(): number;
  /** Bytes that wait in the socket. */
  buffered(): number;
  /** The standing connection, where there is one. */
  takeover(): Takeover | undefined;
  actions(list: Action[]): void;
  post(message: HostMessage): void;
}

const BOOT_MS = 20_000;
/** A replay lets go of the thread after so long, for pings in the worker, for the page on its own. */
const SLICE_MS = { worker: 100, main: 8 };

const loaders = {
  pyodide: () => import("../engines/pyodide"),
  micropython: () => import("../engines/micropython"),
};

export class Runner {
  #engine: Engine | null = null;
  #name: EngineName = "pyodide";
  #queue: Tick[] | null = null;
  #generation = 0;
  #abort: AbortController | null = null;
  #last: number | null = null;
  #wanted: Told[] = [];

  constructor(private readonly options: RunnerOptions) {}

  /** An engine took over: the socket's events are its own. */
  get live(): boolean {
    return this.#engine !== null;
  }

  /** Boots, replays, and says `ready` or `failed`. A boot in progress is given up. */
  async boot(message: BootMessage): Promise<void> {
    this.drop();
    const generation = this.#generation;
    const abort = new AbortController();
    this.#abort = abort;
    this.#name = message.engine;
    this.#queue = [];
    const started = performance.now();
    try {
      const engine = await this.#load(message.engine, abort);
      if (generation !== this.#generation) return;
      const ms = Math.round(performance.now() - started);
      this.#restore(engine, message, ms);
      const ready = () => this.options.post({ type: "ready", engine: message.engine, ms });
      await this.#replay(message.ring, generation, ready);
      if (generation !== this.#generation) return;
      if (this.#last !== null) this.bye(this.#last);
    } catch (error) {
      if (generation === this.#generation) this.#fail(error);
    }
  }

  tick(tick: Tick): void {
    if (this.#queue) this.#queue.push(tick);
    else if (this.#feed(tick)) this.#poll();
  }

  /** What the socket said. */
  link(event: string, data: JsonObject): void {
    this.#call("link", { event, data, now: this.options.now() });
  }

  /** Once a second. */
  poll(): void {
    if (!this.#queue) this.#poll();
  }

  /** The session ended with tick `last`; waits for a boot in progress. */
  bye(last: number): void {
    this.#last = last;
    if (!this.#queue) this.#call("bye", { last, now: this.options.now() });
  }

  /** What the host app listens to; an engine that comes later is told, too. */
  listen(what: Told[]): void {
    this.#wanted = what;
    this.#call("listen", { what });
  }

  ask(what: Question): Json {
    if (!this.#engine) return null;
    try {
      return JSON.parse(this.#engine.call("ask", JSON.stringify({ what })));
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** Forgets the engine, and a boot in progress. */
  drop(): void {
    this.#generation += 1;
    this.#abort?.abort();
    this.#abort = null;
    this.#engine = null;
    this.#queue = null;
  }

  #fail(error: unknown): void {
    this.drop();
    const why = error instanceof Error ? error.message : String(error);
    this.options.post({ type: "failed", engine: this.#name, why });
  }

  async #load(name: EngineName, abort: AbortController): Promise<Engine> {
    const { base, plugins, bootMs = BOOT_MS, post } = this.options;
    let at = "fetch";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${name} was not up within ${bootMs / 1000} s (step: ${at})`));
        abort.abort();
      }, bootMs);
    });
    const step = (step: typeof at & Extract<HostMessage, { type: "step" }>["step"]) => {
      at = step;
      if (!abort.signal.aborted) post({ type: "step", engine: name, step });
    };
    const booting = loaders[name]().then(({ boot }) =>
      boot({ base, plugins, step, signal: abort.signal }),
    );
    booting.catch(() => {}); // the deadline may have spoken first
    try {
      return await Promise.race([late, booting]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Hands the engine all it needs; from here on it lives. */
  #restore(engine: Engine, message: BootMessage, ms: number): void {
    const { where, schema, takeover, post } = this.options;
    post({ type: "step", engine: engine.name, step: "restore" });
    const link = takeover();
    const pack = {
      ...{ engine: engine.name, host: where, why: message.why, boot: ms },
      ...{ schema, strings: message.strings, through: message.through },
      outbox: message.outbox.map((row) => row.text),
      ...(link && { link }),
    };
    const boot = (checkpoint: string | null) =>
      engine.call("boot", JSON.stringify({ ...pack, checkpoint }));
    let text: string;
    let reset = "";
    try {
      text = boot(message.checkpoint?.text ?? null);
    } catch (error) {
      if (!message.checkpoint) throw error;
      // A checkpoint that cannot be read: a fresh Session, from the ring alone.
      reset = (error as Error).message;
      text = boot(null);
    }
    this.#engine = engine;
    if (reset) {
      this.options.actions([{ do: "enter", event: { type: "engine-reset", why: reset } }]);
    }
    this.options.actions(JSON.parse(text));
    if (this.#wanted.length) this.listen(this.#wanted);
  }

  /** Computes the ring, says `ready`, then what came meanwhile: that may take longer than its making. */
  async #replay(ring: Tick[], generation: number, ready: () => void): Promise<void> {
    this.options.post({ type: "step", engine: this.#name, step: "replay" });
    // Ticks that came meanwhile stand behind the ring's.
    const ticks = ring.concat(this.#queue ?? []);
    this.#queue = ticks;
    const last = ring.at(-1);
    let isReady = !last;
    if (isReady) ready();
    let since = performance.now();
    for (let next = ticks.shift(); next; next = ticks.shift()) {
      if (!this.#feed(next)) return;
      if (next === last) {
        isReady = true;
        ready();
      }
      if (performance.now() - since > SLICE_MS[this.options.where]) {
        if (isReady) this.#poll();
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (generation !== this.#generation) return;
        since = performance.now();
      }
    }
    this.#queue = null;
    this.#poll();
  }

  #feed({ tick, t, events, strings, packed }: Tick): boolean {
    if (!this.#engine) return false;
    try {
      const header = JSON.stringify({ tick, t, events, strings });
      this.options.actions(JSON.parse(this.#engine.feed(header, packed)));
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #poll(): void {
    this.#call("poll", { now: this.options.now(), buffered: this.options.buffered() });
  }

  #call(fn: string, data: JsonObject): void {
    if (!this.#engine) return;
    try {
      this.options.actions(JSON.parse(this.#engine.call(fn, JSON.stringify(data))));
    } catch (error) {
      this.#fail(error);
    }
  }
}
