// @ts-check
/** Odd pages: tags, policies and frames of all kinds, globals of the page's own making. The computing
 *  stays in the worker wherever it can be, and the page hears nothing of us. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, openTab, startService, startSite, until } from "./harness.mjs";

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService());
  site = open.add(await startSite());
  chromium = open.add(await launchChromium());
});
after(open.close);

/** @typedef {import("./lab/call.mjs").Tab} Tab */

/** @param {Tab} tab @returns {Promise<any>} */
const info = ({ page }) => page.evaluate(() => window.callvitals.debug.info());

/** @param {Tab} tab @param {(told: any) => unknown} wish */
const told = (tab, wish) =>
  until(
    async () => {
      const now = await info(tab);
      return now && wish(now) && now;
    },
    { within: 20000, what: String(wish) },
  );

/** @param {Partial<import("./lab/site.mjs").PageOptions>} page @param {Record<string, string>} [tag] */
const tagged = (page, tag = {}) =>
  openTab(
    chromium,
    site.url({ ...page, tag: { src: service.url, meeting: "m", engine: "micropython", ...tag } }),
  );

const connection = () => {
  const pc = new RTCPeerConnection({ iceServers: [] });
  pc.createDataChannel("x");
  window.lab.pcs.push(pc);
};

const STRICT = "script-src 'nonce-n1' 'strict-dynamic' 'wasm-unsafe-eval'; object-src 'none'";
const ISOLATED = {
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-opener-policy": "same-origin",
};
/** @type {[string, Partial<import("./lab/site.mjs").PageOptions>, Record<string, string>][]} */
const PAGES = [
  ["a module script", {}, { as: 'type="module" crossorigin' }],
  ["an async script", {}, { as: "async" }],
  ["a nonce with 'strict-dynamic'", { csp: STRICT }, { nonce: "n1" }],
  ["Trusted Types", { csp: "require-trusted-types-for 'script'" }, {}],
  ["a sandboxed page", { csp: "sandbox allow-scripts" }, {}],
  ["a cross-origin isolated page, a plain tag", { headers: ISOLATED }, {}],
  ["a cross-origin isolated page", { headers: ISOLATED }, { as: "crossorigin" }],
];

test("a tag of any form, under any policy that leaves it a way", async (t) => {
  const tabs = await Promise.all(PAGES.map(([, page, tag]) => tagged(page, tag)));
  for (const { page } of tabs) {
    await until(() => page.evaluate(() => Boolean(window.callvitals)), { what: "the tag" });
    await page.evaluate(() => new RTCPeerConnection({ iceServers: [] }).createDataChannel("x"));
  }
  for (const [i, [title]] of PAGES.entries()) {
    const tab = /** @type {Tab} */ (tabs[i]);
    await t.test(`${title}: measured in the worker, nothing said`, async () => {
      const { engine, host, why } = await told(
        tab,
        ({ phase, up }) => /none|stranded/.test(phase) || (phase === "ready" && up),
      );
      assert.deepEqual([engine, host, why], ["micropython", "worker", "asked for"]);
      // What a browser says of the page's own script is not ours.
      const said = tab.said.filter(({ text }) => !text.includes("/call.js"));
      assert.deepEqual(said, []);
      await tab.close();
    });
  }
});

test("a page that is older than the service finds the service's files of now", async () => {
  const text = await (await fetch(`${service.url}/sdk.js`)).text();
  const { hash } = await import(
    `data:text/javascript,${encodeURIComponent(await (await fetch(`${service.url}/sdk.mjs`)).text())}`
  );
  const old = text.replaceAll(hash, "0".repeat(hash.length));
  assert.notEqual(old, text);
  const tab = await openTab(chromium, site.url({}));
  await tab.page.addScriptTag({ content: old });
  await tab.page.evaluate(
    (host) => window.callvitals.init({ host, meeting: "old", engine: "micropython" }),
    service.url,
  );
  await tab.page.evaluate(connection);
  await told(tab, ({ phase, up }) => phase === "ready" && up);
  await tab.close();
});

