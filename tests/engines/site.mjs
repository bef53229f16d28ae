// @ts-check
// The built browser files on a loopback port, undamaged or damaged; and a page to drive them.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const statics = join(root, "backend/callvitals_server/static");
const TYPES = /** @type {Record<string, string>} */ ({
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".zip": "application/zip",
  ".whl": "application/zip",
  ".json": "application/json",
});

export function manifest() {
  const path = join(statics, "manifest.json");
  if (!existsSync(path)) throw new Error("no browser files: run node scripts/build.mjs");
  return JSON.parse(readFileSync(path, "utf8"));
}

/** Rows for the engines' tests: few types, made by hand. */
export const SCHEMA = /** @type {[string, string[]][]} */ ([
  ["pc", ["id"]],
  [
    "candidate-pair",
    [
      "id",
      "timestamp",
      "state",
      "nominated",
      "selected",
      "bytesSent",
      "bytesReceived",
      "currentRoundTripTime",
    ],
  ],
]);

/**
 * @typedef {{type?: string, status?: number, headers?: Record<string, string>, hang?: boolean,
 *            body?: string | Buffer}} Damage
 * @typedef {Awaited<ReturnType<typeof startFiles>>} Files
 */

/**
 * Serves `/sdk/<hash>/…` and `/page.html`. `damage` maps a file's name to what is wrong with it;
 * it may be changed at any time.
 */
export async function startFiles() {
  const { hash } = manifest();
  /** @type {Record<string, Damage>} */
  const damage = {};
  /** @type {Set<import("node:http").ServerResponse>} */
  const hanging = new Set();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    const name = path.split("/").at(-1) ?? "";
    const wrong = damage[name] ?? {};
    if (wrong.hang) {
      hanging.add(response);
      return;
    }
    const own = name === "drive.js" || name === "page.html";
    const file = own
      ? join(root, "tests/engines", name)
      : path.startsWith(`/sdk/${hash}/`)
        ? join(statics, path)
        : "";
    const body = wrong.body ?? (file && existsSync(file) ? readFileSync(file) : undefined);
    response.writeHead(body === undefined ? 404 : (wrong.status ?? 200), {
      "Content-Type": wrong.type ?? TYPES[extname(name)] ?? "text/plain",
      "Access-Control-Allow-Origin": "*",
      "Cache-Control": "no-store",
      ...wrong.headers,
    });
    response.end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    page: `${url}/page.html`,
    base: `${url}/sdk/${hash}/`,
    damage,
    /** @param {Record<string, Damage>} [next] */
    repair(next = {}) {
      for (const name of Object.keys(damage)) delete damage[name];
      Object.assign(damage, next);
      for (const response of hanging) response.destroy();
      hanging.clear();
    },
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
