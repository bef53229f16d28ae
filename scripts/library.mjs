// The Python libraries of the browser: Pyodide's standard library, trimmed and compiled, with the
// core inside; and the core's sources for MicroPython. Cached by content in build/cache.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { python } from "./python.mjs";

const STOCK = "/lib/python314.zip"; // where Pyodide puts its library
// analysis, dump and what they import read recordings; kinds, fault, together, incidents judge a whole
// meeting; shapes.py is for the type checker; the bundle has an __init__ of its own.
const NOT_BUNDLED = new Set([
  "__init__.py",
  "advice.py",
  "analysis.py",
  "dump.py",
  "fault.py",
  "incidents.py",
  "internals.py",
  "kinds.py",
  "line.py",
  "rtcstats.py",
  "rtcstats_names.py",
  "salvage.py",
  "shapes.py",
  "together.py",
  "totals.py",
  "traces.py",
]);

/** Names of the core's files that browsers load. */
export function coreFiles(root) {
  return readdirSync(join(root, "worker/callvitals"))
    .filter((name) => name.endsWith(".py") && !NOT_BUNDLED.has(name))
    .sort();
}

/**
 * The same sources, each behind those that it imports: so a page can import them one by one, and rest in
 * between.
 */
export function inOrder(sources) {
  const ordered = {};
  const visit = (name) => {
    if (!(name in sources) || name in ordered) return;
    const imports = sources[name].matchAll(/^\s*from \.(\w*) import (\([^)]*\)|.*)$/gm);
    for (const [, module, names] of imports) {
      const wanted = module ? [module] : names.match(/\w+/g);
      for (const one of wanted) visit(`${one}.py`);
    }
    ordered[name] = sources[name];
  };
  for (const name of Object.keys(sources).sort()) visit(name);
  return ordered;
}

/** `{name: source}` of the core for MicroPython, in their order, as JSON text. */
export function coreForMicroPython(root, version) {
  const text = python(
    root,
    "scripts/strip.py",
    join(root, "worker/callvitals"),
    ...coreFiles(root),
  );
  return JSON.stringify(inOrder({ ...JSON.parse(text), "__init__.py": initOf(version) }));
}

const initOf = (version) => `__version__ = "${version}"\n`;

/**
 * Bytes of the two library zips: `trimmed` has what boot and core import, `full` the whole standard
 * library for plug-ins. (Two whole zips, not one and the rest: a package cannot be split over zips.)
 */
export async function libraries(root, version) {
  const core = { "callvitals/__init__.py": initOf(version) };
  for (const name of coreFiles(root)) {
    core[`callvitals/${name}`] = readFileSync(join(root, "worker/callvitals", name), "utf8");
  }
  const cache = join(root, "build/cache");
  const package_ = JSON.parse(
    readFileSync(join(root, "node_modules/pyodide/package.json"), "utf8"),
  );
  const stock = join(cache, `stock-${package_.version}.zip`);
  const own = ["library.mjs", "library.py"].map((name) =>
    readFileSync(join(root, "scripts", name), "utf8"),
  );
  const hash = createHash("sha256").update(JSON.stringify([package_.version, own, core]));
  const key = hash.digest("hex").slice(0, 16);
  const [trimmed, full] = ["trimmed", "full"].map((kind) => join(cache, `${kind}-${key}.zip`));
  if (!existsSync(full)) {
    mkdirSync(cache, { recursive: true });
    const made = await compile(own[1], core, stock);
    writeFileSync(trimmed, made.trimmed);
    writeFileSync(full, made.full);
  }
  return { trimmed: readFileSync(trimmed), full: readFileSync(full) };
}

/** Lets Pyodide compile its own library (once, kept in `stockFile`) and the core. */
async function compile(library, core, stockFile) {
  const { loadPyodide } = await import("pyodide");
  const pyodide = await loadPyodide();
  pyodide.FS.mkdirTree("/core/callvitals");
  pyodide.FS.writeFile("/core/library.py", library);
  for (const [name, source] of Object.entries(core)) pyodide.FS.writeFile(`/core/${name}`, source);
  pyodide.globals.set("core", pyodide.toPy(core));
  const bytes = (code) => {
    const proxy = pyodide.runPython(code);
    const copy = proxy.toJs();
    proxy.destroy();
    return copy;
  };
  // One sample through the core, so that all it imports is known.
  pyodide.runPython(SAMPLE);
  pyodide.runPython(`import library; names = library.loaded("${STOCK}")`);
  if (!existsSync(stockFile)) writeFileSync(stockFile, bytes(`library.compile_all("${STOCK}")`));
  pyodide.FS.writeFile("/core/stock.zip", new Uint8Array(readFileSync(stockFile)));
  return {
    trimmed: bytes(`library.bundle("/core/stock.zip", names, core)`),
    full: bytes(`library.bundle("/core/stock.zip", None, core)`),
  };
}

const SAMPLE = `
import sys, traceback
sys.path.insert(0, "/core")
import callvitals.browser as browser
browser.boot('{"engine": "pyodide", "host": "worker", "why": "", "strings": ["0"],'
    '"schema": [["pc", ["id"]]], "checkpoint": null, "outbox": [], "through": -1}')
browser.feed('{"tick": 0, "t": 0, "events": [], "strings": {"at": 0, "list": []}}', 0)
browser.poll('{"now": 0}')
browser.ask('{"what": "state"}')
`;
