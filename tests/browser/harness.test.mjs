// @ts-check
/** The harness itself: two tabs really talk, the relay really cuts, a trace really shows frames. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  busyTasks,
  closing,
  connect,
  launchChromium,
  openCall,
  openTab,
  startNet,
  startRelay,
  startSite,
  startTrace,
  until,
} from "./harness.mjs";

const open = closing();
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;

before(async () => {
  site = open.add(await startSite());
  chromium = open.add(await launchChromium());
});
after(open.close);

test("two tabs are in a call on loopback, and every answer of getStats is kept", async () => {
  const before = ["longtasks.js", "keep.js"];
  const [a, b] = await openCall(chromium, site.url({ before }), site.url({ before }));
  const bytes = (/** @type {any} */ tab) =>
    tab.page.evaluate(async () => {
      const report = await window.lab.pc?.getStats();
      const pairs = [...(report?.values() ?? [])].filter(({ type }) => type === "candidate-pair");
      return Math.max(0, ...pairs.map(({ bytesReceived }) => bytesReceived ?? 0));
    });
  for (const tab of [a, b])
    await until(async () => (await bytes(tab)) > 10000, { what: "media flows" });
  const remotes = await a.page.evaluate(() =>
    window.kept.flatMap(({ json }) =>
      JSON.parse(json)
        // (A peer-reflexive one is the far tab's other socket; its address is hidden.)
        .filter(
          (/** @type {any} */ s) => s.type === "remote-candidate" && s.candidateType === "host",
        )
        .map((/** @type {any} */ s) => s.address),
    ),
  );
  assert.deepEqual([...new Set(remotes)], ["127.0.0.1"]);
  assert.deepEqual(
    await a.page.evaluate(() => [document.visibilityState, window.kept.length > 0]),
    ["visible", true],
  );
  assert.deepEqual(a.said, []);
  await a.close();
  await b.close();
});

test("a bad network loses and delays what the browser then reports", async () => {
  const net = open.add(await startNet({ loss: 0.1, delay: 20 }));
  const tabs = [await openTab(chromium, site.url({})), await openTab(chromium, site.url({}))];
  await connect(tabs[0], tabs[1], { video: false }, net);
  const seen = () =>
    tabs[1].page.evaluate(async () => {
      const report = await window.lab.pc?.getStats();
      const all = [...(report?.values() ?? [])];
      const { ssrc, packetsLost, packetsReceived } =
        all.find((s) => s.type === "inbound-rtp") ?? {};
      const rtt = Math.max(...all.map((s) => s.currentRoundTripTime ?? 0));
      return { ssrc, packetsLost, packetsReceived, rtt };
    });
  const enough = async () => {
    const { packetsLost, rtt } = await seen();
    return packetsLost >= 10 && rtt >= 0.04;
  };
  await until(enough, { what: "loss and delay in the report" });
  const { ssrc, packetsLost, packetsReceived } = await seen();
  const truth = net.counts.get(ssrc);
  assert.ok(
    truth && Math.abs(truth.dropped - packetsLost) <= 3,
    JSON.stringify({ truth, packetsLost }),
  );
  assert.ok(
    Math.abs(truth.sent - truth.dropped - packetsReceived) <= 6,
    JSON.stringify({ truth, packetsReceived }),
  );
  for (const tab of tabs) await tab.close();
});

test("a trace names the scripts inside long tasks", async () => {
  const url = site.url({ before: ["busy.js"] });
  const context = await chromium.createBrowserContext();
  const page = await context.newPage();
  const trace = await startTrace(page);
  await page.goto(url);
  await page.evaluate(() => new Promise((done) => setTimeout(done, 0)));
  const { tasks } = busyTasks(await trace.stop(), url);
  assert.ok(
    tasks.some((task) => task.urls.includes(`${site.origin}/busy.js`) && task.ms > 100),
    JSON.stringify(tasks),
  );
  await context.close();
});

test("the relay passes, cuts and heals", async () => {
  const relay = open.add(await startRelay(Number(new URL(site.origin).port)));
  const get = () => fetch(`${relay.url}/call.js`).then((answer) => answer.status);
  assert.equal(await get(), 200);
  relay.cut();
  await assert.rejects(get());
  relay.heal();
  assert.equal(await get(), 200);
});
