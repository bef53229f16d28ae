// What a page that goes away, or can have no host, tells the service: a beacon (rule 19 of the wire),
// made without an engine from the rows at hand.

import { PROTOCOL } from "./generated/fields";
import { encodeLog, type Log } from "./log";
import type { HostOptions } from "./messages";
import type { Store } from "./ring";

/** A beacon holds 64 kB; the rest is for `auth`. */
const BEACON_CHARS = 52_000;

export interface Farewell {
  /** The rows that the service has not got yet; `last`: the final tick, where it is over. */
  rest(last?: number): void;
  /** Nothing can compute and nothing can send, and why; `tick`, `t`: of the next tick. */
  stranded(why: string, tick: number, t: number): void;
}

/** `send`: navigator.sendBeacon. Each beacon claims the session as a new owner of the socket would. */
export function createFarewell(
  options: HostOptions,
  sessionId: string,
  store: Store,
  send: (url: string, text: string) => void,
): Farewell {
  function beacon(log: Log | undefined, last?: number): void {
    const { server, ...who } = options;
    const { sessionToken } = store;
    const conn = ++store.hostNumber * 65536;
    const auth = { ...who, protocol: PROTOCOL, sessionToken, sessionId, conn };
    try {
      send(`${server}/ingest/last`, JSON.stringify({ auth, log, last }));
    } catch {
      // Nobody is left to be told.
    }
  }
  const farewell: Farewell = {
    rest(last) {
      const { outbox } = store;
      beacon(encodeLog(outbox.rows(), outbox.through, BEACON_CHARS), last);
    },
    stranded(why, tick, t) {
      const events = [{ type: "engine", engine: "none", host: "none", why }];
      const text = JSON.stringify({ tick, t, values: {}, events });
      if (store.outbox.size()) farewell.rest();
      beacon(encodeLog([{ tick, text }], store.outbox.last(), BEACON_CHARS));
    },
  };
  return farewell;
}
