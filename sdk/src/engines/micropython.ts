// MicroPython: a twentieth of Pyodide's size, up in a tenth of a second, slower per sample. For small
// devices, slow networks and the page's main thread. It compiles the core's sources itself.

import { type BootContext, type Engine, fetchFile, guarded } from "./engine";

/** The part of MicroPython's interface that is used. */
interface MicroPython {
  FS: { mkdir(path: string): void; writeFile(path: string, data: Uint8Array | string): void };
  // biome-ignore lint/suspicious/noExplicitAny: Python functions are called by name
  globals: { get(name: string): any };
  runPython(code: string): unknown;
}

const HEAP_BYTES = 4 << 20; // grows by itself when that is not enough
const PYSTACK_WORDS = 16384; // deep enough for 32 levels of calls

/** It compiles the core: on the page's thread in slices, so that the page goes on between them. */
const SLICE_MS = 8;

const GLUE = `
from callvitals import browser
def call(fn, text):
    return getattr(browser, fn)(text)
def feed(header, n):
    browser.reserve(n)
    if n:
        with open("/packed", "rb") as f:
            f.readinto(memoryview(browser.buffer())[:n])
    return browser.feed(header, n)
`;

export async function boot(context: BootContext): Promise<Engine> {
  const { base, signal } = context;
  if (context.plugins.length) throw new Error("plug-ins need Pyodide");
  context.step("fetch");
  const [script, wasmBinary, core] = await Promise.all([
    import(/* @vite-ignore */ `${base}micropython.mjs`),
    fetchFile(base, "micropython.wasm", signal).then((response) => response.arrayBuffer()),
    fetchFile(base, "core.json", signal).then((response) => response.json()),
  ]);
  context.step("runtime");
  let since = performance.now();
  const mp: MicroPython = await script.loadMicroPython({
    wasmBinary, // see scripts/runtimes.mjs
    heapsize: HEAP_BYTES,
    pystack: PYSTACK_WORDS,
    stdout: () => {},
    stderr: () => {},
  });
  context.step("core");
  mp.FS.mkdir("/core");
  mp.FS.mkdir("/core/callvitals");
  for (const [name, source] of Object.entries(core as Record<string, string>)) {
    mp.FS.writeFile(`/core/callvitals/${name}`, source);
  }
  guarded(() => mp.runPython('import sys\nsys.path.insert(0, "/core")'));
  // Each stands behind those that it imports.
  for (const name of Object.keys(core)) {
    if (performance.now() - since > SLICE_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal.throwIfAborted();
      since = performance.now();
    }
    guarded(() => mp.runPython(`import callvitals.${name.replace(".py", "")}`));
  }
  guarded(() => mp.runPython(GLUE));
  const call = mp.globals.get("call");
  const feed = mp.globals.get("feed");
  return {
    name: "micropython",
    call: (fn, text) => guarded(() => call(fn, text)),
    feed: (header, packed) =>
      guarded(() => {
        if (packed.byteLength) mp.FS.writeFile("/packed", new Uint8Array(packed));
        return feed(header, packed.byteLength);
      }),
  };
}
