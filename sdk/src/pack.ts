// getStats reports → one Float64Array (docs/internals.md, "Packed rows").
//
// A row is the type's index in the schema, then one number per field of that type; NaN = absent.
// Strings are interned: the row holds a place in `strings`, which only grows, so that engine, ring
// and recordings share one table for the whole session.

import type { Schema } from "./messages";
import type { Report } from "./ring";

/** Beyond this the table is full and further strings are absent: a page must not leak through us. */
const MAX_STRINGS = 65536;

type Column = { name: string; inner: string; text: boolean };

export interface Packer {
  /** The session's strings, in the order of their first use. */
  strings: string[];
  /** The rows of one peer connection, in an array of their own; none where the report is no report. */
  pack(id: string, report: Report): Float64Array;
}

/** The rows of a tick in one buffer. */
export function join(parts: Float64Array[]): ArrayBuffer {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.buffer;
}

/** `text`: names of the fields that hold strings. */
export function createPacker(schema: Schema, text: ReadonlySet<string>): Packer {
  const strings: string[] = [];
  const places = new Map<string, number>();
  // "qualityLimitationDurations.cpu" is the member `cpu` of an object: split here, once.
  const types = new Map<string, { index: number; columns: Column[] }>();
  schema.forEach(([type, fields], index) => {
    const columns = fields.map((field) => {
      const [name = "", inner = ""] = field.split(".");
      return { name, inner, text: text.has(field) };
    });
    types.set(type, { index, columns });
  });
  let rows = new Float64Array(2048);
  let end = 0;

  function place(value: string): number {
    let at = places.get(value);
    if (at === undefined) {
      if (strings.length >= MAX_STRINGS) return NaN;
      at = strings.push(value) - 1;
      places.set(value, at);
    }
    return at;
  }

  function put(stat: Record<string, unknown>): void {
    const type = types.get(stat.type as string);
    if (!type) return;
    if (end + type.columns.length >= rows.length) {
      const wider = new Float64Array(rows.length * 2);
      wider.set(rows);
      rows = wider;
    }
    rows[end++] = type.index;
    for (const column of type.columns) {
      let value = stat[column.name];
      if (column.inner) value = (value as Record<string, unknown> | undefined)?.[column.inner];
      rows[end++] = column.text
        ? typeof value === "string"
          ? place(value)
          : NaN
        : typeof value === "number" || typeof value === "boolean"
          ? Number(value)
          : NaN;
    }
  }

  return {
    strings,
    pack(id, report) {
      end = 0;
      try {
        put({ type: "pc", id });
        report.forEach(put);
      } catch {
        end = 0; // a getStats of the page's own making: as if it had not answered
      }
      return rows.slice(0, end);
    },
  };
}
