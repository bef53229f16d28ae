// How the page's ticks become what travels: packed rows, and the strings they use first. What the
// engines read is told by their host; reports that came before that word are packed after it, piece
// by piece, so that the page is not blocked.

import type { Schema, Tick } from "./messages";
import { createPacker, join, type Packer } from "./pack";
import type { Entry, Part, Report, Store } from "./ring";

const SLICE_MS = 8;

export type Handover = ReturnType<typeof createHandover>;

export function createHandover(store: Store, now: () => number) {
  let packer: Packer | undefined;
  let known: Schema = [];
  let told = 0; // strings that have travelled

  function packed(part: Part): Float64Array {
    if (part instanceof Float64Array) return part;
    return packer?.pack(part.id, part.report) ?? new Float64Array();
  }

  return {
    /** What a host's engines read; the first one's word holds for the session, and is given back. */
    learn(schema: Schema, text: string[]): Schema {
      if (!packer) {
        packer = createPacker(schema, new Set(text));
        known = schema;
      }
      return known;
    },
    /** The session's strings so far. */
    strings: (): string[] => packer?.strings ?? [],
    /** A report's rows; undefined while it is not known how. */
    pack: (id: string, report: Report): Float64Array | undefined => packer?.pack(id, report),
    /** Packs what the ring holds, as much as may be done in one go; is all of it packed? */
    packRing(): boolean {
      const began = now();
      for (const entry of store.ring) {
        if (now() - began > SLICE_MS) return false;
        entry.parts = entry.parts.map(packed);
      }
      return true;
    },
    /** The tick as it travels. */
    tick({ tick, t, events, parts }: Entry): Tick {
      const rows = join(parts.map(packed)); // may bring new strings
      const list = packer?.strings.slice(told) ?? [];
      const at = told;
      told += list.length;
      return { tick, t, events, strings: { at, list }, packed: rows };
    },
  };
}
