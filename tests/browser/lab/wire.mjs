// @ts-check
/** What a dashboard and the service say to each other on /watch, seen from inside the page. */
import assert from "node:assert/strict";

/**
 * @typedef {{
 *   sent: {at: number, name: string, value: any}[], heard: {name: string, value: any}[],
 *   lose: ((name: string, value: any) => boolean) | null,
 *   say: (name: string, value: unknown) => void, send: (name: string, value: unknown) => void,
 * }} Wire sent: at, ms; lose: what is not sent on; say: as if it came from the service;
 * send: as if the page said it
 */

/** From the next page load on, `window.wire` is there. @param {import("puppeteer-core").Page} page */
export const tapWire = (page) =>
  page.evaluateOnNewDocument(() => {
    const START = "42/watch,";
    const { send } = WebSocket.prototype; // the browser's own: what a test says is never lost
    /** @type {WebSocket} */
    let socket;
    /** @type {Wire} */
    const wire = {
      sent: [],
      heard: [],
      lose: null,
      say: (name, value) =>
        socket.onmessage?.(
          new MessageEvent("message", { data: START + JSON.stringify([name, value]) }),
        ),
      send: (name, value) => send.call(socket, START + JSON.stringify([name, value])),
    };
    class Tapped extends WebSocket {
      /** @param {string | URL} url */
      constructor(url) {
        super(url);
        socket = this;
        this.addEventListener("message", ({ data }) => {
          if (!String(data).startsWith(START)) return;
          const [name, value] = JSON.parse(data.slice(START.length));
          wire.heard.push({ name, value });
        });
      }
      /** @override @param {string} text */
      send(text) {
        if (text.startsWith(START)) {
          const [name, value] = JSON.parse(text.slice(START.length));
          wire.sent.push({ at: performance.now(), name, value });
          if (wire.lose?.(name, value)) return;
        }
        super.send(text);
      }
    }
    Object.assign(window, { wire, WebSocket: Tapped });
  });

/** The last message of a name that the page sent. @param {import("puppeteer-core").Page} page @param {string} name */
export const lastSent = (page, name) =>
  page.evaluate((wanted) => window.wire.sent.findLast((one) => one.name === wanted)?.value, name);

/** As if the tab went behind another, or came back. @param {import("puppeteer-core").Page} page @param {boolean} hidden */
export async function hide(page, hidden) {
  await page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  assert.equal(await page.evaluate(() => document.hidden), hidden);
}
