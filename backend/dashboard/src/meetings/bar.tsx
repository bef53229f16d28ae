// How all meetings are, as one bar; each part is a button that filters.
import type { Rating } from "../types";
import { RATINGS, Shape, WORD } from "../ui/rating";

export function RatingBar({
  counts,
  chosen,
  choose,
}: {
  counts: Record<Rating, number>;
  chosen: Rating | "";
  choose: (rating: Rating | "") => void;
}) {
  const total = RATINGS.reduce((sum, rating) => sum + (counts[rating] ?? 0), 0);
  return (
    <div class="ratings">
      <div class="bar" aria-hidden="true">
        {RATINGS.map((rating) => {
          const n = counts[rating] ?? 0;
          const faded = chosen && chosen !== rating ? " faded" : "";
          return n > 0 ? (
            // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: the buttons below do the same
            <i
              key={rating}
              class={`is-${rating}${faded}`}
              style={{ flexGrow: String(n) }}
              onClick={() => choose(chosen === rating ? "" : rating)}
            />
          ) : null;
        })}
        {total === 0 && <i class="none" />}
      </div>
      <fieldset class="chips">
        <legend class="off-screen">Show only</legend>
        {RATINGS.map((rating) => (
          <button
            type="button"
            key={rating}
            class={`chip is-${rating}${counts[rating] ? "" : " zero"}`}
            aria-pressed={chosen === rating}
            onClick={() => choose(chosen === rating ? "" : rating)}
          >
            <Shape rating={rating} />
            <b>{(counts[rating] ?? 0).toLocaleString("en")}</b> {WORD[rating].toLowerCase()}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
