// A rating is always a shape, a word and a colour together: none of them stands alone.
import type { Kind, Rating } from "../types";

export const RATINGS: readonly Rating[] = ["poor", "fair", "good", "unknown"];
/** The kinds of meetings, the worst first. */
export const KINDS: readonly Kind[] = ["failed", ...RATINGS];
export const WORD: Record<Kind, string> = {
  failed: "Never started",
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

/** Drawn by style/meetings.css: an SVG in each row of a scrolled list would cost a layer. */
export function Shape({ rating }: { rating: Kind }) {
  return <i class={`shape is-${rating}`} aria-hidden="true" />;
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
