// All rules, a test of each, three to begin with; one of them as a form.
import { useState } from "preact/hooks";
import { send } from "../api";
import { count } from "../format";
import { go } from "../route";
import type { SectionRoute } from "../sections";
import { useAnswer } from "../ui/answer";
import { Stale } from "../ui/bits";
import { type Column, List } from "../ui/list";
import { Failed, Skeleton } from "../ui/states";
import { RuleForm } from "./form";
import { at, Mark } from "./page";
import type { Channel, Items, Metrics, Rule } from "./types";
import { FRESH, READY, sentenceOf } from "./words";

interface Tested {
  channel: string;
  ok: boolean;
  error: string | null;
}

const NO_METRICS: Metrics = { calls: [], endpoints: [], issues: [] };

export function Rules({ route }: { route: SectionRoute }) {
  const found = useAnswer<Items<Rule>>("/api/alerts/rules");
  const metrics = useAnswer<Metrics>("/api/alerts/metrics");
  const channels = useAnswer<Items<Channel>>("/api/alerts/channels");
  const [word, setWord] = useState<{ text: string; bad: boolean } | null>(null);
  const [busy, setBusy] = useState("");
  const name = route.rest[1];
  const about = metrics.answer ?? NO_METRICS;

  // A form without the metrics would show another rule than it saves.
  const missing = !found.answer ? found : name !== undefined && !metrics.answer ? metrics : null;
  if (!found.answer || missing) {
    return missing?.error ? (
      <Failed what="Rules cannot be shown" why={missing.error} again={missing.again} />
    ) : (
      <Skeleton rows={4} kind="row" />
    );
  }
  const { items } = found.answer;
  const failed = (error: unknown): void => setWord({ text: (error as Error).message, bad: true });
  const put = async (rule: Partial<Rule>): Promise<void> => {
    await send("PUT", `/api/alerts/rules/${encodeURIComponent(rule.name ?? "")}`, rule);
    found.again();
  };
  const test = async (rule: Rule): Promise<void> => {
    setBusy(rule.name);
    setWord(null);
    try {
      const { results } = await send<{ results: Tested[] }>(
        "POST",
        `/api/alerts/rules/${encodeURIComponent(rule.name)}/test`,
      );
      const bad = results.filter((one) => !one.ok);
      setWord(
        bad.length
          ? {
              text: bad.map((one) => `${one.channel}: ${one.error ?? "failed"}`).join("; "),
              bad: true,
            }
          : {
              text: `A test of ${rule.name} went to ${results.map((one) => one.channel).join(", ")}.`,
              bad: false,
            },
      );
    } catch (error) {
      failed(error);
    }
    setBusy("");
  };

  if (name !== undefined) {
    const known = items.find((one) => one.name === name);
    return (
      <RuleForm
        key={name}
        rule={known ?? { ...FRESH, ...(name === "new" ? {} : { name }) }}
        known={known !== undefined}
        metrics={about}
        channels={channels}
        save={async (rule) => {
          await put(rule);
          go(at(["rules"]));
        }}
        remove={async () => {
          await send("DELETE", `/api/alerts/rules/${encodeURIComponent(name)}`);
          found.again();
          go(at(["rules"]));
        }}
      />
    );
  }

  const columns: readonly Column<Rule>[] = [
    {
      name: "Rule",
      class: "wide",
      cell: (one) => (
        <span class="job">
          <bdi class="what">{one.name}</bdi>
          {one.source === "file" && <span class="tag">from the file</span>}
          <span class="why">{sentenceOf(one, about[one.on])}</span>
        </span>
      ),
    },
    {
      name: "Severity",
      spare: 1,
      cell: (one) => <Mark severity={one.severity} text={one.severity} />,
    },
    {
      name: "Tells",
      spare: 1,
      cell: (one) =>
        one.deliver.length ? (
          <bdi>{one.deliver.join(", ")}</bdi>
        ) : (
          <span class="dim">this page</span>
        ),
    },
    {
      name: "On",
      cell: (one) => (
        <input
          type="checkbox"
          checked={one.enabled}
          disabled={one.source === "file"}
          aria-label={`${one.name} is on`}
          onChange={() => put({ ...one, enabled: !one.enabled }).catch(failed)}
        />
      ),
    },
    {
      name: "Test",
      spare: 2,
      cell: (one) =>
        one.deliver.length ? (
          <button
            type="button"
            disabled={busy === one.name}
            aria-label={`Test ${one.name}`}
            onClick={() => test(one)}
          >
            Test
          </button>
        ) : null,
    },
  ];
  const ready = READY.filter(([, , rule]) => !items.some((one) => one.name === rule.name));
  return (
    <>
      <Stale from={found} />
      <div class="filters">
        <a class="button" href={at(["rules", "new"])}>
          New rule
        </a>
        <span class="dim">{count(items.length, "rule")}</span>
      </div>
      {word && (
        <p class={word.bad ? "trouble banner" : "word"} role={word.bad ? "alert" : "status"}>
          {word.text}
        </p>
      )}
      {items.length > 0 && (
        <List
          label="Rules"
          columns={columns}
          rows={items}
          keyOf={(one) => one.name}
          hrefOf={(one) => at(["rules", one.name])}
          stateOf={(one) => (one.enabled ? "" : "off")}
        />
      )}
      {ready.length > 0 && (
        <>
          <h2 class="part">Ready to be taken</h2>
          <ul class="ways">
            {ready.map(([title, text, rule]) => (
              <li key={title}>
                <h3>{title}</h3>
                <p>{text}</p>
                <button
                  type="button"
                  aria-label={`Use: ${title}`}
                  onClick={() => put(rule).catch(failed)}
                >
                  Use
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {channels.answer?.items.length === 0 && (
        <p class="hint dim">
          <span>
            Nobody is told outside this page yet: channels (webhooks, mail) stand in the file that{" "}
            <code>CALLVITALS_ALERTS</code> names. <code>callvitals alerts example</code> prints one.
          </span>
        </p>
      )}
    </>
  );
}
