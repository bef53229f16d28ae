// What callvitals offers to the host app: the same functions from the script tag and from npm.
// A mistake of the programmer throws from `init` alone; nothing else ever throws.

import { cleanObject } from "./clean";
import { listen } from "./hub";
import type { Api, Events, Options, Score } from "./public";
import { type Session, startSession, VERSION } from "./session";

/** What the engine says; the rest of the events is the page's own. */
const SAID = ["sample", "score", "issue"] as const;

/** The same, but nothing of it throws: what went wrong is said in the console. */
export function quiet(api: Api): Api {
  const members = Object.entries(api).map(([name, member]) => {
    if (typeof member !== "function") return [name, member];
    const run = (...given: unknown[]): unknown => {
      try {
        return (member as (...given: unknown[]) => unknown)(...given);
      } catch (error) {
        const said = String((error as Error)?.message ?? error);
        console.warn(said.replace(/^(callvitals: )?/, "callvitals: "));
      }
    };
    return [name, run];
  });
  return Object.fromEntries(members);
}

/** `defaults`: from the script tag. Safe to call where there is no window: it then does nothing. */
export function createApi(defaults: Partial<Options> = {}): Api {
  const inPage = typeof document === "object";
  let current: Session | null = null;
  let hooked = false;
  let hinted = false; // that nothing is measured; or a meeting was named
  let auto = true; // of the current session: watch what the page did not give to `watch`
  const early = new Map<RTCPeerConnection, boolean>(); // found while no session ran: given to `watch`?
  const callbacks: { [E in keyof Events]: Set<(value: Events[E]) => void> } = {
    mode: new Set(),
    end: new Set(),
    sample: new Set(),
    score: new Set(),
    issue: new Set(),
  };

  function fire<E extends keyof Events>(event: E, value: Events[E]): void {
    for (const run of callbacks[event]) {
      try {
        run(value);
      } catch (error) {
        console.warn("callvitals: a callback of yours threw", error);
      }
    }
  }

  function found(pc: RTCPeerConnection, given: boolean): void {
    if (!pc?.getStats) throw new TypeError("watch needs an RTCPeerConnection");
    if (current) {
      if (given || auto) current.watch(pc);
      return;
    }
    for (const old of early.keys()) if (old.signalingState === "closed") early.delete(old);
    if (given || !early.has(pc)) early.set(pc, given);
    if (hinted || given) return;
    hinted = true;
    console.info("callvitals: nothing is measured before init({ meeting })");
  }

  function hook(): void {
    if (hooked || !inPage) return;
    hooked = true;
    listen({
      connection: (pc) => found(pc, false),
      capture(event) {
        if (!auto) return;
        current?.begin();
        current?.add(event);
      },
    });
  }

  const api: Api = {
    version: VERSION,
    init(given) {
      const options = { ...defaults, ...given };
      const meetingId = options.meeting;
      if (typeof meetingId !== "string" || !meetingId)
        throw new TypeError("callvitals: init needs a meeting");
      if (!inPage) return;
      hinted = true;
      const server = new URL(options.host || location.origin, location.href).href.replace(
        /\/+$/,
        "",
      );
      void api.stop();
      const { participant: participantId, name, key, token, engine = "auto" } = options;
      const meta = options.meta && cleanObject(options.meta);
      const session = startSession(
        { server, meetingId, participantId, name, key, token, meta },
        engine,
        {
          mode: (mode) => fire("mode", mode),
          end(why) {
            console.warn(`callvitals: the session ended: ${why}`);
            if (current === session) current = null;
            fire("end", { why });
          },
          wanted: () => SAID.filter((event) => callbacks[event].size),
          tell(event, data) {
            if (current === session) fire(event, data as Events[typeof event]);
          },
        },
      );
      current = session;
      auto = options.auto !== false;
      if (auto) hook();
      for (const [pc, given] of early) if (given || auto) session.watch(pc);
      early.clear();
    },
    watch: (pc) => found(pc, true),
    async stop() {
      const session = current;
      current = null;
      if (!session) return;
      await session.stop();
      fire("end", { why: "stop" });
    },
    mark(name, data) {
      const event = { type: "mark", name: String(name).slice(0, 100) };
      current?.add(data ? { ...event, data: cleanObject(data) } : event);
    },
    label(whom, whose) {
      // A track, its receiver or sender, or a track's id.
      const { track = whom } = whom as RTCRtpReceiver;
      const id = typeof whom === "string" ? whom : (track as { id: string }).id;
      const { participant, source } = whose;
      current?.add({ type: "label", track: id, ...cleanObject({ participant, source }) });
    },
    rate(stars, text) {
      const event = { type: "rate", stars: Math.round(stars) || 0 };
      current?.add(text ? { ...event, text: String(text).slice(0, 1000) } : event);
    },
    on(event, run) {
      callbacks[event]?.add(run);
      return () => callbacks[event]?.delete(run);
    },
    score: async () => ((await current?.ask("score")) ?? null) as Score | null,
    debug: {
      state: async () => (await current?.ask("state")) ?? null,
      info: () => current?.info() ?? null,
    },
  };
  if (defaults.auto !== false) hook();
  return api;
}
