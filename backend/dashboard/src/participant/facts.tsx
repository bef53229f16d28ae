// The side of the participant's page: where the computing runs and why, what the device is, which
// connections and sessions there are, and the state as it came.
import { engineText, pathText } from "../engine";
import { age, clock } from "../format";
import { href, type Route } from "../route";
import type { Connection, Participant, SessionInfo, State } from "../types";
import { Streams } from "./streams";

const reason = (why: string | undefined): string => (!why || why === "default" ? "" : why);

const LABELS: Record<string, string> = {
  browser: "Browser",
  browserVersion: "",
  os: "System",
  mobile: "Mobile",
  cores: "Cores",
  memoryGb: "Memory",
  connection: "Connection",
  sdk: "SDK",
};

function deviceFacts(facts: State["facts"] = {}): [string, string][] {
  const out: [string, string][] = [];
  for (const key of [...Object.keys(LABELS), ...Object.keys(facts).filter((k) => !(k in LABELS))]) {
    const value = facts[key];
    if (value === undefined || value === "" || key === "browserVersion") continue;
    if (key === "mobile") out.push(["Device", value ? "mobile" : "desktop"]);
    else if (key === "browser")
      out.push(["Browser", `${value} ${facts.browserVersion ?? ""}`.trim()]);
    else if (key === "memoryGb") out.push(["Memory", `${value} GB`]);
    else out.push([LABELS[key] || key, String(value)]);
  }
  return out;
}

/** How long it took to come up: "connected in 0.78 s · first picture after 1.08 s". */
function comingUp(pc: Connection): string {
  const parts: [string, number | undefined][] = [
    ["connected in", pc.connectTime],
    ["first picture after", pc.firstFrameTime],
    ["first sound after", pc.firstSoundTime],
  ];
  return parts
    .flatMap(([what, time]) => (typeof time === "number" ? `${what} ${time.toFixed(2)} s` : []))
    .join(" · ");
}

const MEDIA: readonly (readonly [string, string])[] = [
  ["audioIn", "audio in"],
  ["videoIn", "video in"],
  ["audioOut", "audio out"],
  ["videoOut", "video out"],
];

function Rows({ rows }: { rows: [string, string][] }) {
  return (
    <dl class="rows">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi title={value}>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

const CAUSES: Record<string, string> = {
  loss: "Loss, incoming",
  lossOut: "Loss, outgoing",
  delay: "Delay",
  concealment: "Concealed sound",
  frozen: "Frozen video",
  frameRate: "Low frame rate",
};

/** What the score was lost to, the greatest loss first. The bars are drawn against all there is. */
function Reasons({ reasons }: { reasons: Record<string, number> }) {
  const causes = Object.entries(reasons)
    .filter(([, points]) => points >= 0.05)
    .sort((a, b) => b[1] - a[1]);
  if (!causes.length) return null;
  return (
    <section class="panel">
      <h2>What the score is lost to</h2>
      <dl class="reasons pad">
        {causes.map(([cause, points]) => (
          <div key={cause}>
            <dt>{CAUSES[cause] ?? cause}</dt>
            <dd class="num">−{points.toFixed(1)}</dd>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect class="track" width="100" height="4" />
              <rect width={Math.min(100, points * 25)} height="4" />
            </svg>
          </div>
        ))}
      </dl>
    </section>
  );
}

const PRESENCE: Record<string, string> = {
  live: "live",
  lost: "connection lost",
  left: "left",
  ended: "ended",
};

function Sessions({
  participant,
  chosen,
  route,
  now,
}: {
  participant: Participant;
  chosen: string;
  route: Extract<Route, { page: "participant" }>;
  now: number;
}) {
  return (
    <ul class="sessions">
      {participant.sessions.map((s) => (
        <li key={s.sessionId}>
          <a
            href={href({ ...route, session: s.sessionId, range: "all" })}
            aria-current={s.sessionId === chosen ? "true" : undefined}
          >
            <span class={`presence ${s.presence}`}>{PRESENCE[s.presence] ?? s.presence}</span>
            <code>{s.sessionId.slice(0, 8)}</code>
            <span class="dim num">
              {typeof s.startedAt === "number"
                ? clock(s.startedAt, now)
                : s.state?.t
                  ? `${age(now - s.state.t)} ago`
                  : ""}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

export function Facts({
  participant,
  session,
  route,
  now,
}: {
  participant: Participant;
  session: SessionInfo | undefined;
  route: Extract<Route, { page: "participant" }>;
  now: number;
}) {
  const state = session?.state ?? {};
  const engine = state.engine ?? session?.engine;
  const why = reason(state.why);
  const device = deviceFacts(state.facts);
  const media = MEDIA.filter(([key]) => state.media?.[key]).map(
    // A line ends between the kinds only.
    ([key, name]) => `${state.media?.[key]} ${name}`.replaceAll(" ", "\u00a0"),
  );
  const counts = Object.entries(state.counts ?? {}).filter(([, n]) => n > 0);
  return (
    <>
      <Reasons reasons={state.reasons ?? {}} />
      <section class="panel">
        <h2>Measured by</h2>
        <p class="pad engine">
          {engineText(engine, state.host ?? session?.host)}
          {why && (
            <span class="dim">
              because: <bdi>{why}</bdi>
            </span>
          )}
          {state.boot ? (
            <span class="dim">ready after {(state.boot / 1000).toFixed(1)} s</span>
          ) : null}
        </p>
      </section>
      <section class="panel">
        <h2>Connections</h2>
        {Object.entries(state.pcs ?? {}).map(([key, pc]) => (
          <div class="pc pad" key={key}>
            <span class={`presence ${pc.state === "connected" ? "live" : "lost"}`}>
              {pc.state ?? "new"}
            </span>
            <bdi class="dim">{pathText(pc)}</bdi>
            {comingUp(pc) && <span class="dim num">{comingUp(pc)}</span>}
          </div>
        ))}
        {!Object.keys(state.pcs ?? {}).length && <p class="pad dim">None was seen yet.</p>}
        {media.length > 0 && <p class="pad dim media">{media.join(" · ")}</p>}
      </section>
      <Streams streams={state.streams} />
      {device.length > 0 && (
        <section class="panel">
          <h2>Device</h2>
          <Rows rows={device} />
        </section>
      )}
      <section class="panel">
        <h2>
          Sessions <span class="dim num">{participant.sessions.length}</span>
        </h2>
        <Sessions
          participant={participant}
          chosen={session?.sessionId ?? ""}
          route={route}
          now={now}
        />
      </section>
      {counts.length > 0 && (
        <section class="panel">
          <h2>Counted</h2>
          <Rows rows={counts.map(([name, n]) => [name, n.toLocaleString("en")])} />
        </section>
      )}
      <details class="panel raw">
        <summary>Last state, as it came</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard */}
        <pre tabIndex={0}>{JSON.stringify(session?.state ?? null, null, 2)}</pre>
      </details>
    </>
  );
}
