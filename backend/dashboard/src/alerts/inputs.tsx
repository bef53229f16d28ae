// The inputs of a rule's form.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
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

/** A number in the unit that people type. Without one, or with what is none, the form is not sent. */
export function Amount({
  value,
  unit,
  set,
  label,
  whole = false,
}: {
  value: number | null;
  unit: string;
  set: (value: number | null) => void;
  label: string;
  /** Counts: no fractions, none below 0. */
  whole?: boolean;
}) {
  const { unit: shown, scale } = typed(unit);
  const told = value === null ? "" : String(scaled(value, scale));
  const [text, setText] = useState(told);
  // What is typed stays as it is typed ("0." on the way to 0.5); another number is another text.
  useLayoutEffect(() => {
    if (text === "" ? value !== null : Number(text) !== Number(told)) setText(told);
  }, [told]);
  return (
    <span class="with-unit">
      <input
        type="number"
        required
        step={whole ? 1 : "any"}
        min={whole ? 0 : undefined}
        aria-label={`${label}${shown ? `, ${shown}` : ""}`}
        value={text}
        onInput={(event) => {
          const now = event.currentTarget.value;
          setText(now);
          set(now === "" ? null : scaled(Number(now), 1 / scale));
        }}
      />
      {shown && <span class="dim">{shown}</span>}
    </span>
  );
}

/** A span of time. What is none is said by the browser, and keeps the form from being sent. */
export function Time({ value, set }: { value: number; set: (s: number) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(spanText(value));
  const bad = secondsOf(text) === null;
  // As with amounts: another time is another text, "60s" and "1m" are the same.
  useLayoutEffect(() => {
    if (secondsOf(text) !== value) setText(spanText(value));
  }, [value]);
  useLayoutEffect(
    () => input.current?.setCustomValidity(bad ? "A time: 30s, 5m, 2h or 1d" : ""),
    [bad],
  );
  return (
    <input
      ref={input}
      value={text}
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
