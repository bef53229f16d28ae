// What is said to the service while no engine lives: the least (rules 16 of the wire). A state that
// names the engine as `starting` or `none` with the reason; for `none`, ticks declared lost.

import type { JsonObject, Where } from "../messages";

const LOST_MS = 10_000;
/** A clock offset nearer than this to the one the service knows changes nothing (rule 21). */
const OFFSET_KEPT_MS = 2000;

/** What an engine needs to take over a standing connection; `browser.boot` calls it `link`. */
export interface Takeover {
  hello: JsonObject;
  watch: boolean;
  at: number;
}

export class Starter {
  engine: "starting" | "none" = "starting";
  why = "the engine has not been started yet";
  /** The newest tick heard of. */
  tick = -1;
  /** The newest tick stored, or declared lost and stored. */
  through = -1;
  #hello: JsonObject | null = null;
  #helloAt = 0;
  #rev = 0;
  #watch = false;
  #state: JsonObject | null = null;
  #lostAt = 0;

  constructor(
    private readonly where: Where,
    private readonly facts: JsonObject,
    private readonly send: (event: string, data: JsonObject) => boolean,
  ) {}

  /** The state last sent, times in the service's clock; null before the first `hello`. */
  get state(): JsonObject | null {
    return this.#state && { ...this.#state, t: Number(this.#state.t) + this.#offset() };
  }

  hello(data: JsonObject, now: number): void {
    this.#hello = { ...data };
    this.#helloAt = now;
    this.#rev = 0;
    this.#watch = false;
    this.#lostAt = 0;
    this.through = Math.max(this.through, Number(data.through ?? -1));
  }

  down(): void {
    this.#hello = null;
  }

  /** An engine sent a message; the revisions go on from it. */
  sent(data: JsonObject): void {
    if (typeof data.rev === "number") this.#rev = data.rev + 1;
  }

  /** Keeps what the next engine must know; whether or not one lives now. */
  note(name: string, data: JsonObject): void {
    if (name === "watch") this.#watch = data.on === true;
    if (name === "config" && this.#hello) this.#hello.config = data;
    if (name === "stored") this.through = Math.max(this.through, Number(data.through));
  }

  takeover(): Takeover | undefined {
    if (!this.#hello) return undefined;
    const hello = { ...this.#hello, rev: this.#rev, through: this.through };
    return { hello, watch: this.#watch, at: this.#helloAt };
  }

  /** Sends the whole state. */
  say(now: number): void {
    const state = {
      ...{ engine: this.engine, host: this.where, why: this.why, facts: this.facts },
      ...{ tick: Math.max(0, this.tick), t: now, rating: "unknown" },
      sentence: this.engine === "none" ? `Not measured: ${this.why}` : "",
    };
    if (this.#message(state)) this.#state = state;
  }

  /** Once a second: without an engine, the ticks that nobody computes are declared lost. */
  poll(now: number, last = false): void {
    const lost = this.tick - this.through;
    if (this.engine !== "none" || lost <= 0 || (now - this.#lostAt < LOST_MS && !last)) return;
    this.#lostAt = now;
    const next = this.tick + 1;
    const log = { from: next, to: next - 1, cols: {}, events: [], lost };
    this.#message({ ...(this.#state ?? {}), tick: this.tick, t: now }, log);
  }

  #message(state: JsonObject, log?: JsonObject): boolean {
    if (!this.#hello) return false;
    const data: JsonObject = {
      conn: this.#hello.conn as number,
      rev: this.#rev,
      isFullState: true,
      metrics: state,
      sessionToken: this.#hello.sessionToken as string,
      offset: this.#offset(),
      ...(log && { log }),
    };
    if (!this.send("meeting:metrics", data)) return false;
    this.#rev += 1;
    return true;
  }

  #offset(): number {
    if (!this.#hello) return 0;
    const offset = Number(this.#hello.now) - this.#helloAt;
    const former = this.#hello.offset;
    const kept = typeof former === "number" && Math.abs(offset - former) < OFFSET_KEPT_MS;
    return kept ? former : offset;
  }
}
