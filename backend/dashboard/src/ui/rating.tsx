// A rating is always a shape, a word and a colour together: none of them stands alone.
import type { JSX } from "preact";
import type { Kind, Rating } from "../types";

export const RATINGS: readonly Rating[] = ["poor", "fair", "good", "unknown"];
/** The kinds of meetings, the worst first. */
export const KINDS: readonly Kind[] = ["failed", ...RATINGS];
export const WORD: Record<Kind, string> = {
  failed: "Failed",
  poor: "Poor",
  fair: "Fair",
  good: "Good",
  unknown: "Unknown",
};

// Issues of who never got into the call (model.py has the same).
const NEVER_STARTED = new Set(["connect-failed", "no-permission"]);

/** Who has no score and could not get in has no unknown rating: the call never started. */
export const kindOf = (rating: Rating, open: readonly { type: string }[]): Kind =>
  rating === "unknown" && open.some((issue) => NEVER_STARTED.has(issue.type)) ? "failed" : rating;

const SHAPE: Record<Kind, JSX.Element> = {
  failed: <path d="M2 2 10 10M10 2 2 10" fill="none" stroke="currentColor" stroke-width="2.6" />,
  good: <circle cx="6" cy="6" r="5" />,
  fair: <path d="M6 .8 11.6 11H.4Z" />,
  poor: <rect x="1" y="1" width="10" height="10" rx="1" />,
  unknown: <circle cx="6" cy="6" r="4.1" fill="none" stroke="currentColor" stroke-width="1.8" />,
};

export function Shape({ rating }: { rating: Kind }) {
  return (
    <svg class={`shape is-${rating}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {SHAPE[rating]}
    </svg>
  );
}

/** Shape and word. */
export function Rated({ rating }: { rating: Kind }) {
  return (
    <span class={`rated is-${rating}`}>
      <Shape rating={rating} />
      <span>{WORD[rating]}</span>
    </span>
  );
}
