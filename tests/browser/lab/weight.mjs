// @ts-check
/** What a page's scripts weigh on the wire: the entry, and each chunk that it may ask for. */
import assert from "node:assert/strict";
import { brotliCompressSync } from "node:zlib";

const STATIC = /(?:from|import)\s*"(\.\/[\w-]+\.js)"/g;
const LAZY = /import\("(\.\/[\w-]+\.js)"\)/g;

/**
 * By lazy chunk: the brotli bytes of all that is loaded when it is shown, the entry included.
 * @param {string} page its address
 */
export async function weights(page) {
  const html = await (await fetch(page)).text();
  const entry = /<script[^>]*src="([^"]+\.js)"/.exec(html)?.[1];
  assert.ok(entry, "the page has a script");
  /** @type {Map<string, {bytes: number, needs: string[], may: string[]}>} */
  const files = new Map();
  /** @param {string} url */
  const look = async (url) => {
    if (files.has(url)) return;
    const answer = await fetch(url);
    assert.equal(answer.status, 200, url);
    const source = Buffer.from(await answer.arrayBuffer());
    const text = source.toString();
    /** @param {RegExp} form */
    const named = (form) =>
      [...text.matchAll(form)].map((found) => new URL(found[1] ?? "", url).href);
    const [needs, may] = [named(STATIC), named(LAZY)];
    files.set(url, { bytes: brotliCompressSync(source).length, needs, may });
    for (const next of [...needs, ...may]) await look(next);
  };
  const start = new URL(entry, page).href;
  await look(start);
  /** @param {string[]} from */
  const closure = (from) => {
    const all = new Set(from);
    for (const url of all) for (const next of files.get(url)?.needs ?? []) all.add(next);
    return all;
  };
  /** @param {Iterable<string>} urls */
  const sum = (urls) => [...urls].reduce((n, url) => n + (files.get(url)?.bytes ?? 0), 0);
  const lazy = [...new Set([...files.values()].flatMap((file) => file.may))];
  const screens = lazy.map((chunk) => sum(closure([start, chunk])));
  return { html, entry: sum(closure([start])), screens, all: sum(files.keys()) };
}
