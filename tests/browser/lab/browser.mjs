// @ts-check
/** Real browsers from the path, without network of their own. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";

const NAMES = {
  chromium: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
  firefox: ["firefox-esr", "firefox"],
};
const MAC = {
  chromium: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  firefox: "/Applications/Firefox.app/Contents/MacOS/firefox",
};
const FLAGS = [
  "--no-sandbox",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--allow-loopback-in-peer-connection",
  "--autoplay-policy=no-user-gesture-required",
  "--mute-audio",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  // A tab of a test is never looked at, and must behave as if it were.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  // Nothing of the browser's own leaves the machine.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-features=WebRtcHideLocalIpsWithMdns,Translate,MediaRouter,OptimizationHints",
];
const PREFS = {
  "media.navigator.permission.disabled": true,
  "media.navigator.streams.fake": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.peerconnection.ice.loopback": true,
  "media.autoplay.default": 0,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "app.update.enabled": false,
  "app.normandy.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
};

/** @param {string} path */
function runnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {"chromium" | "firefox"} kind
 * @returns {string | undefined} its path: CALLVITALS_CHROMIUM or CALLVITALS_FIREFOX first, then PATH
 */
export function findBrowser(kind) {
  const told = process.env[`CALLVITALS_${kind.toUpperCase()}`];
  if (told) return told;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = NAMES[kind].flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...paths, MAC[kind]].find(runnable);
}

/** @param {"chromium" | "firefox"} kind */
function need(kind) {
  const path = findBrowser(kind);
  if (path) return path;
  throw new Error(`no ${kind} on the path: install one or set CALLVITALS_${kind.toUpperCase()}`);
}

/** @param {{args?: string[]}} [options] */
export function launchChromium({ args = [] } = {}) {
  return puppeteer.launch({
    executablePath: need("chromium"),
    headless: true,
    pipe: true,
    args: [...FLAGS, ...args],
    protocolTimeout: 60000,
  });
}

/** @param {{prefs?: Record<string, string | number | boolean>}} [options] */
export function launchFirefox({ prefs = {} } = {}) {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: need("firefox"),
    headless: true,
    extraPrefsFirefox: { ...PREFS, ...prefs },
    timeout: 90000, // a first start on a busy machine
    protocolTimeout: 60000,
  });
}
