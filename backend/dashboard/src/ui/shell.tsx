// What frames every screen: name, where we are, whether what is shown is live, theme, help.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { age } from "../format";
import { type Keys, useKeys } from "../keys";
import { heardAgo, useLink, useNow } from "../live";
import { backToList, go, type Route } from "../route";
import { SECTIONS } from "../sections";
import { nextTheme, useTheme } from "../theme";
import { useAnswer } from "./answer";
import { DropZone } from "./drop";

export interface Crumb {
  text: string;
  href: string;
}

type Line = readonly [string, string];
const SHEET: readonly (readonly [string, readonly Line[]])[] = [
  [
    "Meetings",
    [
      ["/", "Filter by name"],
      ["1  2  3  4  5", "Only poor, fair, good, unknown, never started"],
      ["e", "Live or ended"],
      ["j  k", "Next, previous row (or ↓ ↑)"],
      ["Enter", "Open the row"],
    ],
  ],
  [
    "Meeting and participant",
    [
      ["Esc", "Back, or clear the filter"],
      ["c", "Copy for a ticket"],
      ["[  ]", "Earlier, later issue"],
      ["+  −  0", "Zoom the charts in, out, whole call"],
      ["←  →", "Move the zoomed charts; in a chart (Tab): its cursor, + − zoom there, Esc leaves"],
      ["Space", "Pause and resume live charts"],
    ],
  ],
];

const everywhere = (): Line[] => [
  ["g  m", "Go to Meetings"],
  ...SECTIONS.map((one): Line => [`g  ${one.key}`, `Go to ${one.name}`]),
  ["t", "Theme: auto, light, dark"],
  ["?", "This sheet"],
];

/** The pulse: our mark. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 28 20" width="28" height="20" aria-hidden="true">
      <path d="M1 11h5.5l2.2-4.2 4 11 4.6-16 3.2 9.2H27" />
    </svg>
  );
}

/** ● live, or ○ and how old the data is: old data stays on the screen and says its age. */
function LinkState() {
  const link = useLink();
  useNow(1000);
  const word = link.up ? "Live" : link.refused || (link.heard ? "Reconnecting…" : "Connecting…");
  return (
    <span class={`link ${link.up ? "up" : "down"}`}>
      <i aria-hidden="true" />
      <span>
        {/* The word alone is said aloud: an age in it would be said each second. */}
        <span role="status">{word}</span>
        {!link.up && !link.refused && link.heard > 0 && ` data ${age(heardAgo())} old`}
      </span>
    </span>
  );
}

function ThemeButton() {
  const { theme } = useTheme();
  const name = { auto: "Auto", light: "Light", dark: "Dark" }[theme];
  return (
    <button type="button" class="quiet theme" onClick={nextTheme} title="Theme (t)">
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path
          d={
            theme === "light"
              ? "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6"
              : "M8 1.8a6.2 6.2 0 0 1 0 12.4Z"
          }
          fill={theme === "light" ? "none" : "currentColor"}
          stroke={theme === "light" ? "currentColor" : "none"}
        />
        {theme === "dark" && <circle cx="8" cy="8" r="6.2" fill="currentColor" />}
      </svg>
      <span>
        <span class="off-screen">Theme: </span>
        {name}
      </span>
    </button>
  );
}

function Sheet({ close }: { close: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} class="sheet" onClose={close} aria-labelledby="sheet-title">
      {/* Has the focus at first: else Close would, and the sheet open at its end. */}
      <h2 id="sheet-title" tabIndex={-1} autofocus>
        Keyboard
      </h2>
      {[...SHEET, ["Everywhere", everywhere()] as const].map(([title, lines]) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl>
            {lines.map(([keys, does]) => (
              <div key={keys}>
                <dt>
                  {keys.split("  ").map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

const LOOK_MS = 15_000;

/** How many alerts fire and are not silenced: seen from every screen. */
function Firing() {
  const { answer } = useAnswer<{ items: { silenced: boolean }[] }>(
    "/api/alerts?state=firing&limit=100",
    LOOK_MS,
  );
  const n = answer?.items.filter((one) => !one.silenced).length ?? 0;
  if (n === 0) return null;
  return (
    <span class="firing num">
      {n < 100 ? n : "99+"}
      <span class="off-screen"> firing</span>
    </span>
  );
}

/** The sections, and which of them we are in. */
function Navigation({ route }: { route: Route }) {
  const calls = ["meetings", "meeting", "participant"].includes(route.page);
  const here = route.page === "section" ? route.id : calls ? "" : "none";
  const all = [{ id: "", name: "Meetings" }, ...SECTIONS];
  const box = useRef<HTMLElement>(null);
  // On a phone they scroll: where we are is in sight.
  useEffect(() => {
    const current = box.current?.querySelector<HTMLElement>("[aria-current]");
    if (box.current && current) {
      box.current.scrollLeft =
        current.offsetLeft - (box.current.clientWidth - current.clientWidth) / 2;
    }
  }, [here]);
  return (
    <nav class="sections" aria-label="Sections" ref={box}>
      {all.map((one) => (
        <a
          key={one.id}
          href={`/${one.id}`}
          aria-current={
            one.id === here ? (here || route.page === "meetings" ? "page" : "true") : undefined
          }
        >
          {one.name}
          {one.id === "alerts" && <Firing />}
        </a>
      ))}
    </nav>
  );
}

/** The way up from a screen, and what can be done with what it shows. */
export function Crumbs({ crumbs, children }: { crumbs: Crumb[]; children?: ComponentChildren }) {
  const last = crumbs.length - 1;
  return (
    <div class="crumbs">
      <nav aria-label="Where you are">
        {crumbs.map((crumb, i) => (
          <span class="crumb" key={crumb.href}>
            {i === last ? (
              <bdi aria-current="page" title={crumb.text}>
                {crumb.text}
              </bdi>
            ) : (
              <a href={crumb.href} title={crumb.text}>
                <bdi>{crumb.text}</bdi>
              </a>
            )}
          </span>
        ))}
      </nav>
      {children}
    </div>
  );
}

const goKeys = (): Keys =>
  Object.fromEntries(
    SECTIONS.map((one) => [
      `g ${one.key}`,
      () => go({ page: "section", id: one.id, rest: [], ask: {} }),
    ]),
  );

/** Frames all screens; it stays while they change. */
export function Shell({ route, children }: { route: Route; children: ComponentChildren }) {
  const [help, setHelp] = useState(false);
  const { up, heard } = useLink();
  useKeys({
    "?": () => setHelp(true),
    t: nextTheme,
    "g m": () => go(backToList()),
    ...goKeys(),
  });
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="/" aria-label="callvitals: all meetings">
          <Mark />
          <span>callvitals</span>
        </a>
        <Navigation route={route} />
        <LinkState />
        <ThemeButton />
        <button
          type="button"
          class="quiet help"
          onClick={() => setHelp(true)}
          title="Keyboard (?)"
          aria-label="Keyboard shortcuts"
        >
          ?
        </button>
      </header>
      <main id="main" tabIndex={-1} class={heard && !up ? "aged" : ""}>
        {children}
      </main>
      <DropZone />
      {help && <Sheet close={() => setHelp(false)} />}
    </>
  );
}
