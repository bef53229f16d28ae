// @ts-check
/**
 * All that a browser test needs, in one import. Every `start…` gives a thing with `close()`; a test
 * file closes what it started in `after`, and nothing is left behind: no process, port or folder.
 *
 *   const service = await startService();              // a real `callvitals serve`
 *   const site = await startSite();                    // the customer's page, on another origin
 *   const chromium = await launchChromium();
 *   const [a, b] = await openCall(chromium, site.url({ tag: { src: service.url, meeting: "m" } }), …);
 *   await service.until("/api/meetings/m", (m) => m.live);
 */
export { findBrowser, launchChromium, launchFirefox } from "./lab/browser.mjs";
export { connect, hangUp, openCall, openTab, ownAddresses, stopSession } from "./lab/call.mjs";
export { startNet } from "./lab/net.mjs";
export { startDamager, startRelay } from "./lab/relay.mjs";
export { freePort, startService } from "./lab/service.mjs";
export { startSite } from "./lab/site.mjs";
export { busyTasks, startTrace } from "./lab/trace.mjs";
export { closing, sleep, until } from "./lab/until.mjs";
