// @ts-check
/** The dashboard in a tab: what it shows, and that it never breaks its own rules. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { until } from "./until.mjs";

const OUT = fileURLToPath(new URL("../../out/", import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @typedef {{theme?: "light" | "dark", width?: number, height?: number}} Options */

/**
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} url of the service
 * @param {string} path
 * @param {Options} [options]
 */
export async function openDashboard(browser, url, path, options = {}) {
  const { theme = "light", width = 1440, height = 900 } = options;
  const page = await browser.newPage();
  /** @type {string[]} */
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (line) => {
    if (["error", "warn"].includes(line.type())) troubles.push(line.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) {
      troubles.push(`third party: ${request.url()}`);
    }
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
  await page.goto(url + path);

  /** @param {string} selector */
  const texts = (selector) =>
    page.$$eval(selector, (all) =>
      // As it is seen: textContent would run words of neighbouring boxes together.
      // biome-ignore lint/performance/useDomNodeTextContent: see above
      all.map((one) => /** @type {HTMLElement} */ (one).innerText.trim()),
    );
  return {
    page,
    texts,
    /** @param {string} to */
    go: (to) => page.goto(url + to),
    /** @param {string} selector */
    text: async (selector) => (await texts(selector))[0] ?? "",
    /** @param {string} selector */
    count: async (selector) => (await page.$$(selector)).length,
    /** @param {string} selector @param {string} name */
    attribute: (selector, name) =>
      page.$eval(selector, (one, wanted) => one.getAttribute(wanted), name),
    /** @param {string} selector */
    async box(selector) {
      const box = await (await page.waitForSelector(selector))?.boundingBox();
      assert.ok(box, selector);
      return box;
    },
    /** The meetings of the list, from the top, as far as they are drawn. */
    lines: () =>
      page.$$eval(".row[data-line]", (rows) =>
        rows
          .sort((a, b) => Number(a.getAttribute("data-line")) - Number(b.getAttribute("data-line")))
          .map((row) => row.querySelector(".c-name a")?.textContent ?? ""),
      ),
    /** Waits until the words are on the screen. @param {string | RegExp} words */
    shows: (words) =>
      until(
        async () => {
          // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not shown
          const all = await page.evaluate(() => document.body.innerText);
          if (typeof words === "string" ? all.includes(words) : words.test(all)) return true;
          throw new Error(`${all.slice(0, 1500)} … troubles: ${troubles.join(" | ") || "none"}`);
        },
        { what: `the page shows ${words}` },
      ),
    /** Has anything but grid and axes been drawn? Counts the colours. @param {string} selector */
    painted: (selector) =>
      page.$eval(selector, (one) => {
        const canvas = /** @type {HTMLCanvasElement} */ (one);
        const { data } = /** @type {CanvasRenderingContext2D} */ (
          canvas.getContext("2d")
        ).getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set();
        for (let i = 0; i < data.length; i += 4) {
          if ((data[i + 3] ?? 0) > 200) {
            colours.add(`${data[i]} ${data[i + 1]} ${data[i + 2]}`);
          }
        }
        return colours.size > 8;
      }),
    /** axe-core finds nothing on the screen as it is now, in either theme. */
    async axe() {
      const world = await page.createCDPSession();
      await world.send("Page.setBypassCSP", { enabled: true });
      for (const value of [theme === "light" ? "dark" : "light", theme]) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
        const found = await page.evaluate(`(async () => {
          if (!window.axe) { ${AXE} }
          await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})));
          const result = await axe.run(document, { resultTypes: ["violations"] });
          return result.violations.map((v) => v.id + ": " + v.help + " " +
            v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + n.failureSummary).join(" | "));
        })()`);
        assert.deepEqual(found, [], `in the ${value} theme`);
      }
      await world.detach();
    },
    /** @param {string} name */
    shot: (name) => page.screenshot({ path: `${OUT}${name}.png` }),
    /**
     * Nothing was thrown, logged, refused by the CSP or asked of a third party.
     * @param {{missing?: boolean}} [expect] missing: a 404 or a lost link was part of the test
     */
    async close({ missing = false } = {}) {
      await page.close();
      // A service that was killed shows in as many ways as there are moments of a request.
      const lost =
        /status of 4(04|12|22)|WebSocket connection|ERR_CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/;
      assert.deepEqual(
        troubles.filter((text) => !(missing && lost.test(text))),
        [],
      );
    },
  };
}
