// @ts-check
// Engines in real browsers: they boot, they agree, and whatever is broken is told and never hangs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchChromium, launchFirefox } from "../browser/harness.mjs";
import { SCHEMA, startFiles } from "./site.mjs";
import { wheel } from "./wheel.mjs";

/** @type {import("./site.mjs").Files} */
let files;
before(async () => {
  files = await startFiles();
});
after(() => files.close());

/** Cases of the failure table that Firefox is asked too. */
const HANGS = [0, 1, 2, 3, 7];

for (const [kind, launch] of /** @type {const} */ ([
  ["chromium", launchChromium],
  ["firefox", launchFirefox],
])) {
  describe(kind, () => {
    /** @type {any} */
    let browser;
    /** @type {import("puppeteer-core").Page} */
    let page;
    before(async () => {
      browser = await launch();
      page = await browser.newPage();
    });
    after(() => browser.close());

    /** A fresh page with a host in it; resolves to the probe. @param {object} [told] */
    const start = async (told) => {
      await page.goto(files.page);
      await page.waitForFunction("window.startHost");
      return page.evaluate((t) => /** @type {any} */ (window).startHost(t), {
        base: files.base,
        where: "worker",
        schema: SCHEMA,
        ...told,
      });
    };
    /** @param {string} engine @param {object} [told] @returns {Promise<any>} */
    const run = (engine, told = {}) =>
      page.evaluate((e, t) => /** @type {any} */ (window).runEngine(e, t), engine, told);

    test("both engines, in worker and page, give the same rows and tell the app the same", async () => {
      /** @type {string[][]} */
      const all = [];
      /** @type {[number, [string, any][]][][]} */
      const told = [];
      for (const [engine, where] of /** @type {const} */ ([
        ["pyodide", { where: "worker" }],
        ["micropython", { where: "worker", cross: true }],
        ["micropython", { where: "main" }],
      ])) {
        const probe = await start(where);
        assert.deepEqual(probe, { type: "probe", wasm: true, why: "" });
        const got = await run(engine, { ring: 20, live: 15, listen: ["sample", "score"] });
        assert.equal(got.why, undefined);
        assert.deepEqual(got.steps, ["fetch", "runtime", "core", "restore", "replay"]);
        assert.equal(got.ready.engine, engine);
        assert.equal(got.ringFirst, true, "no engine is ready before the ring is computed");
        assert.equal(got.checkpoints.length, 1);
        assert.deepEqual(got.answer.value, {}, "nothing was sent, so nothing is known");
        all.push(got.rows);
        told.push(got.told);
      }
      const [first] = all;
      assert.equal(first?.length, 35);
      assert.deepEqual(all[1], first);
      assert.deepEqual(all[2], first);
      const { values } = JSON.parse(first?.[34] ?? "");
      assert.equal(values.upload, 320_000);
      assert.equal(values.download, 1_000_000);
      assert.equal(values.rtt, 500);
      assert.deepEqual(told[1], told[0]);
      assert.deepEqual(told[2], told[0]);
      assert.equal(told[0]?.length, 35, "the ring's ticks, too");
      const [tick, [sample, score]] = /** @type {any} */ (told[0] ?? []).at(-1);
      assert.equal(tick, 34);
      const wanted = { upload: 320_000, download: 1_000_000, rtt: 0.05 };
      assert.deepEqual(sample, ["sample", { t: 1_795_448_765_000, values: wanted }]);
      assert.deepEqual([score[0], score[1].rating], ["score", "unknown"]);
    });

    test("MicroPython leaves no trace in the page's globals", async () => {
      await start({ where: "main" });
      await page.evaluate("window.before = Object.keys(window)");
      assert.equal((await run("micropython")).why, undefined);
      const more = await page.evaluate(
        "Object.keys(window).filter((name) => !window.before.includes(name) && name !== 'before')",
      );
      assert.deepEqual(more, []);
    });

    test("more rows than the buffer holds, and memory that grows", async () => {
      for (const engine of ["pyodide", "micropython"]) {
        await start();
        const got = await run(engine, { ring: 2, live: 4, copies: 1200 }); // 86 kB a tick
        assert.equal(got.why, undefined);
        assert.deepEqual(got.failed, []);
        assert.equal(got.rows.length, 6);
      }
    });

    test("a checkpoint that nobody can read starts a fresh session, and is told", async () => {
      for (const engine of ["pyodide", "micropython"]) {
        await start();
        const got = await run(engine, { checkpoint: { tick: -1, text: '{"version":99}' } });
        assert.equal(got.why, undefined);
        assert.equal(got.rows.length, 5);
        assert.equal(got.entered[0].type, "engine-reset");
      }
    });

    const broken = /** @type {[string, Record<string, import("./site.mjs").Damage>, RegExp][]} */ ([
      [
        "pyodide",
        { "pyodide.asm.wasm": { type: "text/plain" } },
        /WebAssembly was not compiled: .*MIME/,
      ],
      ["pyodide", { "pyodide.asm.wasm": { status: 404 } }, /pyodide\.asm\.wasm .*HTTP 404/],
      ["pyodide", { "pyodide.asm.wasm": { body: "no wasm" } }, /WebAssembly was not compiled/],
      ["pyodide", { "stdlib.zip": { status: 503 } }, /stdlib\.zip .*HTTP 503/],
      ["pyodide", { "stdlib.zip": { body: "no zip" } }, /./],
      ["pyodide", { "pyodide.mjs": { status: 404 } }, /pyodide\.mjs/],
      ["pyodide", { "pyodide.asm.mjs": { type: "text/plain" } }, /pyodide\.asm\.mjs/],
      ["pyodide", { "pyodide.asm.wasm": { hang: true } }, /not up within 2 s \(step: \w+\)/],
      ["pyodide", { "pyodide.asm.mjs": { hang: true } }, /not up within 2 s \(step: fetch\)/],
      ["micropython", { "micropython.wasm": { status: 404 } }, /micropython\.wasm .*HTTP 404/],
      ["micropython", { "micropython.wasm": { body: "no wasm" } }, /./],
      ["micropython", { "core.json": { status: 500 } }, /core\.json .*HTTP 500/],
      ["micropython", { "core.json": { body: "{" } }, /JSON/],
      ["micropython", { "micropython.mjs": { status: 404 } }, /micropython\.mjs/],
    ]);
    for (const [index, [engine, damage, reason]] of broken.entries()) {
      // What a browser may do differently is where Pyodide hangs by itself.
      if (kind === "firefox" && !HANGS.includes(index)) continue;
      const [[name, how]] = /** @type {any} */ (Object.entries(damage));
      test(`${name} damaged (${JSON.stringify(how)}) is told, and the next engine runs`, async () => {
        files.repair(damage);
        await start({ options: { bootMs: "hang" in how ? 2000 : 15000 } });
        const got = await run(engine);
        assert.match(got.why ?? "it booted", reason);
        files.repair();
        const next = await run("micropython");
        // A module that failed to load is remembered as failed by some browsers.
        if (!name.startsWith("micropython.mjs")) assert.equal(next.rows?.length, 5);
      });
    }

    test("a plug-in is installed by micropip from our own server", async () => {
      // It may use any of the standard library, also what a boot does not load.
      const source = "import statistics\nassert statistics.median([1, 2, 4]) == 2\n";
      files.damage["vitals_extra-1.0-py3-none-any.whl"] = { body: wheel("vitals_extra", source) };
      const plugins = [`${files.url}/plugins/vitals_extra-1.0-py3-none-any.whl`];
      await start({ options: { plugins } });
      const got = await run("pyodide");
      assert.equal(got.why, undefined);
      assert.deepEqual(got.steps, ["fetch", "runtime", "plugins", "core", "restore", "replay"]);
      assert.equal(got.rows.length, 5);
    });

    test("a plug-in that cannot be imported, or is not there, is told by name", async () => {
      files.repair({ "bad-1.0-py3-none-any.whl": { body: wheel("bad", "1 / 0\n") } });
      const url = `${files.url}/plugins/bad-1.0-py3-none-any.whl`;
      await start({ options: { plugins: [url] } });
      assert.match((await run("pyodide")).why, /plug-in bad: ZeroDivisionError/);
      files.repair();
      await start({ options: { plugins: [url] } });
      assert.match((await run("pyodide")).why, /plug-in http.*bad-1\.0-py3-none-any\.whl/);
      assert.match((await run("micropython")).why, /plug-ins need Pyodide/);
    });

    test("a policy that forbids WebAssembly is told by the probe", async () => {
      files.repair({
        "worker.js": { headers: { "Content-Security-Policy": "script-src 'self'" } },
      });
      const probe = await start();
      files.repair();
      assert.equal(probe.wasm, false);
      assert.match(probe.why, /wasm-unsafe-eval/);
    });

    test("'wasm-unsafe-eval' is all that the policy needs", async () => {
      const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
      files.repair({ "worker.js": { headers: { "Content-Security-Policy": policy } } });
      for (const engine of ["pyodide", "micropython"]) {
        assert.equal((await start()).wasm, true);
        assert.equal((await run(engine)).rows?.length, 5);
      }
      files.repair();
    });
  });
}
