// tests/bench/ticks.py on one engine in node; prints {"last", "ms": [per run, …]} as one line.
// node engines.mjs micropython|pyodide CORE_DIR FOLDER REPEATS

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [engine, core, folder, repeats] = process.argv.slice(2);
const files = new Map();
for (const name of readdirSync(core).filter((name) => name.endsWith(".py"))) {
  files.set(`/lib/callvitals/${name}`, readFileSync(join(core, name)));
}
// As in the browser's bundle: the package's own is for CPython (scripts/library.mjs).
files.set("/lib/callvitals/__init__.py", "");
files.set("/lib/ticks.py", readFileSync(new URL("ticks.py", import.meta.url)));
for (const name of readdirSync(folder)) files.set(`/lib/${name}`, readFileSync(join(folder, name)));

async function start() {
  if (engine === "micropython") {
    const { loadMicroPython } = await import(
      "@micropython/micropython-webassembly-pyscript/micropython.mjs"
    );
    return loadMicroPython({ heapsize: 32 * 1024 * 1024 });
  }
  const { loadPyodide } = await import("pyodide");
  return loadPyodide();
}

const python = await start();
const parents = engine === "micropython" ? ["/lib"] : [];
for (const path of [...parents, "/lib/callvitals"]) python.FS.mkdir(path);
for (const [path, data] of files) python.FS.writeFile(path, data);
python.runPython(
  "import sys; sys.path.insert(0, '/lib'); import ticks; ticks.load('/lib/call.packed')",
);
const ms = [];
for (let i = 0; i <= Number(repeats); i++) {
  const began = performance.now();
  python.runPython("last = ticks.once()");
  if (i) ms.push(performance.now() - began); // the first one warms up
}
console.log(JSON.stringify({ last: python.globals.get("last"), ms }));
