// The page's mirror of the engine's outbox: finished rows until the service has stored them. What a
// new engine inherits, what `pagehide` sends.

import type { Row } from "./messages";

const OUTBOX_CHARS = 1 << 20;
const OUTBOX_MS = 3_600_000;

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
