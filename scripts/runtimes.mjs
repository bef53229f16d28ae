// The runtimes as npm has them; MicroPython with its globals taken away.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const PYODIDE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"];

/** `{name: bytes}` of both runtimes, ready to be served. */
export function runtimeFiles(root) {
  const pyodide = join(root, "node_modules/pyodide");
  const micropython = join(root, "node_modules/@micropython/micropython-webassembly-pyscript");
  const files = {
    "micropython.mjs": Buffer.from(
      adapted(readFileSync(join(micropython, "micropython.mjs"), "utf8")),
    ),
    "micropython.wasm": readFileSync(join(micropython, "micropython.wasm")),
  };
  for (const name of PYODIDE) files[name] = readFileSync(join(pyodide, name));
  return files;
}

/** What MicroPython's script keeps in globals. */
const GLOBALS = [
  "pyProxyFinalizationRegistry",
  "proxy_js_existing",
  "proxy_js_map",
  "proxy_js_ref",
  "proxy_js_ref_map",
  "proxy_js_ref_next",
];

/**
 * On the main thread the globals are the host page's, `window.Module` among them: ours are made
 * variables of the script. And it takes the WebAssembly as bytes, so that a file which cannot be had
 * is told by name.
 */
function adapted(source) {
  const once = (text, from, to) => {
    if (text.split(from).length !== 2) throw new Error(`micropython.mjs: one "${from}" expected`);
    return text.replace(from, to);
  };
  let text = once(source, "globalThis.Module=Module", "setModule(Module)");
  text = once(text, "globalThis.loadMicroPython=loadMicroPython,", "");
  text = once(
    text,
    "let Module={locateFile",
    "let Module={wasmBinary:options.wasmBinary,locateFile",
  );
  for (const name of GLOBALS) {
    if (!text.includes(`globalThis.${name}=`)) throw new Error(`micropython.mjs: no ${name}`);
    text = text.replaceAll(new RegExp(`globalThis\\.${name}\\b`, "g"), name);
  }
  return `let Module,${GLOBALS.join()};const setModule=(m)=>{Module=m};\n${text}`;
}

/** Pyodide's package list, ours: micropip alone, as PyPI has it (its bytes differ from Pyodide's). */
export function lockFile(root, wheel) {
  const entry = {
    name: "micropip",
    version: wheel.version,
    file_name: wheel.name,
    install_dir: "site",
    sha256: wheel.sha256,
    package_type: "package",
    imports: ["micropip"],
    depends: [],
    unvendored_tests: false,
  };
  return { info: pyodideInfo(root), packages: { micropip: entry } };
}

/** What Pyodide wants to know of itself: version, ABI, platform. */
export function pyodideInfo(root) {
  return JSON.parse(readFileSync(join(root, "node_modules/pyodide/pyodide-lock.json"), "utf8"))
    .info;
}
