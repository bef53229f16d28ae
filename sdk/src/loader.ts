// The script tag: <script src="https://cv.example/sdk.js" crossorigin data-meeting="m1"></script>
//
// Reads data-*, takes over the queue of an earlier stub, hooks RTCPeerConnection at once. Whatever
// goes wrong here stays here.

import { createApi } from "./api";
import type { Api, Options } from "./public";

type Call = [keyof Api, ...unknown[]];
type Stub = { q?: Call[]; version?: string };

/** data-meeting → meeting, …; `meta` is JSON, `auto` is on unless "false". */
function fromTag(tag: HTMLScriptElement | null): Partial<Options> {
  if (!tag) return {};
  const { meeting, participant, name, key, token, host, engine, auto, meta } = tag.dataset;
  const options: Partial<Options> = { meeting, participant, name, key, token };
  options.host = host || new URL(tag.src).origin;
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
  const options = fromTag(document.currentScript as HTMLScriptElement | null);
  const api = createApi(options);
  /** `callvitals("watch", pc)` is `callvitals.watch(pc)`; it never throws. */
  const call = (name: keyof Api, ...args: unknown[]): unknown => {
    try {
      return (api[name] as (...given: unknown[]) => unknown)(...args);
    } catch (error) {
      console.warn(`callvitals: ${(error as Error).message}`);
    }
  };
  const safe: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(api)) {
    safe[name] =
      typeof member === "function"
        ? (...args: unknown[]) => call(name as keyof Api, ...args)
        : member;
  }
  // A function has a `name` of its own that cannot be assigned; ours have other names.
  page.callvitals = Object.assign(call, safe) as Stub;
  if (options.meeting) call("init", {});
  for (const [name, ...args] of before?.q ?? []) call(name, ...args);
}

try {
  load();
} catch {
  // The host page never notices us.
}
