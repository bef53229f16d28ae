// A module of the dashboard's sources, alone, as the build would make it.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { python } from "../../scripts/python.mjs";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CORE = python(ROOT, "scripts/gen-dashboard.py");

/** `name`: without its ending, below src/. */
export async function load(name, ending = "ts") {
  const { outputFiles } = await build({
    entryPoints: [`${ROOT}/backend/dashboard/src/${name}.${ending}`],
    bundle: true,
    format: "esm",
    write: false,
    define: { __CORE__: CORE },
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  const text = Buffer.from(outputFiles[0].contents).toString("base64");
  return import(`data:text/javascript;base64,${text}`);
}
