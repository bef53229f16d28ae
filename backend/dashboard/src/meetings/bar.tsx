// How all meetings are, as one bar; each part is a button that filters.
import type { Kind } from "../types";
import { KINDS, Shape, WORD } from "../ui/rating";

const nameOf = (kind: Kind): string => WORD[kind].toLowerCase();

export function RatingBar({
  counts,
  chosen,
  choose,
}: {
  counts: Record<Kind, number>;
  chosen: Kind | "";
  choose: (kind: Kind | "") => void;
}) {
  const total = KINDS.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0);
  const toggle = (kind: Kind) => () => choose(chosen === kind ? "" : kind);
  // Those that never started are seldom: the chip comes with them.
  const chips = KINDS.filter((kind) => kind !== "failed" || counts.failed || chosen === kind);
  return (
    <div class="ratings">
      <div class="bar" aria-hidden="true">
        {KINDS.map((kind) => {
          const n = counts[kind] ?? 0;
          const faded = chosen && chosen !== kind ? " faded" : "";
          return n > 0 ? (
            // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: the buttons below do the same
            <i
              key={kind}
              class={`is-${kind}${faded}`}
              style={{ flexGrow: String(n) }}
              title={`${n.toLocaleString("en")} ${nameOf(kind)}`}
              onClick={toggle(kind)}
            />
          ) : null;
        })}
        {total === 0 && <i class="none" />}
      </div>
      <fieldset class="chips">
        <legend class="off-screen">Show only</legend>
        {chips.map((kind) => (
          <button
            type="button"
            key={kind}
            class={`chip is-${kind}${counts[kind] ? "" : " zero"}`}
            aria-pressed={chosen === kind}
            onClick={toggle(kind)}
          >
            <Shape rating={kind} />
            <b>{(counts[kind] ?? 0).toLocaleString("en")}</b> {nameOf(kind)}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
