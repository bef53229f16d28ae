// What callvitals offers to the host app: the same functions from the script tag and from npm.
// A mistake of the programmer throws from `init` alone; nothing else ever throws.

import { cleanObject } from "./clean";
import { listen } from "./hub";
import type { Api, Events, Options, Score } from "./public";
import { type Session, startSession, VERSION } from "./session";

/** `defaults`: from the script tag. Safe to call where there is no window: it then does nothing. */
export function createApi(defaults: Partial<Options> = {}): Api {
  const inPage = typeof document === "object";
  let current: Session | null = null;
  let hooked = false;
  const early = new Set<RTCPeerConnection>(); // made before `init`
  const callbacks: { [E in keyof Events]: Set<(value: Events[E]) => void> } = {
    mode: new Set(),
    end: new Set(),
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

  function found(pc: RTCPeerConnection): void {
    if (current) {
      current.watch(pc);
      return;
    }
    for (const old of early) if (old.signalingState === "closed") early.delete(old);
    early.add(pc);
  }

  function hook(): void {
    if (hooked || !inPage) return;
    hooked = true;
    listen({
      connection: found,
      capture(event) {
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
      const server = new URL(options.host || location.origin, location.href).href.replace(
        /\/+$/,
        "",
      );
      void api.stop();
      const { participant: participantId, name, key, token, engine = "auto" } = options;
      const meta = options.meta && cleanObject(options.meta);
      const session = startSession(
        { server, meetingId, participantId, name, key, token, meta, engine },
        (mode) => fire("mode", mode),
        (why) => {
          console.warn(`callvitals: the session ended: ${why}`);
          if (current === session) current = null;
          fire("end", { why });
        },
      );
      current = session;
      if (options.auto !== false) hook();
      for (const pc of early) session.watch(pc);
      early.clear();
    },
    watch: found,
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
    label(track, whose) {
      const id = typeof track === "string" ? track : track.id;
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
    async score() {
      const state = (await api.debug.state()) as {
        score?: number;
        rating?: Score["rating"];
      } | null;
      if (!state?.rating) return null;
      return { name: "score", value: state.score ?? 0, rating: state.rating };
    },
    debug: {
      state: async () => current?.state() ?? null,
      info: () => current?.info() ?? null,
    },
  };
  if (defaults.auto !== false) hook();
  return api;
}
