// One setting: its choices as radio buttons, with what each costs, and a number of one's own.
import { useLayoutEffect, useState } from "preact/hooks";
import type { Setting, Value } from "./types";
import { KINDS, LIMITS, MOVES, TITLE, valueText } from "./words";

// As in settings.css.
const PHONE_WITHOUT = ["storedBytes", "pageMs"];

export function Choices({
  setting,
  value,
  now,
  usual,
  pick,
}: {
  setting: Setting;
  value: Value;
  /** What pages are told at present, and what the service was started with. */
  now: Value;
  usual: Value;
  pick: (value: Value) => void;
}) {
  const { name, what } = setting;
  const kinds = KINDS.filter((kind) => MOVES[name].includes(kind.key));
  const most = Object.fromEntries(
    kinds.map(({ key }) => [key, Math.max(...setting.choices.map((one) => one.cost[key]), 1)]),
  );
  const few = kinds.filter((kind) => !PHONE_WITHOUT.includes(kind.key)).length;
  const limits = LIMITS[name];
  const own = limits !== undefined && !setting.choices.some((one) => one.value === value);
  return (
    <section class={`panel setting${value === now ? "" : " draft"}`}>
      <div class="columns" role="radiogroup" aria-labelledby={`set-${name}`}>
        <div class="about">
          <h2 id={`set-${name}`}>{TITLE[name]}</h2>
          <p class="dim" id={`what-${name}`}>
            {what}
          </p>
          {value !== usual && (
            <button type="button" class="quiet" onClick={() => pick(usual)}>
              Back to {valueText(name, usual)}, as the service was started
            </button>
          )}
        </div>
        <div class="options" style={{ "--kinds": kinds.length, "--few": few }}>
          <div class="option heads" aria-hidden="true">
            <span />
            {kinds.map((kind) => (
              <span key={kind.key} class={`num ${kind.key}`}>
                {kind.name}
                {kind.per === "a minute" && <small> /min</small>}
              </span>
            ))}
          </div>
          {setting.choices.map((choice) => (
            <label class="option" key={String(choice.value)}>
              <span class="pick">
                <input
                  type="radio"
                  name={name}
                  checked={choice.value === value}
                  aria-describedby={`what-${name}`}
                  onChange={() => pick(choice.value)}
                />
                {valueText(name, choice.value)}
                {choice.value === now && <span class="tag">now</span>}
              </span>
              {kinds.map((kind) => {
                const cost = choice.cost[kind.key];
                const shown = kind.show(cost);
                return (
                  <span key={kind.key} class={`num cost ${kind.key}`}>
                    <span>
                      <span class="off-screen">, {kind.name.toLowerCase()} </span>
                      {shown.value} <small>{shown.unit}</small>
                      <span class="off-screen"> {kind.per}</span>
                    </span>
                    <svg viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
                      <rect
                        width={cost === 0 ? 0 : Math.max(1, (100 * cost) / (most[kind.key] ?? 1))}
                        height="3"
                      />
                    </svg>
                  </span>
                );
              })}
            </label>
          ))}
          {limits && (
            <Own
              name={TITLE[name]}
              limits={limits}
              value={own ? Number(value) : null}
              pick={pick}
            />
          )}
        </div>
      </div>
    </section>
  );
}

/** A number that is none of the choices; what cannot be is said beside it and not taken. */
function Own({
  name,
  limits: [low, high, unit],
  value,
  pick,
}: {
  name: string;
  limits: readonly [number, number, string];
  value: number | null;
  pick: (value: number) => void;
}) {
  const [text, setText] = useState(value === null ? "" : String(value));
  useLayoutEffect(() => setText(value === null ? "" : String(value)), [value]);
  const wanted = Number(text);
  const fits = Number.isInteger(wanted) && wanted >= low && wanted <= high;
  const bad = text !== "" && !fits;
  return (
    <label class="own-choice field">
      <span>Another</span>
      <input
        type="number"
        inputMode="numeric"
        min={low}
        max={high}
        step={1}
        value={text}
        aria-label={`${name}: another value, ${low} to ${high} ${unit}`}
        aria-invalid={bad}
        onInput={(event) => setText(event.currentTarget.value)}
        // Not before it is whole: 3 and 30 are on the way to 300.
        onChange={() => text !== "" && fits && pick(wanted)}
      />
      <span class="dim">
        {unit}
        {bad && (
          <b role="alert">
            {" "}
            {low} to {high}
          </b>
        )}
      </span>
    </label>
  );
}