test("getStats and getUserMedia of the page's own making do no harm and get none", async () => {
  const tab = await openTab(chromium, site.url({}));
  await tab.page.evaluate(() => {
    const answers = [[null], { a: 1 }, "text", undefined];
    RTCPeerConnection.prototype.getStats = /** @type {any} */ (async () => answers.shift());
    MediaDevices.prototype.getUserMedia = /** @type {any} */ (() => 7);
  });
  await tab.page.addScriptTag({ url: `${service.url}/sdk.js` });
  await tab.page.evaluate(() => window.callvitals.init({ meeting: "own", engine: "micropython" }));
  const answer = await tab.page.evaluate(() => navigator.mediaDevices.getUserMedia());
  assert.equal(answer, 7);
  await tab.page.evaluate(connection);
  await told(tab, ({ ticks, phase }) => ticks >= 4 && phase === "ready");
  assert.deepEqual(tab.said, []);
  await tab.close();
});

test("with auto: false nothing is taken that was not given to watch", async () => {
  const tab = await openTab(chromium, site.url({ tag: { src: service.url } }));
  await tab.page.evaluate(connection);
  const hints = tab.said.map(({ text }) => text);
  assert.deepEqual(hints, ["callvitals: nothing is measured before init({ meeting })"]);
  await tab.page.evaluate(() => {
    const options = { meeting: "choosy", engine: "micropython", auto: false };
    window.callvitals.init(options);
  });
  await tab.page.evaluate(connection);
  assert.equal((await info(tab)).connections, 0);
  await tab.page.evaluate(() => window.callvitals.watch(window.lab.pcs[0]));
  assert.equal((await info(tab)).connections, 1);
  await tab.page.evaluate(() => window.callvitals.init({ meeting: "all", engine: "micropython" }));
  await tab.page.evaluate(connection);
  assert.equal((await info(tab)).connections, 1);
  await tab.close();
});

test("no timer of ours is work of an app in Angular's zone", async () => {
  const tab = await openTab(chromium, site.url({}));
  await tab.page.evaluate(() => {
    // What zone.js does, in short: a timer belongs to the zone it was made in, and runs there.
    const page = /** @type {any} */ (window);
    page.zone = "root";
    page.work = 0;
    const runIn = (/** @type {string} */ zone, /** @type {() => unknown} */ run) => {
      const before = page.zone;
      page.zone = zone;
      try {
        return run();
      } finally {
        page.zone = before;
      }
    };
    page.Zone = { root: { run: (/** @type {any} */ run) => runIn("root", run) } };
    page.app = (/** @type {any} */ run) => runIn("app", run);
    for (const name of ["setTimeout", "setInterval"]) {
      const native = page[name].bind(page);
      page[name] = (/** @type {any} */ run, /** @type {number} */ ms) => {
        const { zone } = page;
        if (zone === "app") page.work++;
        return native(() => runIn(zone, run), ms);
      };
    }
  });
  await tab.page.addScriptTag({ url: `${service.url}/sdk.js` });
  await tab.page.evaluate(() => {
    const { app, callvitals } = /** @type {any} */ (window);
    app(() => callvitals.init({ meeting: "zone", engine: "micropython" }));
    app(() => window.lab.pcs.push(new RTCPeerConnection({ iceServers: [] })));
  });
  await told(tab, ({ ticks, phase }) => ticks >= 3 && phase === "ready");
  const work = () => tab.page.evaluate(() => /** @type {any} */ (window).work);
  assert.equal(await work(), 0);
  const after = await tab.page.evaluate(() => {
    const { app, callvitals } = /** @type {any} */ (window);
    app(() => setTimeout(() => {}, 0));
    return app(() => callvitals.stop()).then(() => callvitals.debug.info());
  });
  assert.equal(after, null);
  assert.equal(await work(), 1, "the app's own timer alone");
  await tab.close();
});
