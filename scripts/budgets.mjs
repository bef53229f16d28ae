// What a page downloads, in brotli 11 as a release serves it; JSON on standard output.
//
//   node scripts/budgets.mjs [--measure]
//
// Of the last build, whatever its own quality was; only changed files are compressed anew.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compressedSize, sha256 } from "./compress.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "backend/callvitals_server/static");
const cache = join(root, "build/cache");
const { hash, files } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));

/** Known already, by sha256, as quality 11 takes a minute for them; --measure does not believe it. */
const KNOWN = {
  cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6: 2766607, // pyodide.asm.wasm, Pyodide 314.0.7
  f7cdc8ece80678ceb712f8e65ebe6d3a83203a180c399865f49612a051693635: 207390, // pyodide.asm.mjs, Pyodide 314.0.7
};

/** Files by group, as patterns of their path; of the dashboard the heaviest screen, see `screens`. */
const GROUPS = {
  loader: /^sdk\.js$/,
  bridge: /^sdk\/\w+\/bridge\.js$/,
  host: /^sdk\/\w+\/(host|worker|chunk-.*|pyodide-.*|micropython-.*)\.js$/,
  socket: /^sdk\/\w+\/socket-.*\.js$/,
  micropython: /^sdk\/\w+\/(micropython\.(mjs|wasm)|core\.json)$/,
  pyodide: /^sdk\/\w+\/(pyodide(\.asm)?\.(mjs|wasm)|stdlib\.zip)$/,
};

function size(name) {
  const path = join(folder, name);
  const known = process.argv.includes("--measure") ? undefined : KNOWN[sha256(readFileSync(path))];
  return known ?? compressedSize(path, 11, cache);
}

async function weigh(names) {
  const all = await Promise.all(names.map(size));
  return { files: names, brotli: all.reduce((a, b) => a + b, 0) };
}

/** Each screen of the dashboard is a chunk: what the entry and one of them bring along. */
function screens() {
  const named = (name, form) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(form)].map(
      ([, found]) => `dashboard/${found}`,
    );
  const closure = (from) => {
    const all = new Set(from);
    for (const name of all)
      for (const next of named(name, /(?:from|import)\s*"\.\/([\w-]+\.js)"/g)) all.add(next);
    return [...all];
  };
  const scripts = Object.keys(files).filter((name) => /^dashboard\/.*\.js$/.test(name));
  const entry = scripts.filter((name) => name.startsWith("dashboard/main-"));
  const lazy = scripts.flatMap((name) => named(name, /import\("\.\/([\w-]+\.js)"\)/g));
  return [...new Set(lazy)].map((chunk) => closure([...entry, chunk]));
}

const sizes = {};
for (const [group, pattern] of Object.entries(GROUPS)) {
  sizes[group] = await weigh(Object.keys(files).filter((name) => pattern.test(name)));
}
const shown = await Promise.all(screens().map(weigh));
sizes.dashboard = shown.reduce((a, b) => (a.brotli > b.brotli ? a : b), { files: [], brotli: 0 });
console.log(JSON.stringify({ hash, sizes }, null, 1));
