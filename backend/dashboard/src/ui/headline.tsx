// The head of a meeting's and a participant's page: how it is, in the largest letters there are.
import { useEffect, useRef, useState } from "preact/hooks";
import { score as scoreText } from "../format";
import type { Kind, Rating } from "../types";
import { Shape, WORD } from "./rating";

/** Changes of rating, for those who listen instead of look: at most one word per 10 s. */
export function Announce({ rating, who }: { rating: Rating; who: string }) {
  const [text, setText] = useState("");
  const said = useRef({ rating, at: 0 });
  useEffect(() => {
    if (said.current.rating === rating) return;
    const wait = Math.max(0, said.current.at + 10_000 - Date.now());
    const timer = setTimeout(() => {
      said.current = { rating, at: Date.now() };
      setText(`${who}: ${WORD[rating].toLowerCase()}`);
    }, wait);
    return () => clearTimeout(timer);
  }, [rating, who]);
  return (
    <div class="off-screen" aria-live="polite">
      {text}
    </div>
  );
}

export function Headline({
  name,
  id,
  rating,
  score,
  sentence,
  badge,
  live,
  facts,
}: {
  name: string;
  id?: string;
  rating: Kind;
  score: number | null;
  sentence: string | null;
  badge?: { rating: Rating; text: string } | undefined;
  live: boolean;
  facts: string[];
}) {
  return (
    <header class={`headline is-${rating}`}>
      <div class="big">
        <Shape rating={rating} />
        <b>{scoreText(score)}</b>
        <span>{WORD[rating]}</span>
      </div>
      <div class="words">
        <h1 title={name}>
          <bdi>{name}</bdi>
          {id && (
            <small>
              <bdi>{id}</bdi>
            </small>
          )}
        </h1>
        {sentence && (
          <p class="sentence">
            {badge && <span class={`badge all is-${badge.rating}`}>{badge.text}</span>}{" "}
            <bdi>{sentence}</bdi>
          </p>
        )}
        <p class="dim facts-line">
          <span class={live ? "presence live" : "presence"}>{live ? "Live" : "Ended"}</span>
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
    </header>
  );
}
