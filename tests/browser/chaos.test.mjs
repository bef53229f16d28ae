// @ts-check
/** One call in which the worker dies, the network is cut and the service is killed. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  closing,
  connect,
  hangUp,
  launchChromium,
  openTab,
  sleep,
  startRelay,
  startService,
  startSite,
  stopSession,
  until,
} from "./harness.mjs";
import { agree, info, sessionOf } from "./lab/agree.mjs";
import { account, compare, storedUpTo } from "./lab/numbers.mjs";

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

const session = () => sessionOf(service, "chaos", "ann");

/** @param {import("./lab/call.mjs").Tab} tab @param {string} after */
const healed = (tab, after) => agree(service, tab, "chaos", "ann", after);

test("a call that loses worker, network and service keeps every tick", async (t) => {
  const tag = { src: relay.url, meeting: "chaos", participant: "ann" };
  const ann = await openTab(chromium, site.url({ before: ["keep.js", "workers.js"], tag }));
  const bob = await openTab(chromium, site.url({}));
  await connect(ann, bob, { video: false });

  await until(async () => (await info(ann)).ticks >= 10, { within: 30000, what: "ten ticks" });
  assert.equal((await info(ann)).host, "worker");
  await healed(ann, "the start");
  const { sessionId } = await session();

  await t.test("the worker dies: the page's thread takes over", async () => {
    await ann.page.evaluate(() => window.workers.at(-1)?.terminate());
    const main = async () => {
      const now = await info(ann);
      return now.host === "main" && now.phase === "ready";
    };
    await until(main, { within: 20000, what: "an engine in the page" });
    await healed(ann, "the worker's death");
    const now = await session();
    assert.equal(now.sessionId, sessionId);
    assert.deepEqual([now.engine, now.host], ["micropython", "main"]);
    assert.match(now.state.why, /worker stopped answering/);
  });

  await t.test("the network is cut for 8 s", async () => {
    const before = relay.accepted();
    relay.cut();
    await sleep(8000);
    relay.heal();
    await healed(ann, "the cut");
    assert.ok(relay.accepted() > before, "it came back by a new connection");
  });

  await t.test("the service is killed and comes back after 5 s", async () => {
    await service.kill();
    await sleep(5000);
    await service.start();
    await healed(ann, "the kill");
  });

  await hangUp(ann, bob);
  const kept = await ann.page.evaluate(() => window.kept);
  const end = await info(ann);
  const last = await stopSession(ann.page);
  const answer = await storedUpTo(service, "chaos", "ann", sessionId, last);

  await t.test("every tick is stored once or shown as a gap", () => {
    const { wrong, shown } = account(answer, last);
    t.diagnostic(`${last + 1} ticks; gaps shown: ${shown.join(", ") || "none"}`);
    assert.deepEqual(wrong, []);
  });
  await t.test("and says what the page's own reports say", () => {
    const { differences, compared } = compare(kept, answer);
    assert.deepEqual(differences, []);
    assert.ok(compared > 4 * 25, `${compared} values compared`);
  });
  await t.test("both engines computed the same rows, and the page noticed nothing", () => {
    assert.equal(end.rowsUnequal, 0);
    assert.deepEqual(
      ann.said.filter(({ type }) => type === "uncaught"),
      [],
    );
  });
  await ann.close();
  await bob.close();
});
