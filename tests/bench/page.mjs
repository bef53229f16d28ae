// @ts-check
// What a tick costs the main thread of a page in a call: handing a report over and packing it, in
// ms, as each of two tabs tells of itself; a JSON list on standard output.
//
//   node tests/bench/page.mjs

import {
  closing,
  connect,
  launchChromium,
  openTab,
  startService,
  startSite,
  until,
} from "../browser/harness.mjs";

const TICKS = 20;
const open = closing();
try {
  const service = open.add(await startService());
  const site = open.add(await startSite());
  const chromium = open.add(await launchChromium());
  const address = (/** @type {string} */ participant) =>
    site.url({ tag: { src: service.url, meeting: "cost", participant } });
  const tabs = [await openTab(chromium, address("a")), await openTab(chromium, address("b"))];
  await connect(tabs[0], tabs[1]);
  const spent = [];
  for (const { page } of tabs) {
    const told = () => page.evaluate(() => window.callvitals.debug.info());
    await until(async () => (await told()).ticks > TICKS, { within: 60000, what: "some ticks" });
    spent.push((await told()).cost.pack);
  }
  console.log(JSON.stringify(spent));
} finally {
  await open.close();
}
