// Writes each file with its .br and .gz beside it, so that serving costs nothing.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Formats that are compressed already. */
const DENSE = /\.(png|jpe?g|webp|woff2|whl|mp4|webm)$/;

/**
 * Writes `bytes` to `path` and, unless they are dense, `path.br` and `path.gz`. Results are kept in
 * `cache` by content, as quality 11 takes a minute for Pyodide.
 * Returns the sizes: `{bytes, brotli, gzip}`.
 */
export async function writeCompressed(path, bytes, quality, cache) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  if (DENSE.test(path)) return { bytes: bytes.length, brotli: bytes.length, gzip: bytes.length };
  const level = quality === 11 ? 9 : 6;
  const [br, gz] = await Promise.all([
    brotliOf(bytes, quality, cache),
    cached(cache, `${sha256(bytes)}.${level}.gz`, () => gzipped(bytes, { level })),
  ]);
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gz);
  return { bytes: bytes.length, brotli: br.length, gzip: gz.length };
}

/** Bytes of the file at `path` under brotli `quality`. */
export async function compressedSize(path, quality, cache) {
  const bytes = readFileSync(path);
  return DENSE.test(path) ? bytes.length : (await brotliOf(bytes, quality, cache)).length;
}

function brotliOf(bytes, quality, cache) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return cached(cache, `${sha256(bytes)}.${quality}.br`, () => brotli(bytes, { params }));
}

async function cached(folder, name, make) {
  const path = join(folder, name);
  if (existsSync(path)) return readFileSync(path);
  const made = await make();
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, made);
  return made;
}
