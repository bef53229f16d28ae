// @ts-check
/** Two tabs in a call: the test is the signalling server. */
import { networkInterfaces } from "node:os";
import { until } from "./until.mjs";

/**
 * A fresh tab in a context (window, cache, storage) of its own. What the page logs or throws is
 * kept in `tab.said`, so that a test can show that the host page noticed nothing.
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} url
 */
export async function openTab(browser, url) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  /** @type {{type: string, text: string}[]} */
  const said = [];
  page.on("console", (line) => said.push({ type: line.type(), text: line.text() }));
  page.on("pageerror", (error) => said.push({ type: "uncaught", text: String(error) }));
  await page.goto(url, { waitUntil: "load" });
  return { page, said, close: () => context.close() };
}

/** @typedef {Awaited<ReturnType<typeof openTab>>} Tab */
/** @typedef {{audio?: boolean, video?: object | boolean, hosts?: string[]}} Media */
/** @typedef {Awaited<ReturnType<typeof import("./net.mjs").startNet>>} Net */

/**
 * The machine's own addresses: packets to them take the loopback interface too. For Firefox, which
 * gathers no 127.0.0.1. Empty on a machine with nothing but loopback.
 */
export function ownAddresses() {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .map((one) => one.address);
}

/**
 * Connects two tabs that show `call.html`.
 * @param {Tab} a
 * @param {Tab} b
 * @param {Media} [media] `hosts`: the addresses whose candidates are kept
 * @param {Net} [net] the media goes through it
 */
export async function connect(a, b, media = {}, net) {
  const through = net?.through ?? ((/** @type {any} */ description) => description);
  const offer = await a.page.evaluate((m) => window.lab.offer(m), media);
  const told = through(offer, "a");
  const answer = await b.page.evaluate((o, m) => window.lab.answer(o, m), told, media);
  await a.page.evaluate((x) => window.lab.accept(x), through(answer, "b"));
  for (const tab of [a, b]) {
    const state = () => tab.page.evaluate(() => window.lab.pc?.connectionState);
    await until(async () => (await state()) === "connected", { what: "connectionState connected" });
  }
}

/** @param {Tab[]} tabs */
export async function hangUp(...tabs) {
  for (const tab of tabs) await tab.page.evaluate(() => window.lab.hangUp());
}

/**
 * Two tabs on two addresses, in a call.
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} urlA
 * @param {string} urlB
 * @param {Media} [media] `hosts`: the addresses whose candidates are kept
 */
export async function openCall(browser, urlA, urlB, media = {}) {
  const a = await openTab(browser, urlA);
  const b = await openTab(browser, urlB);
  await connect(a, b, media);
  return [a, b];
}

/**
 * Ends the page's session and gives its last tick: `stop` makes one more, at once.
 * @param {import("puppeteer-core").Page} page
 * @returns {Promise<number>}
 */
export function stopSession(page) {
  return page.evaluate(async () => {
    const { ticks } = window.callvitals.debug.info();
    await window.callvitals.stop();
    return ticks;
  });
}
