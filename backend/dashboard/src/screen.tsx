// Which screen a route shows. Each is a chunk of its own: who looks at the list need not fetch the
// charts first.
import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { HOME, href, type Route } from "./route";
import { sectionOf } from "./sections";
import { Failed, Note, Skeleton } from "./ui/states";

// biome-ignore lint/suspicious/noExplicitAny: each screen takes its own kind of route
type Page = ComponentType<{ route: any }>;
type Load = () => Promise<{ Page: Page }>;

const SCREENS: Record<string, Load> = {
  meetings: () => import("./meetings/page"),
  meeting: () => import("./meeting/page"),
  participant: () => import("./participant/page"),
};

const nameOf = (route: Route): string => (route.page === "section" ? route.id : route.page);
const loaderOf = (route: Route): Load | undefined =>
  route.page === "section" ? sectionOf(route.id)?.load : SCREENS[route.page];

/** What makes it another screen, not the same one with another filter or range. */
const keyOf = (route: Route): string =>
  route.page === "meeting"
    ? `${route.meetingId}\n${route.started ?? ""}`
    : route.page === "participant"
      ? `${route.meetingId}\n${route.participantId}\n${route.started ?? ""}`
      : nameOf(route);

const pages = new Map<string, Page>();

/** A request that a changing network broke is worth one more, before anybody is told. */
const AGAIN_AFTER = 1000;

async function fetchPage(name: string, load: Load): Promise<void> {
  if (pages.has(name)) return;
  const again = async () => {
    await new Promise((over) => setTimeout(over, AGAIN_AFTER));
    return load();
  };
  pages.set(name, (await load().catch(again)).Page);
}

/** The main screens are there before anybody clicks. */
export function warmUp(): void {
  const soon = globalThis.requestIdleCallback ?? ((work: () => void) => setTimeout(work, 500));
  soon(() => {
    for (const [name, load] of Object.entries(SCREENS)) fetchPage(name, load).catch(() => {});
  });
}

export function Screen({ route }: { route: Route }) {
  const name = nameOf(route);
  const load = loaderOf(route);
  const [, drawn] = useState("");
  const [failed, setFailed] = useState("");
  useEffect(() => {
    if (!load) return;
    if (pages.has(name)) {
      drawn(name); // it may have come between the drawing, which lacked it, and now
      return;
    }
    let wanted = true;
    setFailed("");
    fetchPage(name, load).then(
      () => wanted && drawn(name),
      () => wanted && setFailed(name),
    );
    return () => {
      wanted = false;
    };
  }, [name]);
  const key = keyOf(route);
  const shown = useRef(key);
  useEffect(() => {
    if (shown.current === key) return;
    shown.current = key;
    // What had the focus has gone with its screen: reading goes on in this one.
    const lost = document.activeElement === document.body || !document.activeElement;
    if (lost) document.getElementById("main")?.focus({ preventScroll: true });
  }, [key]);
  if (!load) return <Nowhere route={route} />;
  if (failed === name) {
    return (
      <Failed
        what="This screen could not be loaded"
        why="The service does not answer, or it was updated since this page was opened."
        again={() => location.reload()}
      />
    );
  }
  const Page = pages.get(name);
  return Page ? <Page key={key} route={route} /> : <Skeleton rows={6} kind="row" />;
}

function Nowhere({ route }: { route: Route }) {
  return (
    <Note title="There is no such page" page>
      <p>
        <bdi>{route.page === "lost" ? route.path : href(route)}</bdi> leads nowhere.{" "}
        <a href={href(HOME)}>All meetings</a>
      </p>
    </Note>
  );
}
