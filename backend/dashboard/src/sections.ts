// The screens of the navigation. A screen's module exports `Page`, which gets the route and draws what
// stands under the top bar; it is a chunk of its own, fetched when it is first opened.
import type { ComponentType } from "preact";
import type { Route } from "./route";

export type SectionRoute = Extract<Route, { page: "section" }>;

export interface Section {
  /** Its first path segment: /http, /http/orders-api, … */
  id: string;
  name: string;
  /** `g` and then this key go there. */
  key: string;
  load: () => Promise<{ Page: ComponentType<{ route: SectionRoute }> }>;
}

// `/api` is REST's: the screen of the HTTP API lives under /http, as its documentation does.
export const SECTIONS: readonly Section[] = [
  { id: "http", name: "API", key: "a", load: () => import("./http/page") },
  { id: "trends", name: "Trends", key: "r", load: () => import("./trends/page") },
  { id: "jobs", name: "Jobs", key: "j", load: () => import("./jobs/page") },
  { id: "alerts", name: "Alerts", key: "l", load: () => import("./alerts/page") },
  { id: "settings", name: "Settings", key: "s", load: () => import("./settings/page") },
  { id: "recording", name: "Open a dump", key: "o", load: () => import("./recording/page") },
];

export const sectionOf = (id: string): Section | undefined => SECTIONS.find((one) => one.id === id);
