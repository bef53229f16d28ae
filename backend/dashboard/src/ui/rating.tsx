// A rating is always a shape, a word and a colour together: none of them stands alone.
import type { JSX } from "preact";
import { score as scoreText } from "../format";
import type { Rating } from "../types";

export const RATINGS: readonly Rating[] = ["poor", "fair", "good", "unknown"];
export const WORD: Record<Rating, string> = {
  poor: "Poor",
  fair: "Fair",
  good: "Good",
  unknown: "Unknown",
};

const SHAPE: Record<Rating, JSX.Element> = {
  good: <circle cx="6" cy="6" r="5" />,
  fair: <path d="M6 .8 11.6 11H.4Z" />,
  poor: <rect x="1" y="1" width="10" height="10" rx="1" />,
  unknown: <circle cx="6" cy="6" r="4.1" fill="none" stroke="currentColor" stroke-width="1.8" />,
};

export function Shape({ rating }: { rating: Rating }) {
  return (
    <svg class={`shape is-${rating}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {SHAPE[rating]}
    </svg>
  );
}

/** Shape and word. `over` greys it: the call is ended and the rating is history. */
export function Rated({ rating, over = false }: { rating: Rating; over?: boolean }) {
  return (
    <span class={`rated is-${over ? "over" : rating}`}>
      <Shape rating={rating} />
      <span>{WORD[rating]}</span>
    </span>
  );
}

/** 1–5 as a number and a short bar; the bar starts at 1, the worst there is. */
export function Score({ score, rating }: { score: number | null; rating: Rating }) {
  const share = score === null ? 0 : Math.min(1, Math.max(0.03, (score - 1) / 4));
  return (
    <span class={`score is-${rating}`}>
      <b>{scoreText(score)}</b>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="6" rx="3" />
        {score !== null && <rect class="fill" width={100 * share} height="6" rx="3" />}
      </svg>
    </span>
  );
}
