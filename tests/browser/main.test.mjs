// @ts-check
/** The main job: a real call of two tabs, measured in Python in the page, stored to the last bit. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  busyTasks,
  closing,
  connect,
  hangUp,
  launchChromium,
  openTab,
  sleep,
  startNet,
  startService,
  startSite,
  startTrace,
  stopSession,
  until,
} from "./harness.mjs";
import { compare, storedUpTo } from "./lab/numbers.mjs";

const SECONDS = 30;
const BEFORE = ["longtasks.js", "keep.js"];
const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService());
  site = open.add(await startSite());
  chromium = open.add(await launchChromium());
});
after(open.close);

/**
 * One traced call of two tabs.
 * @param {(name: string) => string} address
 * @param {(tabs: import("./lab/call.mjs").Tab[]) => Promise<void>} during
 */
async function tracedCall(address, during) {
  const tracer = await openTab(chromium, "about:blank");
  const trace = await startTrace(tracer.page);
  const urls = [address("ann"), address("bob")];
  const tabs = [await openTab(chromium, urls[0]), await openTab(chromium, urls[1])];
  // A real loss, so that there is something to count, and video is sent again (RTX).
  const net = open.add(await startNet({ loss: 0.03, delay: 15 }));
  await connect(tabs[0], tabs[1], {}, net);
  await during(tabs);
  await hangUp(...tabs);
  const longTasks = [];
  for (const tab of tabs) longTasks.push(await tab.page.evaluate(() => window.longTasks.length));
  const events = await trace.stop();
  await tracer.close();
  return { tabs, urls, events, longTasks };
}

test("every tick of a call is stored as the page's own reports say, and the page stays free", async (t) => {
  assert.notEqual(new URL(service.url).origin, site.origin);
  const tag = (/** @type {string} */ name) => ({
    src: service.url,
    meeting: "main",
    participant: name,
  });
  const address = (/** @type {string} */ name) => site.url({ before: BEFORE, tag: tag(name) });
  /** @type {any} */
  let meeting;
  const call = await tracedCall(address, async (tabs) => {
    for (const { page } of tabs) {
      const enough = async () => {
        const count = await page.evaluate(() => window.kept.length);
        if (count > SECONDS) return true;
        const info = await page.evaluate(() => window.callvitals?.debug.info());
        throw new Error(`${count} reports; ${JSON.stringify(info)}`);
      };
      await until(enough, { within: 90000, every: 500, what: `${SECONDS} s of reports` });
    }
    meeting = await service.get("/api/meetings/main");
  });

  await t.test("the state says Pyodide in the worker", () => {
    assert.deepEqual(meeting.participants.map((/** @type {any} */ p) => p.participantId).sort(), [
      "ann",
      "bob",
    ]);
    for (const { sessions } of meeting.participants) {
      assert.equal(sessions.length, 1);
      assert.equal(sessions[0].engine, "pyodide");
      assert.equal(sessions[0].host, "worker");
      assert.equal(sessions[0].presence, "live");
      assert.equal(sessions[0].state.engine, "pyodide");
    }
  });

  for (const [i, name] of ["ann", "bob"].entries()) {
    await t.test(`${name}: upload, download, rtt and lossIn of every tick`, async () => {
      const { page, said } = call.tabs[i];
      const kept = await page.evaluate(() => window.kept);
      const { sessionId } = meeting.participants.find(
        (/** @type {any} */ p) => p.participantId === name,
      ).sessions[0];
      const last = await stopSession(page);
      const answer = await storedUpTo(service, "main", name, sessionId, last);
      assert.deepEqual(
        answer.tick,
        Array.from({ length: last + 1 }, (_, n) => n),
      );
      const { differences, compared } = compare(kept, answer);
      assert.deepEqual(differences, []);
      assert.ok(Math.max(...answer.series.lossIn) > 0, "the network lost packets");
      assert.ok(Math.max(...answer.series.rtt) > 0.03, "and delayed them");
      // All four, but for the first answer and the seconds until there is a round trip.
      assert.ok(compared > 4 * (SECONDS - 5), `${compared} values compared`);
      assert.deepEqual(said, []);
    });
  }

  await t.test("no main-thread task above 50 ms has a frame of ours", () => {
    for (const url of call.urls) {
      const { tasks, seen } = busyTasks(call.events, url);
      assert.ok(
        seen.some((script) => script.startsWith(service.url)),
        "the trace must see our script",
      );
      const ours = tasks.filter(({ urls }) => urls.some((one) => one.startsWith(service.url)));
      // By the thread's own time: on a busy machine a task of 2 ms may stand still for 100.
      const stood = ours.filter(({ cpuMs }) => cpuMs <= 50);
      if (stood.length) t.diagnostic(`held up by others: ${JSON.stringify(stood)}`);
      assert.deepEqual(
        ours.filter(({ cpuMs }) => cpuMs > 50),
        [],
      );
    }
  });
  for (const tab of call.tabs) await tab.close();

  await t.test("no more than two long tasks above a run without the tag", async () => {
    const control = await tracedCall(
      () => site.url({ before: BEFORE }),
      () => sleep(SECONDS * 1000),
    );
    for (const tab of control.tabs) await tab.close();
    t.diagnostic(`long tasks with the tag ${call.longTasks}, without ${control.longTasks}`);
    for (const [i, count] of call.longTasks.entries()) assert.ok(count <= control.longTasks[i] + 2);
  });
});
