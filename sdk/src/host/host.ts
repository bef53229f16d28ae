// The host: owns engine and socket, in the worker or in the page, and speaks with the page's bridge
// by the messages of messages.ts.

import { probeWebAssembly } from "../engines/engine";
import { PROTOCOL, SCHEMA, TEXT } from "../generated/fields";
import type {
  CreateHost,
  Host,
  HostMessage,
  Json,
  JsonObject,
  PageAction,
  PageMessage,
  Question,
  ServerConfig,
  Where,
} from "../messages";
import { type Action, Runner } from "./runner";
import type { Link } from "./socket";
import { Starter } from "./starter";

const BEAT_MS = 2000;
const POLL_MS = 1000;
const RELOAD_MS = 10_000;

type StartMessage = Extract<PageMessage, { type: "start" }>;

export const createHost: CreateHost = (post, where) => {
  const host = new EngineHost(post, where);
  // Not at once: the caller has no host in hand yet.
  queueMicrotask(() => post({ type: "alive", schema: SCHEMA, text: [...TEXT] }));
  return host;
};

class EngineHost implements Host {
  #start: StartMessage | null = null;
  #runner: Runner | null = null;
  #starter: Starter | null = null;
  #link: Link | null = null;
  #base = 0;
  #sessionToken: string | undefined;
  #ended = false;
  #blocked = ""; // by a policy: the socket
  #beats: ReturnType<typeof setInterval>[] = [];
  #wants: ReturnType<typeof setInterval> | undefined;
  #undo = (): void => {};

  constructor(
    private readonly post: (message: HostMessage) => void,
    private readonly where: Where,
  ) {}

