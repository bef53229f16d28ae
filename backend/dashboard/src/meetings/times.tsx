// When an ended meeting went on: a preset, or from and to.
import { useState } from "preact/hooks";
import { fromInput, PRESETS, rangeOf, toInput, whenOf } from "./when";

export function TimeRange({ range, set }: { range: string; set: (range: string) => void }) {
  const preset = PRESETS.some(([text]) => text === range);
  const [own, setOwn] = useState(!preset);
  const when = whenOf(range, Date.now());
  const choose = (text: string): void => {
    setOwn(text === "own");
    if (text !== "own") set(text);
    else set(rangeOf(when.since === undefined ? { since: Date.now() - 86_400_000 } : when));
  };
  const edge = (name: "since" | "until", label: string) => (
    <input
      type="datetime-local"
      aria-label={label}
      value={toInput(when[name])}
      onChange={(event) => {
        const { [name]: _, ...other } = when;
        const ms = fromInput(event.currentTarget.value);
        set(rangeOf(ms === undefined ? other : { ...other, [name]: ms }));
      }}
    />
  );
  return (
    <fieldset class="times">
      <legend class="off-screen">When it went on</legend>
      <select
        aria-label="When it went on"
        value={own || !preset ? "own" : range}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {PRESETS.map(([text, name]) => (
          <option value={text} key={text}>
            {name}
          </option>
        ))}
        <option value="own">From … to …</option>
      </select>
      {(own || !preset) && (
        <>
          {edge("since", "Went on after")} – {edge("until", "Went on before")}
        </>
      )}
    </fieldset>
  );
}
