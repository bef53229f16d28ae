// Builds a plain web page: its index.html names local scripts and styles, which are bundled under
// names with a content hash; everything else in the folder is copied.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { build } from "esbuild";

const REFERENCE = /\b(src|href)="([^"]+\.(?:tsx?|jsx?|mjs|css))"/g;
const SOURCE = /\.(tsx?|jsx?|mjs|css|html|json|map|md)$/;

/**
 * The files of the page in `folder`, to be served under `prefix`: `{name: bytes}`.
 * References that are no file of the folder (such as /sdk.js) stay as they are.
 */
export async function buildPage(folder, prefix, options) {
  const files = {};
  let html = readFileSync(join(folder, "index.html"), "utf8");
  const local = (reference) => {
    const path = resolve(folder, reference.replace(/^\//, ""));
    return !/^\w+:|^\/\//.test(reference) && existsSync(path) ? path : null;
  };
  const entries = [...html.matchAll(REFERENCE)].map((match) => match[2]).filter(local);
  const styles = [];
  for (const reference of new Set(entries)) {
    const result = await build({
      ...options,
      entryPoints: [local(reference)],
      outdir: folder,
      entryNames: "[name]-[hash]",
      assetNames: "[name]-[hash]",
      chunkNames: "[name]-[hash]",
      splitting: true,
      loader: { ".svg": "file", ".png": "file", ".woff2": "file" },
      jsx: "automatic",
      jsxImportSource: "preact",
      write: false,
      metafile: true,
    });
    for (const output of result.outputFiles) {
      const name = relative(folder, output.path);
      files[name] = output.contents;
      const about = Object.entries(result.metafile.outputs).find(
        ([p]) => resolve(p) === output.path,
      );
      const source = about?.[1].entryPoint; // that of a chunk is loaded by import(), not by the page
      if (source && resolve(options.absWorkingDir, source) === local(reference))
        html = html.replaceAll(`"${reference}"`, `"${prefix}${name}"`);
      else if (name.endsWith(".css")) styles.push(name); // imported by a script
    }
  }
  const links = styles.map((name) => `<link rel="stylesheet" href="${prefix}${name}">\n`).join("");
  files["index.html"] = Buffer.from(html.replace("</head>", `${links}</head>`));
  for (const name of readdirSync(folder, { recursive: true })) {
    const isAsset = /\.\w+$/.test(name) && !SOURCE.test(name) && !/node_modules/.test(name);
    if (isAsset) files[name] ??= readFileSync(join(folder, name));
  }
  return files;
}
