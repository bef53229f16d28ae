// Who is not to be told for a while: the list, one more, and the button beside an alert.
import { useState } from "preact/hooks";
import { send } from "../api";
import { age, clock } from "../format";
import { useNow } from "../live";
import { useAnswer } from "../ui/answer";
import { Stale } from "../ui/bits";
import { type Column, List } from "../ui/list";
import { Failed, Note, Skeleton } from "../ui/states";
import type { Items, Rule, Silence } from "./types";

const LONG = [
  ["1h", "1 h"],
  ["4h", "4 h"],
  ["1d", "1 day"],
  ["7d", "7 days"],
] as const;

const silence = (rule: string, subject: string, lasting: string, comment = ""): Promise<Silence> =>
  send("POST", "/api/alerts/silences", { rule, subject, for: lasting, comment });

export function SilenceButton({
  rule,
  subject,
  done,
}: {
  rule: string;
  subject: string;
  done: () => void;
}) {
  const [why, setWhy] = useState("");
  return (
    <>
      <select
        class="small"
        aria-label={`Silence ${rule}`}
        value=""
        onChange={(event) => {
          const lasting = event.currentTarget.value;
          event.currentTarget.value = "";
          // Stars in a name would match more than it.
          silence(rule, subject.replace(/[*?]/g, "?"), lasting).then(
            () => {
              setWhy("");
              done();
            },
            (error: Error) => setWhy(error.message),
          );
        }}
      >
        <option value="">Silence…</option>
        {LONG.map(([value, name]) => (
          <option value={value} key={value}>
            for {name}
          </option>
        ))}
      </select>
      {why && <small role="alert">{why}</small>}
    </>
  );
}

export function Silences() {
  const found = useAnswer<Items<Silence>>("/api/alerts/silences", 5000);
  const rules = useAnswer<Items<Rule>>("/api/alerts/rules");
  const now = useNow(1000);
  const [why, setWhy] = useState("");
  const end = (one: Silence): void => {
    send("DELETE", `/api/alerts/silences/${encodeURIComponent(one.id)}`).then(
      () => found.again(),
      (error: Error) => setWhy(error.message),
    );
  };
  const columns: readonly Column<Silence>[] = [
    {
      name: "Rule",
      class: "wide",
      cell: (one) => (
        <span class="job">
          <bdi class="what">{one.rule === "*" ? "all rules" : one.rule}</bdi>
          {one.subject !== "*" && (
            <span>
              <bdi>{one.subject}</bdi>
            </span>
          )}
          {one.comment && <bdi class="why">{one.comment}</bdi>}
        </span>
      ),
    },
    { name: "Until", num: true, cell: (one) => clock(one.until, now) },
    {
      name: "Left",
      num: true,
      spare: 1,
      cell: (one) => (one.from > now ? `begins in ${age(one.from - now)}` : age(one.until - now)),
    },
    {
      name: "End",
      cell: (one) => (
        <button
          type="button"
          data-row
          aria-label={`End the silence of ${one.rule}`}
          onClick={() => end(one)}
        >
          End
        </button>
      ),
    },
  ];
  return (
    <>
      <Stale from={found} />
      {why && (
        <p class="trouble banner" role="alert">
          {why}
        </p>
      )}
      {!found.answer &&
        (found.error ? (
          <Failed what="Silences cannot be shown" why={found.error} again={found.again} />
        ) : (
          <Skeleton rows={3} kind="row" />
        ))}
      {found.answer &&
        (found.answer.items.length ? (
          <List
            label="Silences"
            columns={columns}
            rows={found.answer.items}
            keyOf={(one) => one.id}
          />
        ) : (
          <Note title="Nothing is silenced">
            <p>While something is silenced it is seen here, but nobody is told.</p>
          </Note>
        ))}
      {found.answer && <NewSilence rules={rules.answer?.items ?? []} done={found.again} />}
    </>
  );
}

function NewSilence({ rules, done }: { rules: readonly Rule[]; done: () => void }) {
  const [rule, setRule] = useState("*");
  const [subject, setSubject] = useState("");
  const [lasting, setLasting] = useState<string>("1h");
  const [comment, setComment] = useState("");
  const [why, setWhy] = useState("");
  return (
    <form
      class="panel pad form"
      onSubmit={(event) => {
        event.preventDefault();
        silence(rule, subject.trim() || "*", lasting, comment).then(
          () => {
            setWhy("");
            setComment("");
            done();
          },
          (error: Error) => setWhy(error.message),
        );
      }}
    >
      <h2>Silence</h2>
      <div class="fields">
        <label class="field">
          <span>Rule</span>
          <select value={rule} onChange={(event) => setRule(event.currentTarget.value)}>
            <option value="*">all rules</option>
            {rules.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Subject</span>
          <input
            value={subject}
            placeholder="all; * and ? stand for others"
            maxLength={512}
            onInput={(event) => setSubject(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>For</span>
          <select value={lasting} onChange={(event) => setLasting(event.currentTarget.value)}>
            {LONG.map(([value, name]) => (
              <option value={value} key={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field long">
          <span>Why</span>
          <input
            value={comment}
            maxLength={512}
            placeholder="for those who wonder"
            onInput={(event) => setComment(event.currentTarget.value)}
          />
        </label>
      </div>
      {why && <p role="alert">{why}</p>}
      <p>
        <button type="submit">Silence</button>
      </p>
    </form>
  );
}
