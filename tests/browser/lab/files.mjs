// @ts-check
/** Files, given to the dashboard. */
import { readFileSync } from "node:fs";
import { until } from "./until.mjs";

/** @typedef {Awaited<ReturnType<typeof import("./dashboard.mjs").openDashboard>>} View */

/** As a hand drops it anywhere on the page. @param {View} view @param {string} path @param {string} name */
export async function drop(view, path, name) {
  const bytes = readFileSync(path).toString("base64");
  const fire = (/** @type {string} */ type, keep = true) =>
    view.page.evaluate(
      (how, data, called, kept) => {
        const raw = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        if (kept) dataTransfer.items.add(new File([raw], called));
        const event = new DragEvent(how, { dataTransfer, bubbles: true, cancelable: true });
        document.querySelector("main")?.dispatchEvent(event);
      },
      type,
      bytes,
      name,
      keep,
    );
  await fire("dragenter");
  await view.shows("Drop it here");
  await fire("drop");
}
/** @param {View} view @param {string} path */
export async function choose(view, path) {
  const input = await view.page.waitForSelector('input[type="file"]');
  await /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement>} */ (input).uploadFile(
    path,
  );
}
/** @param {View} view */
export const ready = (view) =>
  until(async () => (await view.count(".recording .chart canvas")) > 0, {
    within: 40000,
    what: "charts",
  });
