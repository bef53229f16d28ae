// What all pages are told to do, with what each choice costs a participant. A change is a draft until
// it is told; then every connected page hears it at once.
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, send } from "../api";
import { age, clock, count, NONE, SHOW } from "../format";
import { query } from "../http/ask";
import { useKeys } from "../keys";
import { useNow } from "../live";
import type { SectionRoute } from "../sections";
import { useAnswer } from "../ui/answer";
import { Stale, Tiles } from "../ui/bits";
import { Failed, Skeleton } from "../ui/states";
import { Choices } from "./choices";
import type { Config, ConfigAnswer, Cost, Name, Value } from "./types";
import { change, KINDS, TITLE, valueText } from "./words";

const REFRESH_MS = 5000;

type Draft = Partial<Config>;

export function Page({ route }: { route: SectionRoute }) {
  const asked = useAnswer<ConfigAnswer>("/api/config", REFRESH_MS);
  const [told, setTold] = useState<ConfigAnswer | null>(null);
  const [draft, setDraft] = useState<Draft>({});
  const [word, setWord] = useState<{ text: string; bad: boolean } | null>(null);
  const [sending, setSending] = useState(false);
  const now = useNow(30_000);
  useEffect(() => {
    document.title = "Settings · callvitals";
  }, [route.id]);
  // The newer of what we were answered to our change and to our question.
  const answer =
    told && (!asked.answer || told.version >= asked.answer.version) && told.version > 0
      ? { ...told, pages: asked.answer?.pages ?? told.pages }
      : asked.answer;
  const wish = useMemo(() => (answer ? { ...answer.config, ...draft } : null), [answer, draft]);
  const changes = answer
    ? (Object.keys(draft) as Name[]).filter((name) => draft[name] !== answer.config[name])
    : [];
  const discard = (): void => {
    setDraft({});
    setWord(null);
  };
  useKeys(changes.length ? { Escape: discard } : {});

  if (!answer || !wish) {
    return (
      <div class="section settings">
        <h1>Settings</h1>
        {asked.error ? (
          <Failed what="The settings cannot be shown" why={asked.error} again={asked.again} />
        ) : (
          <Skeleton rows={4} kind="chart" />
        )}
      </div>
    );
  }

  const pick = (name: Name, value: Value): void => {
    setWord(null);
    setDraft((before) => ({ ...before, [name]: value }));
  };
  const tell = async (): Promise<void> => {
    const { defaults } = answer;
    // Only what differs from what the service was started with is kept as changed.
    const body = Object.fromEntries(
      (Object.keys(wish) as Name[])
        .filter((name) => wish[name] !== defaults[name])
        .map((name) => [name, wish[name]]),
    );
    setSending(true);
    try {
      const next = await send<ConfigAnswer>("PUT", "/api/config", body, {
        headers: { "if-match": `"${answer.version}"` },
      });
      setTold(next);
      setDraft({});
      const pages = count(next.pages, "connected page");
      setWord({ text: `Told ${pages} at once; others hear it when they connect.`, bad: false });
    } catch (error) {
      const overtaken = error instanceof ApiError && error.status === 412;
      if (overtaken) asked.again();
      setWord({
        text: overtaken
          ? "Somebody else changed the settings meanwhile. Here is what they are now; yours are still marked."
          : `Nothing was changed: ${(error as Error).message}`,
        bad: true,
      });
    }
    setSending(false);
  };

  return (
    <div class="section settings">
      <div class="bar-top">
        <div class="heading">
          <h1>Settings</h1>
          <p class="dim">
            {count(answer.pages, "page")} connected
            {answer.changedAt !== null && ` · changed ${clock(answer.changedAt, now)}`}
          </p>
        </div>
      </div>
      <p class="lead small">
        What every measured page is told, at once and without touching it. Beside each choice stands
        what it costs one participant of a call with sound and pictures.
      </p>
      <Stale from={asked} />
      <Costs now={answer.cost} wish={wish} changed={changes.length > 0} />
      {answer.measured && <Measured measured={answer.measured} told={answer.cost.sentBytes} />}
      {answer.settings.map((setting) => (
        <Choices
          key={setting.name}
          setting={setting}
          value={wish[setting.name]}
          now={answer.config[setting.name]}
          usual={answer.defaults[setting.name]}
          pick={(value) => pick(setting.name, value)}
        />
      ))}
      <div class="off-screen" role="status">
        {word && !word.bad ? word.text : ""}
      </div>
      {(changes.length > 0 || word) && (
        <div class={`tell${word?.bad ? " bad" : ""}`}>
          <p role={word?.bad ? "alert" : undefined}>
            {word ? word.text : sentence(changes, wish, answer)}
          </p>
          {changes.length > 0 ? (
            <>
              <button type="button" onClick={discard}>
                Discard <kbd>Esc</kbd>
              </button>
              <button type="button" class="primary" onClick={tell} disabled={sending}>
                {sending
                  ? "Telling…"
                  : wish.off && !answer.config.off
                    ? "Stop all pages"
                    : "Tell all pages"}
              </button>
            </>
          ) : (
            <button type="button" onClick={() => setWord(null)}>
              Close
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function sentence(changes: readonly Name[], wish: Config, answer: ConfigAnswer): string {
  const parts = changes.map(
    (name) =>
      `${TITLE[name]}: ${valueText(name, answer.config[name])} → ${valueText(name, wish[name])}`,
  );
  return parts.join(" · ");
}

/** The estimate beside what really came: calls in trouble, and watched ones, send more. */
function Measured({
  measured,
  told,
}: {
  measured: NonNullable<ConfigAnswer["measured"]>;
  told: number;
}) {
  const { value, unit } = SHOW.bytes(measured.sentBytes);
  const far = told > 0 && measured.sentBytes > 1.5 * told;
  return (
    <p class="dim measured">
      Measured here in the last {age(measured.seconds * 1000)}: {value} {unit} a minute from each of{" "}
      {Math.round(measured.pages).toLocaleString("en")} pages.
      {far && " More than estimated: calls in trouble, and those that are watched, send more."}
    </p>
  );
}

/** What a participant costs now, and with the draft. */
function Costs({ now, wish, changed }: { now: Cost; wish: Config; changed: boolean }) {
  const asked = useAnswer<{ config: Config; cost: Cost }>(
    `/api/config/cost?${query(
      Object.fromEntries(Object.entries(wish).map(([name, value]) => [name, String(value)])),
    )}`,
  );
  const then = changed ? (asked.answer?.cost ?? now) : now;
  const lost = changed && asked.error !== "";
  return (
    <Tiles
      label="What one participant costs"
      busy={changed && asked.busy}
      tiles={KINDS.map((kind) => ({
        name: kind.name,
        shown: lost ? { value: NONE, unit: "" } : kind.show(then[kind.key]),
        note: lost ? (
          "not known: the service does not say"
        ) : changed ? (
          <b class="change">{change(now[kind.key], then[kind.key])}</b>
        ) : (
          kind.per
        ),
      }))}
    />
  );
}