  receive(message: PageMessage): void {
    if (this.#ended) return;
    try {
      this.#handle(message);
    } catch (error) {
      this.#end(`host failed: ${(error as Error).message}`);
    }
  }

  #handle(message: PageMessage): void {
    switch (message.type) {
      case "start":
        if (!this.#start) this.#begin(message);
        break;
      case "boot":
        if (this.#starter) this.#starter.why = message.why;
        void this.#runner?.boot(message);
        break;
      case "tick":
        this.#base = message.base;
        if (this.#starter) this.#starter.tick = message.tick;
        this.#runner?.tick(message);
        break;
      case "listen":
        this.#runner?.listen(message.what);
        break;
      case "none":
        this.#none(message.why);
        break;
      case "ping":
        this.post({ type: "pong" });
        break;
      case "ask":
        this.post({ type: "answer", id: message.id, value: this.#answer(message.what) });
        break;
      case "timer":
        clearInterval(this.#wants);
        if (message.seconds > 0) {
          const want = () => this.post({ type: "want-tick" });
          this.#wants = setInterval(want, message.seconds * 1000);
        }
        break;
      case "last":
        this.#last(message.last);
        break;
      case "stop":
        this.#end("stopped");
    }
  }

  #begin(message: StartMessage): void {
    this.#start = message;
    this.#base = message.base;
    this.#sessionToken = message.sessionToken;
    const why = probeWebAssembly();
    this.post({ type: "probe", wasm: !why, why });
    const send = (event: string, data: JsonObject) => this.#link?.send(event, data) ?? false;
    this.#starter = new Starter(this.where, message.facts, send);
    this.#runner = new Runner({
      base: new URL("./", import.meta.url).href,
      where: this.where,
      schema: message.schema,
      plugins: message.options.plugins ?? [],
      bootMs: message.options.bootMs,
      now: () => this.#now(),
      buffered: () => this.#link?.buffered ?? 0,
      takeover: () => (this.#link?.up ? this.#starter?.takeover() : undefined),
      actions: (list) => this.#carryOut(list),
      post: (said) => {
        if (said.type === "failed" && this.#starter) this.#starter.why = said.why;
        this.post(said);
      },
    });
    this.#beats = [
      setInterval(() => this.post({ type: "beat" }), BEAT_MS),
      setInterval(() => this.#poll(), POLL_MS),
    ];
    this.#heedPolicies(message.options.server);
    void this.#connect(message);
  }

  /** A socket that a policy forbids just fails; why is said by another event. */
  #heedPolicies(server: string): void {
    const { host } = new URL(server);
    const place = typeof document === "object" ? document : globalThis;
    const note = (event: Event): void => {
      const { effectiveDirective, blockedURI } = event as SecurityPolicyViolationEvent;
      if (effectiveDirective !== "connect-src" || !/^wss?:/.test(blockedURI)) return;
      const blocked = new URL(blockedURI);
      if (blocked.host !== host) return;
      this.#blocked = `connect-src blocks ${blocked.origin}`;
      // Firefox leaves a blocked socket of a worker waiting.
      if (this.#link?.trying) this.#link.reconnect(this.#blocked);
    };
    place.addEventListener("securitypolicyviolation", note);
    this.#undo = () => place.removeEventListener("securitypolicyviolation", note);
  }

  async #connect(message: StartMessage): Promise<void> {
    try {
      const { Link } = await import("./socket");
      if (this.#ended) return;
      this.#link = new Link(message.options, message.hostNumber, () => this.#auth(), {
        hello: (data) => this.#hello(data),
        event: (name, data) => this.#heard(name, data),
        down: (why, tries) => this.#down(why, tries),
        refused: (code) => this.#end(code),
      });
    } catch (error) {
      if (this.#ended) return;
      this.#down(`the socket could not be made: ${(error as Error).message}`, 1);
      setTimeout(() => this.#ended || this.#connect(message), RELOAD_MS);
    }
  }

  /** The page's clock, epoch ms. */
  #now(): number {
    const origin = this.#start?.origin ?? performance.timeOrigin;
    return Math.floor(this.#base + performance.timeOrigin - origin + performance.now());
  }

  #auth(): JsonObject {
    const { options, sessionId } = this.#start as StartMessage;
    const { meetingId, participantId, name, meta, key, token } = options;
    const all = { meetingId, participantId, name, meta, key, token };
    const given = Object.entries(all).filter(([, value]) => value !== undefined);
    return {
      ...(Object.fromEntries(given) as JsonObject),
      ...(this.#sessionToken !== undefined && { sessionToken: this.#sessionToken }),
      protocol: PROTOCOL,
      sessionId,
    };
  }

  // -- the socket ---------------------------------------------------------------------------

  #hello(data: JsonObject): void {
    const token = data.sessionToken;
    if (typeof token === "string") this.#sessionToken = token;
    this.#starter?.hello(data, this.#now());
    this.post({
      type: "link",
      up: true,
      conn: Number(data.conn),
      through: Number(data.through),
      sessionToken: this.#sessionToken,
      tries: 0,
    });
    if (this.#runner?.live) {
      this.#runner.link("hello", data);
    } else {
      this.#starter?.say(this.#now());
      this.#page([{ do: "config", config: (data.config ?? {}) as ServerConfig }]);
    }
  }

  #heard(name: string, data: JsonObject): void {
    this.#starter?.note(name, data);
    if (this.#runner?.live) this.#runner.link(name, data);
    else if (name === "resync") this.#starter?.say(this.#now());
    else if (name === "config") this.#page([{ do: "config", config: data as ServerConfig }]);
    else if (name === "stored") this.#page([{ do: "stored", through: Number(data.through) }]);
    else if (name === "error" && data.code === "superseded") this.#end("superseded");
  }

  #down(why: string, tries: number): void {
    const through = this.#starter?.through ?? -1;
    this.#starter?.down();
    const conn = this.#link?.conn ?? -1;
    const blocked = this.#blocked !== "";
    this.post({
      ...{ type: "link", up: false, conn, through, tries },
      ...{ why: this.#blocked || why, blocked },
    });
    if (this.#runner?.live) this.#runner.link("disconnect", {});
  }

  // -- the engine ---------------------------------------------------------------------------

  #carryOut(list: Action[]): void {
    const forPage: PageAction[] = [];
    for (const action of list) {
      if (action.do === "send") {
        if (this.#link?.send(action.event, action.data)) this.#starter?.sent(action.data);
      } else if (action.do === "reconnect") {
        this.#link?.reconnect(action.why, action.after);
      } else if (action.do === "end") {
        this.#page(forPage.splice(0));
        this.#end(action.why === "bye" ? "stopped" : action.why);
      } else {
        if (action.do === "stored") this.#starter?.note("stored", { through: action.through });
        forPage.push(action);
      }
    }
    this.#page(forPage);
  }

  #page(list: PageAction[]): void {
    if (list.length) this.post({ type: "actions", list });
  }

  #poll(): void {
    if (this.#runner?.live) this.#runner.poll();
    else this.#starter?.poll(this.#now());
  }

  #none(why: string): void {
    this.#runner?.drop();
    if (!this.#starter) return;
    this.#starter.engine = "none";
    this.#starter.why = why;
    this.#starter.say(this.#now());
  }

  #last(last: number): void {
    if (this.#starter?.engine !== "none") {
      this.#runner?.bye(last);
      return;
    }
    this.#starter.tick = last;
    this.#starter.poll(this.#now(), true);
    this.#link?.send("bye", { conn: this.#link.conn, last });
    this.#end("stopped");
  }

  #answer(what: Question): Json {
    if (what === "info") {
      const link = this.#link;
      return { up: link?.up ?? false, conn: link?.conn ?? -1, buffered: link?.buffered ?? 0 };
    }
    if (this.#runner?.live) return this.#runner.ask(what);
    return (what === "state" && this.#starter?.state) || null;
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#runner?.drop();
    this.#link?.end();
    for (const beat of this.#beats) clearInterval(beat);
    clearInterval(this.#wants);
    this.#undo();
    this.post({ type: "ended", why });
  }
}
