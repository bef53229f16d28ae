// The npm package: the page's side as one module with types, in sdk/dist/ (`npm pack -w callvitals`).
// It loads the rest, of the same version, from the service that it is pointed at.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { python } from "./python.mjs";

/** The .d.ts of the module: the text of public.ts, which holds nothing but types. */
export function declarations(root) {
  const members = /export const \{ (.+) \} = api;/
    .exec(readFileSync(join(root, "sdk/src/index.ts"), "utf8"))[1]
    .split(", ");
  const names = ["version", "init", ...members];
  return [
    readFileSync(join(root, "sdk/src/public.ts"), "utf8"),
    ...names.map((name) => `export declare const ${name}: Api["${name}"];`),
    "/** Of the service's files that belong to this module; undefined in the npm package. */",
    "export declare const hash: string | undefined;\n",
  ].join("\n");
}

async function main(root) {
  const core = readFileSync(join(root, "worker/callvitals/__init__.py"), "utf8");
  const version = /__version__ = "(.+)"/.exec(core)[1];
  mkdirSync(join(root, "sdk/src/generated"), { recursive: true });
  writeFileSync(join(root, "sdk/src/generated/fields.ts"), python(root, "scripts/gen-fields.py"));
  await build({
    absWorkingDir: root,
    entryPoints: ["sdk/src/index.ts"],
    outfile: "sdk/dist/index.js",
    bundle: true,
    format: "esm",
    target: "es2022",
    define: { __CALLVITALS_VERSION__: `"${version}"` },
    legalComments: "none",
    logLevel: "warning",
  });
  writeFileSync(join(root, "sdk/dist/index.d.ts"), declarations(root));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(fileURLToPath(new URL("..", import.meta.url)));
}
