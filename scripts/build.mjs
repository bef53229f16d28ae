// Builds the browser files into backend/callvitals_server/static/.
//
//   node scripts/build.mjs             for development: quick compression
//   node scripts/build.mjs --release   for the wheel: brotli 11, nothing old kept
//
// `python hatch_build.py` does the same, but only where the sources changed.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { sha256, writeCompressed } from "./compress.mjs";
import { coreForMicroPython, libraries } from "./library.mjs";
import { micropip } from "./micropip.mjs";
import { declarations } from "./npm.mjs";
import { buildPage } from "./page.mjs";
import { python } from "./python.mjs";
import { lockFile, pyodideInfo, runtimeFiles } from "./runtimes.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "backend/callvitals_server/static");
const cache = join(root, "build/cache");
const KEPT = 3; // hashed folders kept in development, so that open pages live on

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

async function main(args) {
  const quality = args.includes("--release") ? 11 : 5;
  const started = Date.now();

  const version = /__version__ = "(.+)"/.exec(
    readFileSync(join(root, "worker/callvitals/__init__.py"), "utf8"),
  )[1];
  generateFields();
  const engines = await engineFiles(version);
  const hash = sha256(
    JSON.stringify(
      Object.keys(engines)
        .sort()
        .map((name) => [name, sha256(engines[name])]),
    ),
  ).slice(0, 12);
  const loaders = await loaderFiles(version, hash);

  const manifest = { version, hash, quality, files: {} };
  const put = async (name, bytes) => {
    manifest.files[name] = await writeCompressed(
      join(out, name),
      Buffer.from(bytes),
      quality,
      cache,
    );
  };
  const folder = `sdk/${hash}`;
  await Promise.all(Object.entries(engines).map(([name, b]) => put(`${folder}/${name}`, b)));
  await Promise.all(Object.entries(loaders).map(([name, b]) => put(name, b)));
  for (const [name, source] of [
    ["dashboard", "backend/dashboard"],
    ["demo", "demo/page"],
  ]) {
    rmSync(join(out, name), { recursive: true, force: true });
    if (!existsSync(join(root, source, "index.html"))) continue;
    const define = { __CORE__: python(root, "scripts/gen-dashboard.py") };
    const files = await buildPage(join(root, source), `/${name}/`, { ...common, define });
    await Promise.all(Object.entries(files).map(([file, b]) => put(`${name}/${file}`, b)));
  }
  forgetOld(hash, quality === 11 ? 1 : KEPT);
  const ordered = Object.fromEntries(Object.entries(manifest.files).sort());
  writeAtomically("manifest.json", JSON.stringify({ ...manifest, files: ordered }, null, 1));
  report(manifest, Date.now() - started);
}

function generateFields() {
  const folder = join(root, "sdk/src/generated");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "fields.ts"), python(root, "scripts/gen-fields.py"));
}

/** What worker and page fetch after the loader: `{name: bytes}`. */
async function engineFiles(version) {
  const result = await esbuild({
    ...common,
    entryPoints: {
      worker: "worker/worker.ts",
      host: "sdk/src/host/host.ts",
      bridge: "sdk/src/bridge.ts",
    },
    splitting: true,
    define: { __PYODIDE_INFO__: JSON.stringify(pyodideInfo(root)) },
    chunkNames: "[name]-[hash]",
    outdir: "build/engines",
    write: false,
  });
  const files = {};
  for (const file of result.outputFiles) files[file.path.split(/[\\/]/).at(-1)] = file.contents;
  Object.assign(files, runtimeFiles(root));
  files["core.json"] = Buffer.from(coreForMicroPython(root, version));
  const { trimmed, full } = await libraries(root, version);
  files["stdlib.zip"] = trimmed;
  files["stdlib-full.zip"] = full;
  const wheel = micropip(root, cache);
  files[wheel.name] = wheel.bytes;
  files["lock.json"] = Buffer.from(JSON.stringify(lockFile(root, wheel)));
  return files;
}

/** The stable addresses: the script tag's file and the npm-style module. */
async function loaderFiles(version, hash) {
  const define = { __CALLVITALS_HASH__: `"${hash}"`, __CALLVITALS_VERSION__: `"${version}"` };
  const files = {};
  for (const [name, entry, format] of [
    ["sdk.js", "sdk/src/loader.ts", "iife"],
    ["sdk.mjs", "sdk/src/index.ts", "esm"],
  ]) {
    if (!existsSync(join(root, entry))) continue;
    const result = await esbuild({ ...common, entryPoints: [entry], format, define, write: false });
    files[name] = result.outputFiles[0].contents;
  }
  files["sdk.d.ts"] = Buffer.from(declarations(root));
  return files;
}

function forgetOld(hash, kept) {
  const folders = readdirSync(join(out, "sdk"))
    .filter((name) => name !== hash)
    .map((name) => join(out, "sdk", name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const path of folders.slice(kept - 1)) rmSync(path, { recursive: true });
}

function writeAtomically(name, text) {
  writeFileSync(join(out, `${name}.new`), text);
  renameSync(join(out, `${name}.new`), join(out, name));
}

function report({ hash, quality, files }, ms) {
  const kb = (n) => `${(n / 1000).toFixed(1).padStart(8)} kB`;
  for (const [name, size] of Object.entries(files)) {
    console.log(`${kb(size.bytes)} ${kb(size.brotli)} br  ${name}`);
  }
  console.log(`built ${hash} with brotli ${quality} in ${(ms / 1000).toFixed(1)} s`);
}

main(process.argv.slice(2)).catch((error) => {
  // Messages only: a trace through Pyodide's one-line source is a megabyte long.
  console.error(`Error: the browser files could not be built: ${error.message}`);
  process.exitCode = 1;
});
