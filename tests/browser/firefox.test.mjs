// @ts-check
/** Firefox: a call of its own, measured by the same engine; driven by WebDriver BiDi. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  closing,
  connect,
  launchFirefox,
  openTab,
  ownAddresses,
  startService,
  startSite,
  stopSession,
  until,
} from "./harness.mjs";
import { account, storedUpTo } from "./lab/numbers.mjs";
import { policy } from "./lab/policy.mjs";

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof launchFirefox>>} */
let firefox;

before(async () => {
  service = open.add(await startService());
  site = open.add(await startSite());
  firefox = open.add(await launchFirefox());
});
after(open.close);

test("under the documented policy a call in Firefox is measured by Pyodide in the worker and stored", async (t) => {
  const tag = { src: service.url, meeting: "fox", participant: "ann" };
  const bob = await openTab(firefox, site.url({}));
  const ann = await openTab(
    firefox,
    site.url({ before: ["keep.js"], tag, csp: policy(service.url) }),
  );
  await ann.page.bringToFront();
  // Firefox gathers no loopback candidate: without another address of its own there is no call,
  // and what is shown then is that the engine comes up and says so.
  const hosts = ownAddresses();
  if (hosts.length) await connect(ann, bob, { hosts });
  else await ann.page.evaluate(() => window.lab.offer());
  t.diagnostic(hosts.length ? "connected" : "no address but loopback: the call never connects");

  const enough = () => ann.page.evaluate(() => window.kept.length >= 10);
  await until(enough, { within: 40000, what: "ten reports" });
  const meeting = await service.until(
    "/api/meetings/fox",
    (m) => m.participants[0]?.sessions[0]?.engine === "pyodide",
    {
      within: 30000,
    },
  );
  const [session] = meeting.participants[0].sessions;
  assert.equal(session.host, "worker");
  assert.equal(session.state.facts.browser.toLowerCase(), "firefox");

  await ann.page.evaluate(() => window.lab.hangUp());
  const last = await stopSession(ann.page);
  const answer = await storedUpTo(service, "fox", "ann", session.sessionId, last);
  assert.deepEqual(account(answer, last), { wrong: [], shown: [] });
  if (hosts.length) {
    for (const name of ["upload", "download", "rtt", "lossIn"]) {
      const values = answer.series[name].filter((/** @type {number | null} */ x) => x !== null);
      assert.ok(values.length >= 6, `${name}: ${values.length} values`);
    }
    assert.ok(Math.max(...answer.series.upload) > 20000, "bit/s of a call");
  }
  assert.deepEqual(
    ann.said.filter(({ type }) => type === "uncaught"),
    [],
  );
});

/** @type {[string, Record<string, string>, string, string, RegExp][]} */
const FORBIDDEN = [
  ["no-worker", { "worker-src": "'none'" }, "micropython", "main", /worker-src blocks/],
  ["no-wasm", { "script-src": "'self' SERVICE" }, "none", "worker", /wasm-unsafe-eval/],
  ["no-import", { "worker-src": "blob:", "script-src": "'self' 'nonce-n1'" }, "none", "main", /./],
  ["no-socket", { "connect-src": "'self' SERVICE" }, "pyodide", "worker", /connect-src blocks ws:/],
];

test("what a policy forbids is told, and goes the same ways as in Chromium", async (t) => {
  // One after the other: only the tab in front is not slowed down.
  for (const [name, other, engine, host, why] of FORBIDDEN) {
    await t.test(`${name}: ${engine}, ${host}`, async () => {
      const directives = Object.entries(other).map(([key, value]) => [
        key,
        value.replace("SERVICE", service.url),
      ]);
      const csp = policy(service.url, Object.fromEntries(directives));
      const tag = { src: service.url, nonce: "n1", meeting: name, participant: "ann" };
      const tab = await openTab(firefox, site.url({ tag, csp }));
      await tab.page.bringToFront();
      await tab.page.evaluate(() => {
        new RTCPeerConnection().createDataChannel("x");
      });
      const meeting = await service.until(
        `/api/meetings/${name}`,
        (m) => m.participants[0]?.sessions[0]?.engine === engine,
        { within: 30000 },
      );
      const [session] = meeting.participants[0].sessions;
      assert.equal(session.host, host);
      assert.match(session.state.why, why);
      // What the browser itself says of the policy is its own.
      const said = tab.said.filter(({ type }) => type === "uncaught");
      assert.deepEqual(
        said.filter(({ text }) => !text.startsWith("Error: Content-Security-Policy: ")),
        [],
      );
      await tab.close();
    });
  }
});
