// What an engine may need again: the ring holds ticks, the outbox finished rows.

import type { Checkpoint, Row, Tick } from "./messages";

/** Two minutes at one tick a second: as long as a first boot may take, with room. */
const RING_TICKS = 120;
const OUTBOX_CHARS = 1 << 20;
const OUTBOX_MS = 3_600_000;

export interface Ring {
  size(): number;
  /** Ticks dropped since last asked, because no engine took them in time. */
  takeDropped(): number;
  push(tick: Tick): void;
  /** A checkpoint covers all ticks ≤ `tick`. */
  forget(tick: number): void;
  /** Copies, oldest first: their buffers may be transferred. */
  copies(): Tick[];
}

export function copyTick(tick: Tick): Tick {
  return { ...tick, packed: tick.packed.slice(0) };
}

export function createRing(limit = RING_TICKS): Ring {
  let ticks: Tick[] = [];
  let dropped = 0;
  return {
    size: () => ticks.length,
    takeDropped() {
      const count = dropped;
      dropped = 0;
      return count;
    },
    push(tick) {
      ticks.push(tick);
      if (ticks.length > limit) {
        ticks.shift();
        dropped++;
      }
    },
    forget(upTo) {
      ticks = ticks.filter((tick) => tick.tick > upTo);
    },
    copies: () => ticks.map(copyTick),
  };
}

export interface Outbox {
  /** The last tick the service stored; -1: none. */
  through: number;
  /** Rows dropped for want of room; rows that came twice and were not equal. */
  dropped: number;
  unequal: number;
  size(): number;
  chars(): number;
  rows(): Row[];
  /** The newest tick with a row, stored or not. */
  last(): number;
  /** A finished row; one that is stored or here already is dropped. `now`: ms. */
  add(tick: number, text: string, now: number): void;
  forget(through: number): void;
}

/** The page's mirror of the engine's outbox: what a new engine inherits, what `pagehide` sends. */
export function createOutbox(): Outbox {
  const kept = new Map<number, { text: string; at: number }>(); // ascending: engines go forward
  let chars = 0;
  function drop(tick: number, text: string): void {
    kept.delete(tick);
    chars -= text.length;
  }
  const outbox: Outbox = {
    through: -1,
    dropped: 0,
    unequal: 0,
    size: () => kept.size,
    chars: () => chars,
    rows: () => [...kept].map(([tick, { text }]) => ({ tick, text })),
    last: () => Math.max(outbox.through, ...kept.keys()),
    add(tick, text, now) {
      const known = kept.get(tick);
      if (known && known.text !== text) outbox.unequal++;
      if (known || tick <= outbox.through) return;
      kept.set(tick, { text, at: now });
      chars += text.length;
      for (const [oldest, row] of kept) {
        if (chars <= OUTBOX_CHARS && now - row.at <= OUTBOX_MS) break;
        drop(oldest, row.text);
        outbox.dropped++;
      }
    },
    forget(through) {
      outbox.through = Math.max(outbox.through, through);
      for (const [tick, row] of kept) {
        if (tick > through) break;
        drop(tick, row.text);
      }
    },
  };
  return outbox;
}

/** All that outlives a host of the engine; kept by the session. */
export interface Store {
  ring: Ring;
  outbox: Outbox;
  checkpoint: Checkpoint | null;
  /** Of the newest owner of the socket; raised for each new one, and for each beacon. */
  hostNumber: number;
  sessionToken: string | undefined;
}

export const createStore = (): Store => ({
  ring: createRing(),
  outbox: createOutbox(),
  checkpoint: null,
  hostNumber: 0,
  sessionToken: undefined,
});
