// The socket to the service: connects, reconnects, moves messages; knows nothing of what they say
// but `hello`, before which nothing may be sent.

import { io, type Socket } from "socket.io-client";
import type { HostOptions, JsonObject } from "../messages";

const HELLO_MS = 10_000;
const WAIT_MAX_S = 20;
/** Refusals that another try would meet again, unless the service says `retryAfter`. */
const FINAL = /^(superseded|bad-|too-large|off$)/;
const EVENTS = ["config", "watch", "resync", "stored", "busy", "error"];

/** Why the socket is down, in words for the dashboard. */
export interface Refusal {
  code: string;
  message: string;
  retryAfter?: number;
}

export interface LinkListener {
  hello(data: JsonObject): void;
  /** Any other event of the service, after `hello`. */
  event(name: string, data: JsonObject): void;
  /** The connection is down, or could not be made (`tries` in a row); it will be tried again. */
  down(why: string, tries: number): void;
  /** Refused for good. */
  refused(code: string): void;
}

export class Link {
  /** Of the newest connect: host · 65536 + n. */
  conn = -1;
  /** `hello` was heard and the connection stands. */
  up = false;
  #socket: Socket | null = null;
  #count = 0;
  #tries = 0;
  #over = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly options: HostOptions,
    private readonly hostNumber: number,
    private readonly auth: () => JsonObject,
    private readonly listener: LinkListener,
  ) {
    this.#connect();
  }

  get tries(): number {
    return this.#tries;
  }

  /** A connection is being made. */
  get trying(): boolean {
    return this.#socket !== null && !this.up;
  }

  /** Bytes that wait in the socket. */
  get buffered(): number {
    const transport = this.#socket?.io.engine?.transport as { ws?: WebSocket } | undefined;
    return transport?.ws?.bufferedAmount ?? 0;
  }

  /** False where the connection does not stand; the message is gone then. */
  send(event: string, data: JsonObject): boolean {
    if (!this.up || !this.#socket?.connected) return false;
    this.#socket.emit(event, data);
    return true;
  }

  /** Close and connect anew, after at least `after` seconds. */
  reconnect(why: string, after = 0): void {
    if (!this.#over) this.#fail(why, after);
  }

  /** Never again. What was sent before is still written. */
  end(): void {
    this.#over = true;
    this.#drop();
  }

  #connect(): void {
    this.#count += 1;
    this.conn = this.hostNumber * 65536 + this.#count;
    const { origin, pathname } = new URL(this.options.server);
    const socket = io(`${origin}/ingest`, {
      path: `${pathname.replace(/\/$/, "")}/socket.io`,
      transports: ["websocket"],
      reconnection: false, // ours counts `conn` and spreads the load
      forceNew: true,
      timeout: HELLO_MS,
      auth: { ...this.auth(), conn: this.conn },
    });
    this.#socket = socket;
    // Everything of a former socket is ignored.
    const mine = (handle: (data: JsonObject) => void) => (data: unknown) => {
      if (socket === this.#socket) handle((data ?? {}) as JsonObject);
    };
    socket.on("connect_error", (error) => {
      if (socket === this.#socket) this.#refused(error as Error & { data?: Refusal });
    });
    socket.on("disconnect", (reason) => {
      if (socket === this.#socket) this.#fail(reason, 0);
    });
    socket.on(
      "hello",
      mine((data) => {
        if (data.conn !== this.conn) return;
        clearTimeout(this.#timer);
        this.up = true;
        this.#tries = 0;
        this.listener.hello(data);
      }),
    );
    for (const name of EVENTS) {
      const heard = mine((data) => {
        if (this.up) this.listener.event(name, data);
        else if (name === "error") this.#fail(String(data.code ?? "error"), 0);
      });
      socket.on(name, heard);
    }
    this.#timer = setTimeout(() => this.#fail("no hello within 10 s", 0), HELLO_MS + 1000);
  }

  #refused(error: Error & { data?: Refusal }): void {
    const { code, message, retryAfter } = error.data ?? ({} as Refusal);
    if (code && retryAfter === undefined && FINAL.test(code)) {
      this.end();
      this.listener.refused(code);
    } else {
      this.#fail(code ? `refused: ${message || code}` : error.message, retryAfter ?? 0);
    }
  }

  #fail(why: string, after: number): void {
    this.#drop();
    if (this.#over) return;
    const most = Math.min(WAIT_MAX_S, 2 ** this.#tries);
    this.#tries += 1;
    const wait = after + Math.random() * most;
    this.#timer = setTimeout(() => this.#connect(), wait * 1000);
    this.listener.down(why, this.#tries);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.up = false;
    const socket = this.#socket;
    this.#socket = null;
    socket?.disconnect();
  }
}
