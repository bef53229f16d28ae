// What a new engine inherits beside the ring: the newest checkpoint and the mirror of the outbox.

import { BEACON_CHARS, bareLog } from "./farewell";
import { encodeLog, type Log } from "./log";
import type { Checkpoint, PageAction } from "./messages";
import { createOutbox } from "./outbox";
import type { Entry, Store } from "./ring";

export function createKeep(store: Store, now: () => number) {
  const outbox = createOutbox();
  const keep = {
    /** Has an engine ever made a row? */
    computed: (): boolean => outbox.last() >= 0,
    checkpoint: null as Checkpoint | null,
    outbox,
    /** Carries out what concerns rows and checkpoints. */
    take(action: PageAction): void {
      if (action.do === "row") outbox.add(action.tick, action.text, now());
      else if (action.do === "stored") outbox.forget(action.through);
      else if (action.do === "checkpoint" && action.tick > (keep.checkpoint?.tick ?? -1)) {
        const { tick, text } = action;
        keep.checkpoint = { tick, text };
        store.ring = store.ring.filter((entry) => entry.tick > tick);
      }
    },
    /** The rows not stored yet, as a beacon's log; where no engine ever made one, `ticks` as they are. */
    log(ticks: Entry[]): Log | undefined {
      if (!keep.computed()) return bareLog(ticks);
      return encodeLog(outbox.rows(), outbox.through, BEACON_CHARS);
    },
    info: () => ({
      outbox: outbox.size(),
      outboxBytes: outbox.chars(),
      rowsDropped: outbox.dropped,
      rowsUnequal: outbox.unequal,
      through: outbox.through,
      checkpoint: keep.checkpoint?.tick ?? -1,
    }),
  };
  return keep;
}
