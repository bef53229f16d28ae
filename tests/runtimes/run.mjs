// Runs tests/core/golden.py on one engine in node and prints its answer as one line.
// node run.mjs micropython|pyodide CORE_DIR GOLDEN_DIR TICKS SEEDS DATA_DIR
// DATA_DIR: captures as *.jsonl, and as *.packed with *.packed.json. MicroPython gets only the
// packed ones (as in a page: it reads JSON of that size too slowly to be worth the time).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [engine, core, golden, ticks, seeds, data] = process.argv.slice(2);

const files = new Map();
for (const name of readdirSync(core).filter((name) => name.endsWith(".py"))) {
  files.set(`/lib/callvitals/${name}`, readFileSync(join(core, name)));
}
// As in the browser's bundle: the package's own is for CPython (scripts/library.mjs).
files.set("/lib/callvitals/__init__.py", "");
for (const name of ["golden.py", "madeup.py", "troubles.py", "world.py"]) {
  files.set(`/lib/${name}`, readFileSync(join(golden, name)));
}
const names = readdirSync(data).sort();
const plain = engine === "micropython" ? [] : names.filter((name) => name.endsWith(".jsonl"));
const packed = names.filter((name) => name.endsWith(".packed"));
for (const name of [...plain, ...packed, ...packed.map((name) => `${name}.json`)]) {
  files.set(`/lib/${name}`, readFileSync(join(data, name)));
}
const paths = (list) => JSON.stringify(list.map((name) => `/lib/${name}`));

const code = `
import sys, json
sys.path.insert(0, "/lib")
import golden
answer = {}
work = golden.work(answer, ${paths(plain)}, ${paths(packed)}, ${Number(ticks)}, [${seeds}])
def more():
    for _ in work:
        return True
    print("answer " + json.dumps(answer))
    return False
`;

function write(FS) {
  FS.mkdirTree
    ? FS.mkdirTree("/lib/callvitals")
    : ["/lib", "/lib/callvitals"].map((d) => FS.mkdir(d));
  for (const [path, data] of files) FS.writeFile(path, data);
}

async function main() {
  if (engine === "micropython") {
    const { loadMicroPython } = await import(
      "@micropython/micropython-webassembly-pyscript/micropython.mjs"
    );
    const mp = await loadMicroPython({
      heapsize: 32 * 1024 * 1024,
      stdout: (line) => console.log(line),
    });
    write(mp.FS);
    mp.runPython(code);
    work(mp.globals.get("more"));
  } else {
    const { loadPyodide } = await import("pyodide");
    const py = await loadPyodide();
    py.setStdout({ batched: (line) => console.log(line) });
    write(py.FS);
    py.runPython(code);
    work(py.globals.get("more"));
  }
}

/** Call by call, as a page does: MicroPython collects its garbage only in between. */
function work(more) {
  while (more());
}

// The message alone: with an uncaught error node would print the engine's whole source line.
main().catch((error) => {
  console.log(String(error.message).slice(0, 4000));
  process.exit(1);
});
