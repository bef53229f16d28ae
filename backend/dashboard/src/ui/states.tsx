// The states between "nothing yet" and "all is well": each says what is so and what to do next.
import { type ComponentChildren, Fragment } from "preact";
import { useState } from "preact/hooks";

export function Note({
  title,
  children,
  tone = "calm",
  page = false,
}: {
  title: string;
  /** It is all there is on the page, so its title is the page's. */
  page?: boolean;
  children?: ComponentChildren;
  tone?: "calm" | "error";
}) {
  return (
    <section class={`note ${tone}`} role={tone === "error" ? "alert" : undefined}>
      {page ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children}
    </section>
  );
}

export function Failed({
  what,
  why,
  again,
  page = true,
  children,
}: {
  what: string;
  why: string;
  again: () => void;
  /** What else can be done, beside trying again. */
  children?: ComponentChildren;
  /** It is all that the page shows. */
  page?: boolean;
}) {
  return (
    <Note title={what} tone="error" page={page}>
      <p>{why.charAt(0).toUpperCase() + why.slice(1)}</p>
      <p class="do">
        {children}
        <button type="button" onClick={again}>
          Try again
        </button>
      </p>
    </Note>
  );
}

/** What is shown stays; the newest look failed. */
export function NotRefreshed({ why, again }: { why: string; again: () => void }) {
  return (
    <p class="trouble banner" role="alert">
      <span>Not refreshed: {why}</span>
      <button type="button" onClick={again}>
        Try again
      </button>
    </p>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 2000);
    } catch {
      setDone(false); // not allowed here: the text can be selected by hand
    }
  };
  return (
    <div class="copy">
      <code>
        {/* A line ends between words only: "--meeting" stays whole. */}
        {text.split(" ").map((word) => (
          <Fragment key={word}>
            <span>{word}</span>{" "}
          </Fragment>
        ))}
      </code>
      <button type="button" onClick={copy} aria-label={`Copy ${label}`}>
        {done ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

/** First run: not an empty table but the next step. It gives way to the first session. */
export function FirstRun() {
  const here = location.origin;
  return (
    <section class="first">
      <svg class="flatline" viewBox="0 0 600 60" preserveAspectRatio="none" aria-hidden="true">
        <path d="M0 34h214l10-8 9 8h16l8 12 14-44 14 52 9-20h18l12-9 12 9h264" />
      </svg>
      <h1>Waiting for the first call</h1>
      <p class="lead">This page moves by itself as soon as one begins. Three ways to get there:</p>
      <ol class="ways">
        <li>
          <h2>Watch your own app</h2>
          <p>Put this tag into your page, before the scripts that make the calls.</p>
          <Copy
            text={`<script src="${here}/sdk.js" crossorigin data-meeting="my-room"></script>`}
            label="the tag"
          />
        </li>
        <li>
          <h2>Try the demo meeting</h2>
          <p>A call between two tabs of this browser. No camera is asked for.</p>
          <a class="button" href="/demo" target="_blank" rel="noopener">
            Open the demo meeting
          </a>
        </li>
        <li>
          <h2>Send synthetic callers</h2>
          <p>Real WebRTC calls without a browser, on a network that fails on purpose.</p>
          <Copy
            text={`callvitals synth ${here} --meeting try-1 --callers 3 --scenario wifi`}
            label="the command"
          />
        </li>
      </ol>
    </section>
  );
}

/** Grey rows of the final height, so that nothing shifts when the data comes. */
export function Skeleton({ rows, kind }: { rows: number; kind: "row" | "lane" | "chart" }) {
  return (
    <div class={`skeleton ${kind}s`} role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, i) => (
        <div class={kind} key={i}>
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}
