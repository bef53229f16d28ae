// An engine: a Python runtime with the core in it. Both runtimes look the same from here.

import type { BootStep, EngineName } from "../messages";

export interface Engine {
  readonly name: EngineName;
  /** Calls `callvitals.browser.<fn>(text)`. Throws `EngineError` where Python raised. */
  call(fn: string, text: string): string;
  /** `callvitals.browser.feed(header, …)`: one tick, its doubles copied into Python's buffer. */
  feed(header: string, packed: ArrayBuffer): string;
}

export interface BootContext {
  /** Folder of the engine files, with a trailing slash. */
  base: string;
  /** URLs of Python wheels to install. */
  plugins: string[];
  /** Says which step begins. */
  step(step: BootStep): void;
  /** Aborted when the deadline struck: stop fetching. */
  signal: AbortSignal;
}

/** Resolves to a running engine with the core imported; rejects with the true reason. */
export type Boot = (context: BootContext) => Promise<Engine>;

/** Python raised. `message` is the last line of the traceback, fit for the dashboard. */
export class EngineError extends Error {
  constructor(error: unknown) {
    super(lastLine(error));
    this.name = "EngineError";
  }
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split("\n").filter((line) => line.trim());
  return (lines.at(-1) ?? "unknown error").slice(0, 300);
}

/** Calls into Python, with its exceptions made short. */
export function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new EngineError(error);
  }
}

/** A file of the engine; rejects with its name and the HTTP status. */
export async function fetchFile(
  base: string,
  name: string,
  signal: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(base + name, { signal, credentials: "omit" });
  } catch (error) {
    throw new Error(`${name} could not be fetched (${lastLine(error)})`);
  }
  if (!response.ok) throw new Error(`${name} could not be fetched (HTTP ${response.status})`);
  return response;
}

/** May WebAssembly be compiled here? Gives the reason where it may not, else "". */
export function probeWebAssembly(): string {
  if (typeof WebAssembly !== "object") return "this browser has no WebAssembly";
  try {
    new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    return "";
  } catch {
    return "no WebAssembly: the Content-Security-Policy lacks 'wasm-unsafe-eval'";
  }
}
