// @ts-check
/**
 * Two browsers at the two ends of a laboratory link, from the page's server to the call. Node runs
 * at end a; whatever is at end b runs there through `nsenter`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBrowser, launchChromium, launchFirefox, openTab } from "../browser/harness.mjs";

/** @typedef {import("../browser/lab/call.mjs").Tab} Tab */

/** A Chromium at end b. @param {string} space the path of b's namespace */
export async function launchThere(space) {
  const folder = mkdtempSync(join(tmpdir(), "callvitals-lab-"));
  const wrapper = join(folder, "chromium");
  const found = findBrowser("chromium");
  writeFileSync(wrapper, `#!/bin/sh\nexec nsenter --net=${space} -- ${found} "$@"\n`, {
    mode: 0o755,
  });
  const before = process.env.CALLVITALS_CHROMIUM;
  process.env.CALLVITALS_CHROMIUM = wrapper;
  try {
    // A page of 127.0.0.1 may then load the service's script from end a's address.
    const args = ["--disable-features=LocalNetworkAccessChecks"];
    const browser = await launchChromium({ args });
    return {
      browser,
      async close() {
        await browser.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } finally {
    if (before === undefined) delete process.env.CALLVITALS_CHROMIUM;
    else process.env.CALLVITALS_CHROMIUM = before;
  }
}

/** The browser at end a. @param {"chromium" | "firefox"} kind */
export const launchHere = (kind) => (kind === "firefox" ? launchFirefox() : launchChromium());

/**
 * A tab at end b. It cannot reach the page's server at end a's loopback, so what it asks of that is
 * fetched here; its address stays 127.0.0.1, for only there a page may use a microphone.
 * @param {import("puppeteer-core").Browser} browser
 * @param {string} url
 * @returns {Promise<Tab>}
 */
export async function openTabThere(browser, url) {
  const tab = await openTab(browser, "about:blank");
  await tab.page.setRequestInterception(true);
  tab.page.on("request", async (request) => {
    if (!request.url().startsWith(new URL(url).origin)) return request.continue();
    const answer = await fetch(request.url());
    return request.respond({
      status: answer.status,
      contentType: answer.headers.get("content-type") ?? "text/plain",
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
  await tab.page.goto(url, { waitUntil: "load" });
  return tab;
}
