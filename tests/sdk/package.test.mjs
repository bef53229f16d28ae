// The npm package: builds, is whole, and its types hold in a strict app.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { root } from "./load.mjs";

test("the package builds, imports without a window, and its types are true", async () => {
  const run = (...args) => execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  run("scripts/npm.mjs");
  const sdk = await import("callvitals");
  assert.equal(sdk.hash, undefined);
  assert.match(sdk.version, /^\d+\.\d+\.\d+/);
  assert.throws(() => sdk.init({}), TypeError);
  // A bundler must leave alone what is imported from the service, or it is not found.
  const text = readFileSync(`${root}sdk/dist/index.js`, "utf8");
  const imports = text.match(/\bimport\([^`)]*`/g) ?? [];
  assert.equal(imports.length, 2);
  for (const one of imports) assert.match(one, /webpackIgnore: true.*@vite-ignore/s);
  // Every export has a type, and no type is without its export.
  const declared = readFileSync(`${root}sdk/dist/index.d.ts`, "utf8").matchAll(
    /declare const (\w+):/g,
  );
  assert.deepEqual([...declared].map(([, name]) => name).sort(), Object.keys(sdk).sort());
  // What the documents show compiles as it stands.
  const shown = ["docs/embedding.md", "sdk/README.md"].flatMap((path) =>
    [...readFileSync(`${root}${path}`, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
      ([, ts]) => ts,
    ),
  );
  assert.ok(shown.length >= 5);
  const made = shown.map((_, i) => `${root}tests/sdk/shown-${i}.ts`);
  try {
    made.forEach((path, i) => {
      writeFileSync(path, `${shown[i]}export {};\n`);
    });
    run("node_modules/typescript/bin/tsc", "--noEmit", "-p", "tests/sdk");
  } finally {
    for (const path of made) rmSync(path);
  }
});
