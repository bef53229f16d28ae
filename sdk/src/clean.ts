// What the host app hands us, made fit for the wire (rule 7): strings, booleans, integers, objects.

import type { Json, JsonObject } from "./messages";

const MAX_TEXT = 1000;
const MAX_KEYS = 32;
const MAX_LEVELS = 2;

/** Undefined for what has no place on the wire. Fractions and lists become text. */
function cleanValue(value: unknown, level: number): Json | undefined {
  if (typeof value === "string") return value.slice(0, MAX_TEXT);
  if (typeof value === "boolean" || Number.isSafeInteger(value)) return value as Json;
  if (typeof value === "number") return String(value);
  if (!value || typeof value !== "object") return undefined;
  if (Array.isArray(value) || level >= MAX_LEVELS) return String(value).slice(0, MAX_TEXT);
  return cleanObject(value, level + 1);
}

/** A copy of an object of the host app with at most 32 members on at most two levels. */
export function cleanObject(value: object, level = 1): JsonObject {
  const out: JsonObject = {};
  for (const [key, member] of Object.entries(value).slice(0, MAX_KEYS)) {
    const kept = cleanValue(member, level);
    if (kept !== undefined) out[key.slice(0, 64)] = kept;
  }
  return out;
}
