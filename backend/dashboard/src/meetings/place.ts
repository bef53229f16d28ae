// Which row the list was left by: who comes back to the same list is led there again.
export interface Place {
  key: string;
  line: number;
  /** Where the row stood, px below the list's top. */
  below: number;
}

let left: (Place & { list: string }) | null = null;
const here = (): string => location.pathname + location.search;

export function leave(place: Place): void {
  left = { ...place, list: here() };
}

/** Null: this list was not left by a row. */
export const leftAt = (): Place | null => (left?.list === here() ? left : null);

/** The same, once. */
export function comeBack(): Place | null {
  const place = leftAt();
  if (place) left = null;
  return place;
}
