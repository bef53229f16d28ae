// What an engine may need again: the ring holds the ticks since its last checkpoint. Kept by the
// session from its first moment, when there is neither an engine nor anything that could pack.

import type { RingEvent } from "./messages";

/** Two minutes at one tick a second: as long as a first boot may take, with room. */
const RING_TICKS = 120;

/** What getStats() answers with: anything that hands out its stats objects one by one. */
export interface Report {
  forEach(visit: (stat: Record<string, unknown>) => void): void;
}

/** A connection's report: its rows, or, while no bridge is there to pack it, as it came. */
export type Part = Float64Array | { id: string; report: Report };

/** A tick as the page keeps it. */
export interface Entry {
  tick: number;
  /** Epoch ms by the page's clock, an integer. */
  t: number;
  events: RingEvent[];
  parts: Part[];
}

export interface Store {
  /** Ticks without holes, oldest first. */
  ring: Entry[];
  /** Ticks dropped since last asked, because no engine took them in time. */
  dropped: number;
  /** Of the newest owner of the socket; raised for each new one, and for each beacon. */
  hostNumber: number;
  sessionToken: string | undefined;
}

export const createStore = (): Store => ({
  ring: [],
  dropped: 0,
  hostNumber: 0,
  sessionToken: undefined,
});

export function push(store: Store, entry: Entry): void {
  store.ring.push(entry);
  if (store.ring.length > RING_TICKS) {
    store.ring.shift();
    store.dropped++;
  }
}
