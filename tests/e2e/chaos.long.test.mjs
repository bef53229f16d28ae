// @ts-check
/**
 * Long profile: calls of three minutes in which network, service and worker fail at random.
 * CALLVITALS_SEEDS="7 8" runs other stories; a failing one can be run again by its number.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  closing,
  connect,
  hangUp,
  launchChromium,
  openTab,
  sleep,
  startNet,
  startRelay,
  startService,
  startSite,
  stopSession,
  until,
} from "../browser/harness.mjs";
import { agree, info, sessionOf } from "../browser/lab/agree.mjs";
import { dice } from "../browser/lab/net.mjs";
import { account, compare, storedUpTo } from "../browser/lab/numbers.mjs";

const SEEDS = (process.env.CALLVITALS_SEEDS ?? "1 2 3").split(" ").map(Number);
const SECONDS = 180;
const PEOPLE = ["ann", "bob"];
const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof startRelay>>} */
let relay;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService());
  relay = open.add(await startRelay(service.port));
  site = open.add(await startSite());
  chromium = open.add(await launchChromium());
});
after(open.close);

/** @param {() => number} roll @param {import("../browser/lab/call.mjs").Tab[]} tabs */
function troubles(roll, tabs) {
  const pause = () => sleep(1000 + roll() * 14000);
  return [
    async () => {
      relay.cut();
      await pause();
      relay.heal();
      return "cut";
    },
    async () => {
      relay.freeze();
      await pause();
      relay.heal();
      return "half-open";
    },
    async () => {
      await service.kill();
      await pause();
      await service.start();
      return "killed";
    },
    async () => {
      await service.stop();
      await pause();
      await service.start();
      return "restarted";
    },
    async () => {
      const tab = tabs[Math.floor(roll() * tabs.length)];
      await tab.page.evaluate(() => window.workers.at(-1)?.terminate());
      return "worker ended";
    },
  ];
}

for (const seed of SEEDS) {
  test(`a call full of trouble, seed ${seed}`, async (t) => {
    const roll = dice(seed);
    const meeting = `long-${seed}`;
    const net = open.add(await startNet({ loss: 0.02, delay: 10, seed }));
    const before = ["keep.js", "workers.js"];
    /** @type {import("../browser/lab/call.mjs").Tab[]} */
    const tabs = [];
    for (const participant of PEOPLE) {
      const tag = { src: relay.url, meeting, participant };
      tabs.push(await openTab(chromium, site.url({ before, tag })));
    }
    await connect(tabs[0], tabs[1], { video: false }, net);
    const sessions = [];
    for (const [i, name] of PEOPLE.entries()) {
      await agree(service, tabs[i], meeting, name, "the start");
      sessions.push(await sessionOf(service, meeting, name));
    }
    const story = [];
    const list = troubles(roll, tabs);
    const end = performance.now() + SECONDS * 1000;
    while (performance.now() < end) {
      await sleep(2000 + roll() * 12000);
      story.push(await list[Math.floor(roll() * list.length)]());
    }
    t.diagnostic(story.join(", "));
    for (const [i, name] of PEOPLE.entries()) {
      await until(async () => (await info(tabs[i])).phase === "ready", {
        within: 40000,
        what: "an engine",
      });
      await agree(service, tabs[i], meeting, name, story.join(", "));
    }
    await hangUp(...tabs);
    for (const [i, name] of PEOPLE.entries()) {
      const kept = await tabs[i].page.evaluate(() => window.kept);
      const { rowsUnequal } = await info(tabs[i]);
      const last = await stopSession(tabs[i].page);
      const answer = await storedUpTo(service, meeting, name, sessions[i].sessionId, last);
      const { wrong, shown } = account(answer, last);
      t.diagnostic(`${name}: ${last + 1} ticks; gaps shown: ${shown.join(", ") || "none"}`);
      assert.deepEqual(wrong, []);
      assert.deepEqual(compare(kept, answer).differences, []);
      assert.equal(rowsUnequal, 0);
      assert.deepEqual(
        tabs[i].said.filter(({ type }) => type === "uncaught"),
        [],
      );
      await tabs[i].close();
    }
  });
}
