// One rule as a form. The service checks it; what it says stands beside the button.
import { useState } from "preact/hooks";
import { useKeys } from "../keys";
import { go } from "../route";
import type { Answered } from "../ui/answer";
import { Crumbs } from "../ui/shell";
import { Amount, Field, Time } from "./inputs";
import { at } from "./page";
import type { Channel, Items, Metrics, Rule, Severity } from "./types";
import { sentenceOf } from "./words";

const MATCH = {
  calls: ["meeting", "participant", "browser", "os", "engine", "issue"],
  endpoints: ["service", "route", "method"],
} as const;
const PER = {
  calls: [
    ["all", "all calls together"],
    ["meeting", "each meeting"],
    ["participant", "each participant"],
  ],
  endpoints: [
    ["all", "all endpoints together"],
    ["endpoint", "each endpoint"],
  ],
} as const;

export function RuleForm({
  rule: given,
  known,
  metrics,
  channels,
  save,
  remove,
}: {
  rule: Rule;
  known: boolean;
  metrics: Metrics;
  channels: Answered<Items<Channel>>;
  save: (rule: Partial<Rule>) => Promise<void>;
  remove: () => Promise<void>;
}) {
  const [rule, setRule] = useState(given);
  const [why, setWhy] = useState("");
  const [sure, setSure] = useState(false);
  const set = (change: Partial<Rule>): void => {
    setWhy("");
    setRule((before) => ({ ...before, ...change }));
  };
  const list = at(["rules"]);
  useKeys({ Escape: () => go(list) });
  const fixed = given.source === "file";
  const metric = metrics[rule.on].find((one) => one.name === rule.metric);
  const flag = metric?.flag ?? false;
  const many = rule.share !== null;
  const way = rule.below !== null ? "below" : "above";
  const limit = rule.below ?? rule.above;

  /** Another metric is another limit: what was typed for the old one means nothing. */
  const look = (on: Rule["on"], name: string): void => {
    const next = metrics[on].find((one) => one.name === name);
    set({
      on,
      metric: name,
      match: on === rule.on ? rule.match : {},
      per: on === rule.on ? rule.per : "all",
      of: "participants",
      window: on === "endpoints" ? Math.max(60, rule.window) : Math.min(3600, rule.window),
      ...(next?.flag
        ? { share: 0.2, above: null, below: null }
        : { share: null, above: next?.unit === "ratio" ? 0.05 : 1, below: null }),
    });
  };

  const submit = (event: Event): void => {
    event.preventDefault();
    const { source, unit, clear, minSample, ...rest } = rule;
    const changed = { ...rest } as Partial<Rule>;
    // What the service works out by itself is left to it, where nobody said otherwise.
    if (known && minSample === given.minSample && rule.metric === given.metric)
      changed.minSample = minSample;
    if (!known && minSample !== given.minSample) changed.minSample = minSample;
    if (clear !== null && rule.metric === given.metric) changed.clear = clear;
    save(changed).catch((error: Error) => setWhy(error.message));
  };

  return (
    <>
      <Crumbs
        crumbs={[
          { text: "Rules", href: list },
          { text: known ? given.name : "New rule", href: at(["rules", given.name || "new"]) },
        ]}
      />
      <form class="panel pad form" onSubmit={submit}>
        <h2>
          <bdi>{known ? given.name : "New rule"}</bdi>
        </h2>
        <p class="dim reads" aria-live="polite">
          {sentenceOf(rule, metrics[rule.on])}.
        </p>
        {fixed && (
          <p>
            This rule stands in the file that <code>CALLVITALS_ALERTS</code> names, and is changed
            there.
          </p>
        )}
        <fieldset disabled={fixed} class="fields">
          <legend class="off-screen">The rule</legend>
          <Field name="Name" help="lower case, digits, - and _">
            <input
              value={rule.name}
              required
              disabled={known}
              pattern="[a-z0-9][a-z0-9_\-]{0,63}"
              maxLength={64}
              spellcheck={false}
              onInput={(event) => set({ name: event.currentTarget.value })}
            />
          </Field>
          <Field name="Looks at">
            <select
              value={rule.on}
              onChange={(event) => {
                const on = event.currentTarget.value as Rule["on"];
                look(on, metrics[on][0]?.name ?? "");
              }}
            >
              <option value="calls">calls</option>
              <option value="endpoints">the API's endpoints</option>
            </select>
          </Field>
          <Field name="At their">
            <select
              value={rule.metric}
              onChange={(event) => look(rule.on, event.currentTarget.value)}
            >
              {metrics[rule.on].map((one) => (
                <option key={one.name} value={one.name}>
                  {one.what}
                </option>
              ))}
            </select>
          </Field>
          {!flag && (
            <Field name="Is bad">
              <span class="pair">
                <select
                  aria-label="Is bad: above or below"
                  value={way}
                  onChange={(event) =>
                    set(
                      event.currentTarget.value === "below"
                        ? { below: limit, above: null }
                        : { above: limit, below: null },
                    )
                  }
                >
                  <option value="above">above</option>
                  <option value="below">below</option>
                </select>
                <Amount
                  label="Limit"
                  value={limit}
                  unit={metric?.unit ?? ""}
                  set={(value) => set(way === "below" ? { below: value } : { above: value })}
                />
              </span>
            </Field>
          )}
          {rule.per !== "participant" && rule.per !== "endpoint" && (
            <Field name={flag ? "Too many are" : "And then of"}>
              <span class="pair">
                <select
                  aria-label={`${flag ? "Too many are" : "And then of"}: a share or a number`}
                  value={many ? "share" : "number"}
                  onChange={(event) =>
                    set(
                      event.currentTarget.value === "share"
                        ? { share: 0.2, ...(flag ? { above: null } : {}) }
                        : { share: null, ...(flag ? { above: 0 } : {}) },
                    )
                  }
                >
                  <option value="share">a share of them</option>
                  <option value="number">{flag ? "more than" : "all taken together"}</option>
                </select>
                {many && (
                  <Amount
                    label="Share"
                    value={rule.share}
                    unit="ratio"
                    set={(share) => set({ share })}
                  />
                )}
                {!many && flag && (
                  <Amount
                    label="Number"
                    value={rule.above}
                    unit=""
                    set={(above) => set({ above })}
                  />
                )}
              </span>
            </Field>
          )}
          <Field name="One alert for">
            <select
              value={rule.per}
              onChange={(event) => {
                const per = event.currentTarget.value as Rule["per"];
                const one = per === "participant" || per === "endpoint";
                set({ per, ...(one ? { share: null, ...(flag ? { above: 0 } : {}) } : {}) });
              }}
            >
              {PER[rule.on].map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </Field>
          <Field name="In the last" help="how far back values are taken">
            <Time value={rule.window} set={(window) => set({ window })} />
          </Field>
          <Field name="For at least" help="before it fires">
            <Time value={rule.for} set={(lasting) => set({ for: lasting })} />
          </Field>
          <Field name="Well again for" help="before it is over">
            <Time value={rule.hold} set={(hold) => set({ hold })} />
          </Field>
          <Field name="Not below" help={rule.on === "calls" ? "participants or joins" : "requests"}>
            <Amount
              label="Not below"
              value={rule.minSample}
              unit=""
              whole
              set={(value) => set({ minSample: Math.max(0, Math.round(value ?? 0)) })}
            />
          </Field>
          <Field name="Severity">
            <select
              value={rule.severity}
              onChange={(event) => set({ severity: event.currentTarget.value as Severity })}
            >
              <option value="critical">critical</option>
              <option value="warning">warning</option>
              <option value="info">info</option>
            </select>
          </Field>
        </fieldset>
        <fieldset disabled={fixed} class="fields">
          <legend>Only where</legend>
          {MATCH[rule.on]
            .filter((name) => name !== "issue" || rule.metric === "issue")
            .map((name) => (
              <Field key={name} name={name}>
                <input
                  value={rule.match[name] ?? ""}
                  placeholder={name === "issue" ? "any; types, with commas" : "any; * and ?"}
                  maxLength={256}
                  spellcheck={false}
                  onInput={(event) => {
                    const { [name]: _old, ...match } = rule.match;
                    const text = event.currentTarget.value;
                    set({ match: text ? { ...match, [name]: text } : match });
                  }}
                />
              </Field>
            ))}
        </fieldset>
        <fieldset disabled={fixed} class="tells">
          <legend>Tells</legend>
          {channels.answer?.items.map((one) => (
            <label key={one.name}>
              <input
                type="checkbox"
                checked={rule.deliver.includes(one.name)}
                onChange={(event) =>
                  set({
                    deliver: event.currentTarget.checked
                      ? [...rule.deliver, one.name]
                      : rule.deliver.filter((name) => name !== one.name),
                  })
                }
              />
              {one.name}{" "}
              <small>
                {one.type} <bdi>{one.target}</bdi>
              </small>
            </label>
          ))}
          {channels.answer?.items.length === 0 && (
            <p class="dim">this page; there is no channel yet</p>
          )}
          {!channels.answer && (
            <p class="dim">
              {channels.error ? `Channels cannot be shown: ${channels.error}` : "Loading…"}
            </p>
          )}
        </fieldset>
        {why && (
          <p class="trouble banner" role="alert">
            {why}
          </p>
        )}
        {!fixed && (
          <p class="buttons">
            <button type="submit" class="primary">
              {known ? "Save" : "Make the rule"}
            </button>
            <a class="button" href={list}>
              Cancel <kbd>Esc</kbd>
            </a>
            {known && (
              <button
                type="button"
                class="quiet"
                onClick={() =>
                  sure ? remove().catch((error: Error) => setWhy(error.message)) : setSure(true)
                }
              >
                {sure ? "Remove it, and end its alerts" : "Remove…"}
              </button>
            )}
          </p>
        )}
      </form>
    </>
  );
}
