// The log of a message (rule 8 of the wire), encoded without an engine: for the beacon of a page
// that goes away. The same as `encode_log` of the core's wire.py, which does all other messages.

import type { JsonObject, Row } from "./messages";

type Column = { at: [number, number][]; d: number[] };

export interface Log {
  from: number;
  to: number;
  cols: Record<string, Column>;
  events: JsonObject[];
  lost?: number;
}

type RowContent = { tick: number; t: number; values: Record<string, number>; events: JsonObject[] };

/**
 * The first unbroken run of rows after tick `through`, at most `maxChars` of their texts.
 * Ticks missing before it are declared lost; undefined where there are no rows.
 */
export function encodeLog(rows: Row[], through: number, maxChars: number): Log | undefined {
  const cols: Record<string, Column> = {};
  const last: Record<string, number> = {};
  let log: Log | undefined;
  let chars = 0;
  for (const { tick, text } of rows) {
    if (tick <= through) continue;
    chars += text.length;
    if (chars > maxChars || (log && tick !== log.to + 1)) break;
    log ??= { from: tick, to: tick, cols, events: [] };
    log.to = tick;
    const offset = tick - log.from;
    const row = JSON.parse(text) as RowContent;
    for (const [name, value] of Object.entries({ ...row.values, t: row.t })) {
      let col = cols[name];
      if (!col) {
        col = { at: [], d: [] };
        cols[name] = col;
      }
      const run = col.at.at(-1);
      if (run && run[0] + run[1] === offset) run[1]++;
      else col.at.push([offset, 1]);
      col.d.push(value - (last[name] ?? 0));
      last[name] = value;
    }
    for (const event of row.events) log.events.push({ ...event, tick });
  }
  if (log && log.from > through + 1) log.lost = log.from - through - 1;
  return log;
}
