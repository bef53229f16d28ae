// Runs tests/core/golden.py on one engine in node and prints its answer as one JSON line.
// node run.mjs micropython|pyodide CORE_DIR GOLDEN_DIR TICKS SEEDS CAPTURE.jsonl.gz ...
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";

const [engine, core, golden, ticks, seeds, ...captures] = process.argv.slice(2);

const files = new Map();
for (const name of readdirSync(core).filter((name) => name.endsWith(".py"))) {
  files.set(`/lib/callvitals/${name}`, readFileSync(join(core, name)));
}
files.set("/lib/golden.py", readFileSync(join(golden, "golden.py")));
const paths = captures.map((path) => `/lib/${basename(path, ".gz")}`);
captures.forEach((path, i) => {
  files.set(paths[i], gunzipSync(readFileSync(path)));
});

const code = `
import sys, json
sys.path.insert(0, "/lib")
import golden
print("answer " + json.dumps(golden.run(${JSON.stringify(paths)}, ${Number(ticks)}, [${seeds}])))
`;

function write(FS) {
  FS.mkdirTree ? FS.mkdirTree("/lib/callvitals") : ["/lib", "/lib/callvitals"].map((d) => FS.mkdir(d));
  for (const [path, data] of files) FS.writeFile(path, data);
}

if (engine === "micropython") {
  const { loadMicroPython } = await import("@micropython/micropython-webassembly-pyscript/micropython.mjs");
  const mp = await loadMicroPython({ heapsize: 64 * 1024 * 1024, stdout: (line) => console.log(line) });
  write(mp.FS);
  mp.runPython(code);
} else {
  const { loadPyodide } = await import("pyodide");
  const py = await loadPyodide();
  py.setStdout({ batched: (line) => console.log(line) });
  write(py.FS);
  py.runPython(code);
}
