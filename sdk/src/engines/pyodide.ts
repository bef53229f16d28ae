// CPython in WebAssembly: Pyodide, with a trimmed and compiled standard library.
//
// Stock `loadPyodide` never settles when a file is missing, has the wrong MIME type or may not be
// compiled: it only logs. So all its files pass through `guard`, which turns each of these into an
// error, and starts every download at once.

import { type BootContext, type Engine, EngineError, fetchFile, guarded } from "./engine";

/** The part of Pyodide's interface that is used. */
interface Pyodide {
  pyimport(name: string): PyModule;
  runPython(code: string): unknown;
  loadPackage(name: string, options?: object): Promise<unknown>;
}
interface PyModule {
  // biome-ignore lint/suspicious/noExplicitAny: Python functions are called by name
  [fn: string]: any;
}
interface PyBuffer {
  data: Uint8Array;
  release(): void;
}

declare const __PYODIDE_INFO__: object;

export async function boot(context: BootContext): Promise<Engine> {
  const { plugins } = context;
  context.step("fetch");
  const library = plugins.length ? "stdlib-full.zip" : "stdlib.zip";
  const guard = guardFiles(context, ["pyodide.asm.wasm", library]);
  try {
    const running = start(context, library);
    running.catch(() => {}); // the guard may speak first
    const pyodide = await Promise.race([guard.broken, running]);
    if (plugins.length) await Promise.race([guard.broken, install(pyodide, context)]);
    context.step("core");
    return wrap(guarded(() => pyodide.pyimport("callvitals.browser")));
  } finally {
    guard.release();
  }
}

async function start(context: BootContext, library: string): Promise<Pyodide> {
  const { base, plugins } = context;
  const [script, runtime] = await Promise.all([
    import(/* @vite-ignore */ `${base}pyodide.mjs`),
    import(/* @vite-ignore */ `${base}pyodide.asm.mjs`),
  ]);
  context.step("runtime");
  const lock = plugins.length
    ? await (await fetchFile(base, "lock.json", context.signal)).json()
    : { info: __PYODIDE_INFO__, packages: {} };
  return script.loadPyodide({
    indexURL: base,
    packageBaseUrl: base, // a missing package fails here and is never asked of a CDN
    stdLibURL: base + library,
    lockFileContents: lock,
    createPyodideModule: runtime.default,
    stdout: () => {},
    stderr: () => {},
  });
}

/**
 * Plug-ins: wheels with own metrics or rules, by micropip. Nothing is asked of an index: what a wheel
 * depends on must be in the list too. Each is imported now, so that a broken one is told by name.
 */
async function install(pyodide: Pyodide, context: BootContext): Promise<void> {
  context.step("plugins");
  await pyodide.loadPackage("micropip", { messageCallback: () => {} });
  const micropip = guarded(() => pyodide.pyimport("micropip"));
  for (const url of context.plugins) {
    try {
      await micropip.install.callKwargs(url, { deps: false });
    } catch (error) {
      throw new Error(`plug-in ${url}: ${new EngineError(error).message}`);
    }
  }
  guarded(() => pyodide.runPython(LOAD_PLUGINS));
}

const LOAD_PLUGINS = `
from importlib.metadata import entry_points
for _entry in sorted(entry_points(group="callvitals.plugins")):
    try:
        _entry.load()
    except Exception as e:
        raise ImportError("plug-in " + _entry.name + ": " + type(e).__name__ + ": " + str(e))
`;

function wrap(browser: PyModule): Engine {
  let buffer: PyBuffer = browser.buffer().getBuffer("u8");
  const renew = () => {
    buffer.release();
    const owner = browser.buffer();
    buffer = owner.getBuffer("u8");
    owner.destroy();
  };
  return {
    name: "pyodide",
    call: (fn, text) => guarded(() => browser[fn](text)),
    feed: (header, packed) =>
      guarded(() => {
        // The view is detached when WebAssembly's memory grew.
        if (browser.reserve(packed.byteLength) || buffer.data.length === 0) renew();
        buffer.data.set(new Uint8Array(packed));
        return browser.feed(header, packed.byteLength);
      }),
  };
}

/**
 * While a boot lasts, `fetch` and `instantiateStreaming` of this realm report on our files:
 * `broken` rejects as soon as one cannot be had. The named files are fetched at once, each answer
 * given to whoever asks for it first.
 */
function guardFiles(context: BootContext, names: string[]) {
  const { fetch } = globalThis;
  const { instantiateStreaming } = WebAssembly;
  let fail: (error: unknown) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  broken.catch(() => {}); // nobody may be racing with it any more
  const early = new Map<string, Promise<Response>>();
  for (const name of names) {
    const response = fetchFile(context.base, name, context.signal);
    response.catch(fail);
    early.set(context.base + name, response);
  }
  globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const known = early.get(url);
    early.delete(url);
    const response = await (known ?? fetch(input, init));
    if (url.startsWith(context.base) && !response.ok) {
      fail(
        new Error(`${url.slice(context.base.length)} could not be fetched (${response.status})`),
      );
    }
    return response;
  };
  WebAssembly.instantiateStreaming = async (source, imports) => {
    try {
      return await instantiateStreaming.call(WebAssembly, source, imports);
    } catch (error) {
      fail(new Error(`WebAssembly was not compiled: ${(error as Error).message}`));
      throw error;
    }
  };
  return {
    broken,
    release() {
      globalThis.fetch = fetch;
      WebAssembly.instantiateStreaming = instantiateStreaming;
    },
  };
}
