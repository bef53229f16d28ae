// The script tag: <script src="https://cv.example/sdk.js" crossorigin data-meeting="m1"></script>
//
// Reads data-*, takes over the queue of an earlier stub, hooks RTCPeerConnection at once. Whatever
// goes wrong here stays here.

import { createApi, quiet } from "./api";
import type { Options } from "./public";

type Call = [string, ...unknown[]];
type Stub = { q?: Call[]; version?: string };

/** data-meeting → meeting, …; `meta` is JSON, `auto` is on unless "false". */
function fromTag(tag: HTMLScriptElement | null): Partial<Options> {
  if (!tag) return {};
  const { meeting, participant, name, key, token, host, engine, auto, meta } = tag.dataset;
  const options: Partial<Options> = { meeting, participant, name, key, token };
  // Where the tag's file came from: an origin, maybe with a path before it. A page that has our
  // text within its own scripts gives data-host or is the service's.
  options.host = host || (tag.src ? new URL(".", tag.src).href : undefined);
  if (/^(pyodide|micropython|relay)$/.test(engine ?? ""))
    options.engine = engine as Options["engine"];
  if (auto === "false") options.auto = false;
  try {
    if (meta) options.meta = JSON.parse(meta);
  } catch {
    console.warn("callvitals: data-meta is no JSON");
  }
  return options;
}

function load(): void {
  const page = globalThis as typeof globalThis & { callvitals?: Stub };
  const before = page.callvitals;
  if (before?.version) return; // loaded twice
  // A module script is never the current one.
  const tag = document.currentScript ?? document.querySelector("script[data-meeting]");
  const options = fromTag(tag as HTMLScriptElement | null);
  const api = quiet(createApi(options));
  /** `callvitals("watch", pc)` is `callvitals.watch(pc)`; it never throws. */
  const call = (name: string, ...args: unknown[]): unknown => {
    const member: unknown = api[name as keyof typeof api];
    if (typeof member === "function") return member(...args);
    console.warn(`callvitals: there is no ${name}`);
  };
  // A function has a `name` of its own that cannot be assigned; ours have other names.
  page.callvitals = Object.assign(call, api) as Stub;
  if (options.meeting !== undefined) api.init({} as Options);
  for (const [name, ...args] of before?.q ?? []) call(name, ...args);
}

try {
  load();
} catch {
  // The host page never notices us.
}
