// The bridge: keeps one engine computing, wherever it can be had, and all that a new one needs.
//
// It holds the ring (the session's: ticks since the checkpoint), the checkpoint and the mirror of the
// outbox. First boot, an engine's failure, a worker's death and the way to the page's own thread are
// one mechanism: end the old, hand all three to the new, which replays. A state machine without a timer
// or a clock of its own: `poll(now)` is called often, messages come by `heard`.
//
//   spawning ─alive─▸ alive ─boot─▸ booting ─ready─▸ ready          none: no engine is possible
//      └──────── each failure: other engine, then next host, then none ────────┘
//
// Loaded from the service when a session begins; the script tag's file has no need of it before.

import { type BridgeDeps, type Phase, PLACES } from "./bridge-deps";
import { chooseEngine } from "./choose";
import { createCut } from "./cut";
import { createHandover } from "./handover";
import { createHeart } from "./heart";
import { createEdge, type HostHandle } from "./hosts";
import { createKeep } from "./keep";
import type { EngineName, HostMessage, Json, Question, ServerConfig, Where } from "./messages";
import { createPace } from "./pace";
import type { Mode } from "./public";
import { createQuestions } from "./questions";
import type { Entry, Report } from "./ring";
import { createTelling } from "./telling";

/** A worker that has not even begun within this is refused in silence (some browsers do that). */
const ALIVE_MS = 10_000;
const PROBE_MS = 5000;
/** The engine waits for the first connection, so as not to disturb its setup; this long at most. */
const BOOT_WAIT_MS = 3000;
/** The host's own deadline is 20 s and tells more; this one is for a host that hangs. */
const BOOT_MS = 22_000;
const STOP_MS = 10_000;

/** Where no host can be had, it is tried again, a few times. */
const RETRY_MS = 60_000;
const MAX_HOSTS = 8;

export type Bridge = ReturnType<typeof createBridge>;
export type CreateBridge = typeof createBridge;

