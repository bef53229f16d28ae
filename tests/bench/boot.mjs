// @ts-check
// How long each engine takes from `boot` to `ready`, in ms; JSON on standard output. Files come
// from loopback, uncached: what is measured is compiling and starting, not a network.
//
//   node tests/bench/boot.mjs

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

const files = await startFiles();
const browser = await launchChromium();
try {
  /** @type {Record<string, number[]>} */
  const ms = { worker: [] };
  const page = await browser.newPage();
  for (let i = 0; i < REPEATS; i++) {
    await page.goto(files.page);
    ms.worker.push(await page.evaluate(hello));
    for (const [name, engine, where] of CASES) {
      await page.goto(files.page);
      await page.waitForFunction("window.startHost");
      const told = { base: files.base, where, schema: SCHEMA };
      await page.evaluate((t) => /** @type {any} */ (window).startHost(t), told);
      const got = await page.evaluate((e) => /** @type {any} */ (window).runEngine(e), engine);
      if (!got.ready) throw new Error(`${name}: ${got.why}`);
      ms[name] = [...(ms[name] ?? []), got.ready.ms];
    }
  }
  console.log(JSON.stringify(ms));
} finally {
  await browser.close();
  await files.close();
}
