// What a page that goes away, or can have no host or no socket, tells the service: a beacon (rule 19
// of the wire).

import { PROTOCOL } from "./generated/fields";
import type { Log } from "./log";
import type { HostOptions, JsonObject } from "./messages";
import type { Entry, Store } from "./ring";

/** A beacon holds 64 kB; the rest is for `auth`. */
export const BEACON_CHARS = 52_000;

/** No part of a row, as in the core's events.py. */
const SILENT = /^(facts|watch|config)$/;

/** The log of ticks that nothing computed: when they were, and what happened in them. */
export function bareLog(ticks: Entry[]): Log | undefined {
  const first = ticks[0];
  if (!first) return undefined;
  let before = 0;
  const d = ticks.map(({ t }) => {
    const step = t - before;
    before = t;
    return step;
  });
  const log: Log = {
    from: first.tick,
    to: first.tick + ticks.length - 1,
    cols: { t: { at: [[0, ticks.length]], d } },
    events: ticks.flatMap(({ tick, events }) =>
      events.filter(({ type }) => !SILENT.test(type)).map((event) => ({ ...event, tick })),
    ),
  };
  if (first.tick) log.lost = first.tick;
  const { length } = JSON.stringify(log);
  return length > BEACON_CHARS && ticks[1] ? bareLog(ticks.slice(ticks.length >> 1)) : log;
}

/**
 * Sends a log, where the session is over its final tick, and where no socket can say it a state. It
 * claims the session as `conn`, by default as a new owner of the socket. `send`: navigator.sendBeacon.
 */
export type Beacon = (
  said: { log?: Log | undefined; last?: number | undefined; state?: JsonObject },
  conn?: number,
) => void;

export function createBeacon(
  options: HostOptions,
  sessionId: string,
  store: Store,
  send: (url: string, text: string) => void,
): Beacon {
  return (said, conn = ++store.hostNumber * 65536) => {
    const { server, ...who } = options;
    const { sessionToken } = store;
    const auth = { ...who, protocol: PROTOCOL, sessionToken, sessionId, conn };
    try {
      send(`${server}/ingest/last`, JSON.stringify({ auth, ...said }));
    } catch {
      // Nobody is left to be told.
    }
  };
}
