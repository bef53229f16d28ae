// Small pieces that several screens share: search, ranges, tiles, tabs, words on old data.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { age, type Shown } from "../format";
import { useKeys } from "../keys";
import { useNow } from "../live";
import type { Answered } from "./answer";
import { Shape } from "./rating";
import { Failed, Skeleton } from "./states";

/** `/` comes here, Esc clears. What is typed is said once typing rests. */
export function Search({
  value,
  placeholder,
  label,
  set,
}: {
  value: string;
  placeholder: string;
  label: string;
  set: (text: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const timer = useRef(0);
  // Before the next key: what is typed after the change must not be taken back.
  useLayoutEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const say = (next: string, at: number): void => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => set(next), at);
  };
  useKeys({
    "/": () => input.current?.focus(),
    ...(text || value
      ? {
          Escape: () => {
            say("", 0);
            input.current?.blur();
          },
        }
      : {}),
  });
  return (
    <label class="search">
      <span class="off-screen">{label}</span>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d="M7 2.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6M10.6 10.6 14 14" />
      </svg>
      <input
        ref={input}
        type="search"
        placeholder={placeholder}
        value={text}
        maxLength={200}
        spellcheck={false}
        onInput={(event) => say(event.currentTarget.value, 200)}
      />
      <kbd>/</kbd>
    </label>
  );
}

/** One of some, as neighbouring buttons. */
export function Switch<T extends string>({
  label,
  options,
  chosen,
  choose,
}: {
  label: string;
  options: readonly (readonly [T, string])[];
  chosen: T;
  choose: (value: T) => void;
}) {
  return (
    <fieldset class="switch">
      <legend class="off-screen">{label}</legend>
      {options.map(([value, name]) => (
        <button
          type="button"
          key={value}
          aria-pressed={value === chosen}
          onClick={() => choose(value)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

export interface Tile {
  name: string;
  shown: Shown;
  /** A word below, of less weight. */
  note?: ComponentChildren;
  status?: "poor" | "fair" | undefined;
}

/** The few numbers that answer first. */
export function Tiles({
  tiles,
  label,
  busy = false,
}: {
  tiles: readonly Tile[];
  label: string;
  busy?: boolean;
}) {
  return (
    <dl class={`vitals tiles${busy ? " busy" : ""}`} aria-label={label} aria-busy={busy}>
      {tiles.map((tile) => (
        <div key={tile.name} class={tile.status ? `is-${tile.status}` : ""}>
          <dt>{tile.name}</dt>
          <dd class="num">
            {tile.status && <Shape rating={tile.status} />} <b>{tile.shown.value}</b>{" "}
            <small>{tile.shown.unit}</small>
            {tile.note && <span class="dim note-line">{tile.note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** An answer that could not be refreshed says why (aloud), and how old it is and of what. */
export function Stale({ from }: { from: Answered<unknown> }) {
  useNow(1000);
  if (!from.error || from.answer === null) return null;
  return (
    <p class="trouble banner">
      <span>
        <span role="alert">Not refreshed: {from.error}</span> What is shown is{" "}
        {age(Date.now() - from.at)} old{from.other && ", and of what was asked before"}.
      </span>
      <button type="button" onClick={from.again}>
        Try again
      </button>
    </p>
  );
}

/** A part of a screen with a question of its own: what was answered, grey rows, or why not. */
export function Part<T>({
  from,
  what,
  rows,
  kind,
  quiet = false,
  children,
}: {
  from: Answered<T>;
  /** Said where nothing came: "Requests over time cannot be shown". */
  what: string;
  rows: number;
  kind: "row" | "chart";
  /** Another part says already that nothing is refreshed. */
  quiet?: boolean;
  children: (answer: T) => ComponentChildren;
}) {
  if (from.answer !== null) {
    return (
      <>
        {!quiet && <Stale from={from} />}
        {children(from.answer)}
      </>
    );
  }
  if (!from.error) return <Skeleton rows={rows} kind={kind} />;
  return <Failed what={what} why={from.error} again={from.again} page={false} />;
}

/** A share as a number and a bar; status colours only where it is one. */
export function ShareBar({ share, status }: { share: number; status?: "poor" | "fair" | "good" }) {
  return (
    <svg
      class={`share-bar ${status ? `is-${status}` : ""}`}
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect class="track" width="100" height="4" />
      <rect
        class="fill"
        width={Math.min(100, share > 0 ? Math.max(1, share * 100) : 0)}
        height="4"
      />
    </svg>
  );
}
