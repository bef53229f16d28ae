// Where the page's peer connections and captures are noticed: one hook per page, however many
// copies of callvitals it loads. The page's own calls go through unchanged, errors included.

import type { JsonObject } from "./messages";

export interface Listener {
  connection(pc: RTCPeerConnection): void;
  capture(event: JsonObject & { type: string }): void;
}

interface Hub {
  listeners: Set<Listener>;
}

const KEY = Symbol.for("callvitals.hub");

type Page = typeof globalThis & {
  [KEY]?: Hub;
  webkitRTCPeerConnection?: typeof RTCPeerConnection;
};

/** Tells every listener; an error of ours must never reach the page's code. */
function tell(hub: Hub, what: (listener: Listener) => void): void {
  for (const listener of hub.listeners) {
    try {
      what(listener);
    } catch {
      // Do nothing.
    }
  }
}

/** Hooks the page's constructors, once, and returns the way to leave. Safe without a window. */
export function listen(listener: Listener): () => void {
  const page = globalThis as Page;
  let hub = page[KEY];
  if (!hub) {
    hub = { listeners: new Set() };
    Object.defineProperty(page, KEY, { value: hub });
    hookConnections(page, hub);
    hookCapture(hub, "getUserMedia");
    hookCapture(hub, "getDisplayMedia");
  }
  const { listeners } = hub;
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function hookConnections(page: Page, hub: Hub): void {
  const native = page.RTCPeerConnection;
  if (!native) return;
  // A proxy keeps statics, name, length, prototype and thereby instanceof and subclasses.
  const hooked: typeof native = new Proxy(native, {
    construct(target, args, newTarget): RTCPeerConnection {
      const pc: RTCPeerConnection = Reflect.construct(
        target,
        args,
        newTarget === hooked ? target : newTarget,
      );
      tell(hub, (listener) => listener.connection(pc));
      return pc;
    },
  });
  try {
    if (page.webkitRTCPeerConnection === native) page.webkitRTCPeerConnection = hooked;
    page.RTCPeerConnection = hooked;
    native.prototype.constructor = hooked;
  } catch {
    // A page that froze its globals keeps them; watch(pc) still works.
  }
}

/** `ended` comes where a device is unplugged or taken away, never by the page's own stop(). */
function watchTracks(stream: MediaStream, { capture }: Listener): void {
  for (const track of stream.getTracks()) {
    track.addEventListener("ended", () =>
      capture({ type: "media", what: "ended", kind: track.kind }),
    );
  }
}

function hookCapture(hub: Hub, what: "getUserMedia" | "getDisplayMedia"): void {
  const prototype = globalThis.MediaDevices?.prototype;
  const native = prototype?.[what];
  if (!native) return;
  const hooked = new Proxy(native, {
    apply(target, self, args) {
      const answer = Reflect.apply(target, self, args) as Promise<MediaStream> | undefined;
      if (typeof answer?.then !== "function") return answer; // of the page's own making
      const said = (more: JsonObject): void =>
        tell(hub, (listener) => {
          const { audio, video } = args[0] ?? {};
          listener.capture({ type: "media", what, audio: !!audio, video: !!video, ...more });
        });
      said({ asked: true });
      // The page gets a branch of its own, which a rejection passes through untouched: browsers do
      // not report an unhandled one that was thrown again by another origin's script, nor one whose
      // promise we had looked at.
      answer.then(undefined, (error) => said({ ok: false, error: String(error?.name ?? "Error") }));
      return answer.then((stream) => {
        said({ ok: true });
        if (what === "getUserMedia") tell(hub, (listener) => watchTracks(stream, listener));
        return stream;
      });
    },
  });
  try {
    prototype[what] = hooked;
  } catch {
    // As above.
  }
}
