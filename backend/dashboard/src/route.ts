// The address bar is the state: what a link shows does not depend on who opens it.
import { useLayoutEffect, useState } from "preact/hooks";
import { sectionOf } from "./sections";
import type { Kind } from "./types";

export type Route =
  | {
      page: "meetings";
      live: boolean;
      search: string;
      rating: Kind | "";
      /** Of ended ones, when they went on: "" (any time), "24h", "7d" or "1700…-1700…" (epoch ms). */
      range: string;
    }
  /** `started` (epoch ms): an earlier meeting of that name, not the newest. */
  | { page: "meeting"; meetingId: string; started?: string }
  | {
      page: "participant";
      meetingId: string;
      participantId: string;
      started?: string;
      session: string;
      /** "all", "5m" (the newest so many minutes) or "1700…-1700…" (epoch ms). */
      range: string;
    }
  /** A screen of sections.ts: what stands behind its name in the path, and the query. */
  | { page: "section"; id: string; rest: string[]; ask: Record<string, string> }
  | { page: "lost"; path: string };

const MAX_SEARCH = 200; // as the input has it; the service takes 512
const RATINGS = new Set(["good", "fair", "poor", "unknown", "failed"]);

export function parse(path: string, query: string): Route {
  const ask = new URLSearchParams(query);
  const parts = path.split("/").filter(Boolean);
  let ids: string[];
  try {
    ids = parts.map(decodeURIComponent);
  } catch {
    return { page: "lost", path };
  }
  const [room, meetingId, sub, participantId] = ids;
  if (!parts.length) {
    const rating = ask.get("rating") ?? "";
    return {
      page: "meetings",
      live: ask.get("show") !== "ended",
      search: [...(ask.get("q") ?? "")].slice(0, MAX_SEARCH).join(""),
      rating: RATINGS.has(rating) ? (rating as Kind) : "",
      range: ask.get("range") ?? "",
    };
  }
  const started = ask.get("started") ?? "";
  const earlier = /^\d{10,15}$/.test(started) ? { started } : {};
  if (room === "m" && meetingId && parts.length === 2) {
    return { page: "meeting", meetingId, ...earlier };
  }
  if (room === "m" && meetingId && sub === "p" && participantId && parts.length === 4) {
    return {
      page: "participant",
      meetingId,
      participantId,
      ...earlier,
      session: ask.get("session") ?? "",
      range: ask.get("range") ?? "all",
    };
  }
  if (room && sectionOf(room)) {
    return { page: "section", id: room, rest: ids.slice(1), ask: Object.fromEntries(ask) };
  }
  return { page: "lost", path };
}

export function href(route: Route): string {
  const id = encodeURIComponent;
  const ask = new URLSearchParams();
  switch (route.page) {
    case "meetings":
      if (!route.live) ask.set("show", "ended");
      if (route.search) ask.set("q", route.search);
      if (route.rating) ask.set("rating", route.rating);
      if (route.range && !route.live) ask.set("range", route.range);
      return withQuery("/", ask);
    case "meeting":
      if (route.started) ask.set("started", route.started);
      return withQuery(`/m/${id(route.meetingId)}`, ask);
    case "participant":
      if (route.started) ask.set("started", route.started);
      if (route.session) ask.set("session", route.session);
      if (route.range !== "all") ask.set("range", route.range);
      return withQuery(`/m/${id(route.meetingId)}/p/${id(route.participantId)}`, ask);
    case "section":
      for (const [name, value] of Object.entries(route.ask)) if (value) ask.set(name, value);
      return withQuery(`/${[route.id, ...route.rest].map(id).join("/")}`, ask);
    case "lost":
      return route.path;
  }
}

const withQuery = (path: string, ask: URLSearchParams): string =>
  ask.size ? `${path}?${ask.toString()}` : path;

export const HOME: Extract<Route, { page: "meetings" }> = {
  page: "meetings",
  live: true,
  search: "",
  rating: "",
  range: "",
};

const listeners = new Set<() => void>();
let list = HOME;
function here(): Route {
  const route = parse(location.pathname, location.search);
  if (route.page === "meetings") list = route;
  return route;
}

/** The list of meetings as it was left, its filter and all. */
export const backToList = (): Route => list;

/** `replace`: typing in a filter or moving a chart must not fill the history. */
export function go(to: Route | string, replace = false): void {
  const url = typeof to === "string" ? to : href(to);
  if (url === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  for (const tell of listeners) tell();
  if (!replace) scrollTo(0, 0);
}

export function useRoute(): Route {
  const [route, set] = useState(here);
  useLayoutEffect(() => {
    const tell = (): void => set(here());
    listeners.add(tell);
    addEventListener("popstate", tell);
    return () => {
      listeners.delete(tell);
      removeEventListener("popstate", tell);
    };
  }, []);
  return route;
}

/** Links work as links (new tab, copy address); a plain click stays in the page. */
export function onLinkClick(event: MouseEvent): void {
  const plain =
    event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!plain || event.defaultPrevented || !link || link.target || link.origin !== location.origin)
    return;
  if (parse(link.pathname, link.search).page === "lost" || link.hasAttribute("download")) return;
  // A place on this page: the browser goes there, and the focus with it.
  if (link.hash && link.pathname + link.search === location.pathname + location.search) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
