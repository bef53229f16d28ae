// Which job stands at which line. Rows never jump under the pointer: while the list is held, lines keep
// their job, and only what a row says changes. Pure.

/** `newest` in the order of `before`; `moved`: lines that would change if the list were let go. */
export function keepLines<T extends { id: string }>(
  before: readonly T[],
  newest: readonly T[],
): { items: T[]; moved: number } {
  const now = new Map(newest.map((one) => [one.id, one]));
  const items = before.map((one) => now.get(one.id) ?? one);
  let moved = 0;
  for (let i = 0; i < Math.max(items.length, newest.length); i++) {
    if (items[i]?.id !== newest[i]?.id) moved++;
  }
  return { items, moved };
}
