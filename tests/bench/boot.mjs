// @ts-check
// How long each engine takes from `boot` to `ready`, in ms, and how much memory the browser has more
// then, in MB; JSON on standard output. Files come from loopback, uncached: what is measured is
// compiling and starting, not a network.
//
//   node tests/bench/boot.mjs

import { readdirSync, readFileSync } from "node:fs";
import { launchChromium } from "../browser/harness.mjs";
import { SCHEMA, startFiles } from "../engines/site.mjs";

const REPEATS = 5;
const CASES = /** @type {const} */ ([
  ["Pyodide in the worker", "pyodide", "worker"],
  ["MicroPython in the worker", "micropython", "worker"],
  ["MicroPython on the main thread", "micropython", "main"],
]);

/** In the page: a worker is born and speaks. */
const hello = () =>
  new Promise((done) => {
    const began = performance.now();
    const url = URL.createObjectURL(new Blob(["postMessage(1)"], { type: "text/javascript" }));
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = () => {
      worker.terminate();
      done(performance.now() - began);
    };
  });

/** MB of a process and all that it started; shared pages by their share. NaN where nobody tells. */
function memory(/** @type {number} */ root) {
  if (process.platform !== "linux") return Number.NaN;
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const pid of readdirSync("/proc").map(Number).filter(Boolean)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // It has gone meanwhile.
    }
  }
  let kb = 0;
  const waiting = [root];
  for (const pid of waiting) {
    waiting.push(...(children.get(pid) ?? []));
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      kb += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // As above.
    }
  }
  return (kb * 1024) / 1e6;
}

const files = await startFiles();
const browser = await launchChromium();
try {
  /** @type {Record<string, number[]>} */
  const ms = { worker: [] };
  /** @type {Record<string, number[]>} */
  const mb = {};
  const pid = browser.process()?.pid ?? 0;
  let page = await browser.newPage();
  for (let i = 0; i < REPEATS; i++) {
    await page.goto(files.page);
    ms.worker.push(await page.evaluate(hello));
    for (const [name, engine, where] of CASES) {
      await page.goto(files.page);
      await page.waitForFunction("window.startHost");
      const told = { base: files.base, where, schema: SCHEMA };
      await page.evaluate((t) => /** @type {any} */ (window).startHost(t), told);
      const before = memory(pid);
      const got = await page.evaluate((e) => /** @type {any} */ (window).runEngine(e), engine);
      if (!got.ready) throw new Error(`${name}: ${got.why}`);
      ms[name] = [...(ms[name] ?? []), got.ready.ms];
      mb[name] = [...(mb[name] ?? []), memory(pid) - before];
      // A process of its own for each, or what one left behind would serve the next.
      await page.close();
      page = await browser.newPage();
    }
  }
  console.log(JSON.stringify({ ms, mb }));
} finally {
  await browser.close();
  await files.close();
}
