// The inputs of a rule's form.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { scaled, secondsOf, spanText, typed } from "./words";

export function Field({
  name,
  help,
  children,
  long = false,
}: {
  name: string;
  help?: string;
  children: ComponentChildren;
  long?: boolean;
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is its child
    <label class={`field${long ? " long" : ""}`}>
      <span>{name}</span>
      {children}
      {help && <small>{help}</small>}
    </label>
  );
}

/** A number in the unit that people type. */
export function Amount({
  value,
  unit,
  set,
  label,
}: {
  value: number | null;
  unit: string;
  set: (value: number | null) => void;
  label: string;
}) {
  const { unit: shown, scale } = typed(unit);
  const told = value === null ? "" : String(scaled(value, scale));
  const [text, setText] = useState(told);
  // What is typed stays as it is typed ("0." on the way to 0.5); another number is another text.
  useEffect(() => {
    if (text === "" ? value !== null : Number(text) !== Number(told)) setText(told);
  }, [told]);
  return (
    <span class="with-unit">
      <input
        type="number"
        step="any"
        aria-label={`${label}${shown ? `, ${shown}` : ""}`}
        value={text}
        onInput={(event) => {
          const now = event.currentTarget.value;
          setText(now);
          set(now === "" ? null : scaled(Number(now), 1 / scale));
        }}
      />
      <span class="dim">{shown}</span>
    </span>
  );
}

export function Time({
  value,
  set,
  label,
}: {
  value: number;
  set: (s: number) => void;
  label: string;
}) {
  const [text, setText] = useState(spanText(value));
  const bad = secondsOf(text) === null;
  return (
    <input
      value={text}
      aria-label={label}
      aria-invalid={bad}
      placeholder="30s, 5m, 2h"
      onInput={(event) => {
        setText(event.currentTarget.value);
        const seconds = secondsOf(event.currentTarget.value);
        if (seconds !== null) set(seconds);
      }}
    />
  );
}
