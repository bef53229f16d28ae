// A recording or dump as a meeting: a lane per connection, charts, issues, streams.
import { useEffect, useRef } from "preact/hooks";
import { clock, count, length, SHOW } from "../format";
import { useKeys } from "../keys";
import { useNow } from "../live";
import type { Span } from "../meeting/ribbon";
import { parseRange, type Range, rangeText } from "../participant/range";
import { go } from "../route";
import type { SectionRoute } from "../sections";
import { CopyTicket } from "../ui/actions";
import { Headline } from "../ui/headline";
import { Failed, Skeleton } from "../ui/states";
import { Connection } from "./connection";
import { Lanes } from "./lanes";
import { close, HERE, type Opened, open, useOpened } from "./store";
import { recordingTicket } from "./ticket";
import type { Analysis } from "./types";

const FORMATS: Record<string, string> = {
  callvitals: "recording of callvitals",
  internals: "webrtc-internals dump",
  rtcstats: "rtcstats dump",
  export: "export of callvitals",
};

export function Page({ route }: { route: SectionRoute }) {
  const opened = useOpened();
  useEffect(() => {
    const name = opened.phase === "none" ? "Open a dump" : opened.name;
    document.title = `${name} · callvitals`;
  }, [opened]);
  switch (opened.phase) {
    case "none":
      return <Choose />;
    case "asked":
      return <Asked opened={opened} />;
    case "failed":
      return (
        <div class="section recording">
          <Failed
            what={`“${cut(opened.name)}” cannot be shown`}
            why={opened.why}
            again={() => open(opened.file)}
          >
            <FileButton text="Choose another file" primary />
          </Failed>
        </div>
      );
    case "open":
      return <Recording opened={opened} route={route} />;
  }
}

const cut = (name: string): string => (name.length > 80 ? `${name.slice(0, 77)}…` : name);

function FileButton({ text, primary = false }: { text: string; primary?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.click() });
  return (
    <>
      <button type="button" class={primary ? "primary" : ""} onClick={() => input.current?.click()}>
        {text}
      </button>
      <input
        ref={input}
        type="file"
        class="off-screen"
        tabIndex={-1}
        aria-label={text}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) open(file);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

function Choose() {
  return (
    <section class="first recording-first">
      <h1>Open a call that was recorded</h1>
      <p class="lead">
        Drop a file anywhere on this page. It is shown as a meeting, scored as it would have been
        live, and nothing of it is kept.
      </p>
      <p>
        <FileButton text="Choose a file" primary />
      </p>
      <ol class="ways">
        <li>
          <h2>webrtc-internals</h2>
          <p>
            Open <code>chrome://webrtc-internals</code> before the call; after it,{" "}
            <i>Create a dump</i> and download. Plain or gzipped.
          </p>
        </li>
        <li>
          <h2>rtcstats</h2>
          <p>What an rtcstats client or server writes, dump format 3.</p>
        </li>
        <li>
          <h2>callvitals</h2>
          <p>
            A recording of ours, what <code>callvitals export</code> writes, or an export of every
            tick (CSV or NDJSON).
          </p>
        </li>
      </ol>
    </section>
  );
}

function Asked({ opened }: { opened: Extract<Opened, { phase: "asked" }> }) {
  const now = useNow(500);
  const seconds = Math.max(0, Math.floor((now - opened.since) / 1000));
  const { value, unit } = SHOW.bytes(opened.size);
  return (
    <div class="section recording">
      <div class="bar-top">
        <div class="heading">
          <h1>
            <bdi class="cut">{opened.name}</bdi>
          </h1>
          <p class="dim">
            {value} {unit} · <span role="status">being looked at</span>
            {seconds > 1 ? `, ${seconds} s` : ""}
          </p>
        </div>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </div>
      <Skeleton rows={2} kind="lane" />
      <Skeleton rows={3} kind="chart" />
    </div>
  );
}

function Recording({
  opened,
  route,
}: {
  opened: Extract<Opened, { phase: "open" }>;
  route: SectionRoute;
}) {
  const { analysis, name } = opened;
  const { connections } = analysis;
  const whole: Span = { from: analysis.start, to: Math.max(analysis.end, analysis.start + 5000) };
  const chosen =
    connections.find((one) => one.pc === route.ask.pc) ??
    [...connections].sort((a, b) => (a.score ?? 9) - (b.score ?? 9))[0];
  const setRange = (next: Range): void => {
    const text = rangeText(next);
    go({ ...route, ask: { ...route.ask, range: text === "all" ? "" : text } }, true);
  };
  const facts = [
    FORMATS[analysis.format] ?? analysis.format,
    ...deviceOf(analysis),
    count(connections.length, "connection"),
    `${clock(analysis.start, 0)}`,
    length(analysis.duration * 1000),
  ];
  return (
    <div class="section recording">
      <div class="bar-top">
        <p class="dim from">
          Opened from <bdi class="cut">{name}</bdi>; this page alone has it.
        </p>
        <CopyTicket text={() => recordingTicket(name, analysis, chosen)} />
        <FileButton text="Another file" />
        <button
          type="button"
          onClick={() => {
            close();
            go({ ...HERE, rest: [], ask: {} }, true);
          }}
        >
          Close
        </button>
      </div>
      <Headline
        name={analysis.meeting || analysis.participant || name}
        rating={analysis.rating}
        score={analysis.score}
        sentence={analysis.sentence || null}
        live={false}
        facts={facts}
      />
      {analysis.missing.length > 0 && (
        <ul class="missing panel pad" aria-label="What the file does not tell">
          {analysis.missing.map((text) => (
            <li key={text}>
              <b>Missing:</b> {text}
            </li>
          ))}
        </ul>
      )}
      <section class="panel" aria-labelledby="lanes-title">
        <h2 id="lanes-title">Connections</h2>
        <Lanes analysis={analysis} span={whole} route={route} chosen={chosen?.pc ?? ""} />
      </section>
      {chosen && (
        <Connection
          key={chosen.pc}
          connection={chosen}
          page={analysis}
          whole={whole}
          range={parseRange(route.ask.range ?? "")}
          setRange={setRange}
        />
      )}
    </div>
  );
}

function deviceOf({ facts }: Analysis): string[] {
  const browser = [facts.browser, facts.browserVersion].filter(Boolean).join(" ");
  return [browser, String(facts.os ?? "")].filter(Boolean);
}