export function createBridge(deps: BridgeDeps) {
  const { store } = deps;
  const keep = createKeep(store, deps.now);
  const { outbox } = keep;
  const edge = deps.edge ?? createEdge(deps.assets, deps.version);
  let phase: Phase = "idle";
  let handle: HostHandle | undefined;
  let where: Where = "worker";
  let generation = 0; // of the host that is listened to
  let mode: Mode = { engine: "starting", host: "worker", why: "" };
  let conn = -1;
  let up = false;
  let begunAt = 0;
  let since = 0; // when the phase began
  let probed = false;
  let hiddenTold = false;
  let wish = deps.engine;
  let reason = ""; // why the next engine is not the default
  let off = false; // by the service's config: no engine is booted
  const handover = createHandover(store, deps.now);
  const tell = createTelling(deps.tell);
  const cut = createCut(deps.cut);
  let listening = ""; // what this host was told the app listens to
  const failed = new Set<string>(); // engines that failed in this session
  const questions = createQuestions(deps.later);
  const pace = createPace(deps.config);
  let newest = -1; // the newest tick
  const newHeart = () =>
    createHeart(
      deps.now(),
      () => handle?.post({ type: "ping" }),
      () => nextHost("the worker stopped answering"),
      deps.later,
    );
  let heart = newHeart();
  let last = -1; // the final tick, once known
  let stopped: ((told: boolean) => void) | undefined;

  function enterPhase(next: Phase): void {
    phase = next;
    since = deps.now();
  }

  /** An engine, or the word that none is possible, was posted: ticks may follow. */
  const open = (): boolean => phase === "booting" || phase === "ready" || phase === "none";

  function setMode(engine: Mode["engine"], host: Mode["host"], why: string): void {
    mode = { engine, host, why };
    deps.mode(mode);
  }

  function spawn(place: Where): void {
    handle?.end(); // the old owner of the socket goes before a new one comes
    where = place;
    store.hostNumber++;
    probed = false;
    hiddenTold = false;
    listening = "";
    up = false;
    const mine = ++generation;
    heart = newHeart();
    enterPhase("spawning");
    handle = edge.spawn(
      place,
      (message) => mine === generation && heard(message),
      (why) => mine === generation && nextHost(why),
    );
  }

  function nextHost(why: string): void {
    reason = why;
    if (where === "worker") {
      spawn("main");
      return;
    }
    end();
    enterPhase("stranded");
    setMode("none", "none", why);
    deps.stranded(why);
    stopped?.(false);
  }

  function none(why: string): void {
    enterPhase("none");
    setMode("none", where, why);
    handle?.post({ type: "none", why });
    postLast();
  }

  function postLast(): void {
    if (last >= 0) handle?.post({ type: "last", last });
  }

  function decide(): void {
    const { engine, why } = chooseEngine(wish, edge.device);
    // On the page's thread Pyodide would block it for a second.
    const small = where === "main" || failed.has("pyodide");
    if (engine === "none") none(why);
    else boot(small ? "micropython" : engine, reason || why);
  }

  function boot(engine: EngineName, why: string): void {
    enterPhase("booting");
    mode = { engine, host: where, why }; // told once it is ready
    const ticks = store.ring.map(handover.tick);
    handle?.post(
      {
        type: "boot",
        engine,
        why,
        strings: handover.strings(),
        checkpoint: keep.checkpoint,
        ring: ticks,
        outbox: outbox.rows(),
        through: outbox.through,
      },
      ticks.map((tick) => tick.packed),
    );
    postLast();
  }

  function engineFailed(engine: EngineName, why: string): void {
    failed.add(engine);
    reason = `${engine} in ${PLACES[where]} failed: ${why}`.slice(0, 300);
    if (engine === "pyodide") boot("micropython", reason);
    else if (where === "worker") nextHost(reason);
    else none(reason);
  }

  function heard(message: HostMessage): void {
    heart.beat(deps.now());
    switch (message.type) {
      case "alive":
        enterPhase("alive");
        handle?.post({
          type: "start",
          options: deps.options,
          sessionId: deps.sessionId,
          base: deps.base(),
          origin: deps.origin,
          hostNumber: store.hostNumber,
          sessionToken: store.sessionToken,
          facts: edge.facts,
          schema: handover.learn(message.schema, message.text),
        });
        break;
      case "probe":
        probed = true;
        if (message.wasm) break;
        // The worker may live under another policy than the page.
        if (where === "worker" && edge.canWasm()) nextHost(message.why);
        else none(message.why);
        break;
      case "ready":
        if (phase !== "booting" || message.engine !== mode.engine) break;
        enterPhase("ready");
        setMode(mode.engine, where, mode.why);
        deps.enter({ type: "engine", ...mode });
        break;
      case "failed":
        if ((phase === "booting" || phase === "ready") && message.engine === mode.engine)
          engineFailed(message.engine, message.why);
        break;
      case "actions":
        if (phase === "booting") since = deps.now(); // it replays: slow, not stuck
        for (const action of message.list) {
          if (action.do === "enter") deps.enter(action.event);
          else if (action.do === "config") configure(action.config);
          else if (action.do === "tell") tell(action.tick, action.text);
          else keep.take(action);
        }
        break;
      case "link":
        up = message.up;
        conn = message.conn;
        store.sessionToken = message.sessionToken ?? store.sessionToken;
        if (up) outbox.forget(message.through);
        cut.heard(store.sessionToken !== undefined, message);
        break;
      case "answer":
        questions.answer(message.id, message.value);
        break;
      case "want-tick":
        deps.wantTick();
        break;
      case "ended":
        if (message.why.startsWith("host failed")) {
          nextHost(message.why);
          break;
        }
        end();
        if (stopped) stopped(true);
        else deps.ended(message.why);
        break;
    }
    poll();
  }

  function configure(config: ServerConfig): void {
    pace.pass(config);
    off = config.off ?? off;
    const { engine } = config;
    // "auto" leaves the page its wish; an engine is not changed back for it.
    if (!engine || engine === "auto" || engine === wish) return;
    wish = engine;
    reason = "";
    const other = mode.engine !== engine && !failed.has(engine);
    if (other && (phase === "booting" || phase === "ready")) decide();
  }

  function poll(): void {
    const now = deps.now();
    const age = now - since;
    if (phase === "spawning" && age > ALIVE_MS) {
      nextHost(`${PLACES[where]} did not start within ${ALIVE_MS / 1000} s`);
    } else if (phase === "alive") {
      if (!probed) {
        if (age > PROBE_MS) nextHost(`${PLACES[where]} started and fell silent`);
      } else if (off) {
        // Nothing is measured: nothing is fetched.
      } else if (deps.connected() || stopped || now - begunAt >= BOOT_WAIT_MS) {
        if (handover.packRing()) decide();
        else deps.later(0, poll);
      }
    } else if (phase === "booting" && age > BOOT_MS) {
      if (heart.silence(now) > 6000) nextHost(`${PLACES[where]} hung while booting`);
      else engineFailed(mode.engine as EngineName, `not ready within ${BOOT_MS / 1000} s`);
    } else if ((phase === "ready" || phase === "none") && where === "worker") {
      heart.check(now, deps.hidden()); // on the main thread it would be our own
    }
    cut.check(now, mode);
    if (phase === "ready") pace.check(newest - outbox.last());
    if (phase === "stranded" && age > RETRY_MS && store.hostNumber < MAX_HOSTS) {
      reason = "";
      spawn("worker");
    }
    const what = deps.wanted();
    if (open() && String(what) !== listening) {
      listening = String(what);
      handle?.post({ type: "listen", what });
    }
    const hidden = deps.hidden();
    if (hidden !== hiddenTold && open()) {
      hiddenTold = hidden;
      handle?.post({ type: "timer", seconds: hidden ? 5 : 0 });
    }
  }

  function end(): void {
    generation++;
    handle?.end();
    handle = undefined;
    up = false;
    enterPhase("ended");
  }

  return {
    begin(): void {
      if (phase !== "idle") return;
      begunAt = deps.now();
      deps.enter({ type: "facts", facts: edge.facts });
      spawn("worker");
    },
    /** A report's rows; undefined while it is not known how, none where nothing reads them. */
    pack: (id: string, report: Report) =>
      phase === "none" ? new Float64Array() : handover.pack(id, report),
    /** A tick that is in the ring already. */
    tick(entry: Entry): void {
      newest = entry.tick;
      if (!open()) return;
      if (phase === "ready" && store.dropped) {
        deps.enter({ type: "lost", what: "ring", count: store.dropped });
        store.dropped = 0;
      }
      const tick = handover.tick(entry);
      handle?.post({ type: "tick", base: deps.base(), ...tick }, [tick.packed]);
    },
    log: keep.log,
    computed: keep.computed,
    poll,
    /** The page was away and its session claimed by a beacon: go on with a new owner. */
    again(why: string): void {
      if (phase === "idle" || phase === "ended") return;
      reason = why;
      spawn(where);
    },
    /** Tick `tick` was the final one: resolves when all is told (true) or its time is up. */
    async stop(tick: number): Promise<boolean> {
      if (!handle || (off && !open())) {
        end();
        return false;
      }
      last = tick;
      const told = await new Promise<boolean>((resolve) => {
        const cancel = deps.later(STOP_MS, () => resolve(false));
        stopped = (all) => {
          cancel();
          resolve(all);
        };
        if (open()) postLast();
        poll();
      });
      end();
      return told;
    },
    end,
    ask: async (what: Question): Promise<Json> =>
      handle ? questions.ask((id) => handle?.post({ type: "ask", id, what })) : null,
    info: () => ({ phase, ...mode, hostNumber: store.hostNumber, conn, up, ...keep.info() }),
  };
}
