// @ts-check
/** What a page or a network forbids moves the computing, names the reason, and changes no number. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  busyTasks,
  closing,
  connect,
  hangUp,
  launchChromium,
  openTab,
  startDamager,
  startService,
  startSite,
  startTrace,
  stopSession,
  until,
} from "./harness.mjs";
import { account, compare, stored, storedUpTo } from "./lab/numbers.mjs";
import { policy } from "./lab/policy.mjs";

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
 * @typedef {object} Variant
 * @property {string} id also the meeting's
 * @property {string} title
 * @property {() => string} [csp]
 * @property {string} [nonce]
 * @property {import("./lab/relay.mjs").Damage[]} [damages]
 * @property {"pyodide" | "micropython" | "none"} engine
 * @property {"worker" | "main" | "none"} host
 * @property {RegExp} why
 */

/** Two of them share a call. @type {[Variant, Variant][]} */
const CALLS = [
  [
    {
      id: "policy",
      title: "the documented policy: all as without one",
      csp: () => policy(service.url),
      engine: "pyodide",
      host: "worker",
      why: /^default$/,
    },
    {
      id: "no-worker",
      title: "worker-src 'none'",
      csp: () => policy(service.url, { "worker-src": "'none'" }),
      engine: "micropython",
      host: "main",
      why: /worker-src blocks blob:/,
    },
  ],
  [
    {
      id: "no-wasm",
      title: "no 'wasm-unsafe-eval'",
      csp: () => policy(service.url, { "script-src": `'self' ${service.url}` }),
      engine: "none",
      host: "worker",
      why: /wasm-unsafe-eval/,
    },
    {
      id: "nonce",
      title: "worker-src blob: only, the SDK's script by nonce: the worker may import nothing",
      csp: () => policy(service.url, { "script-src": "'self' 'nonce-n1' 'wasm-unsafe-eval'" }),
      nonce: "n1",
      engine: "micropython",
      host: "main",
      why: /script-src.* blocks|import/,
    },
  ],
  [
    {
      id: "worker-404",
      title: "the worker's URL is broken",
      damages: [{ match: /worker\.js/, status: 404 }],
      engine: "micropython",
      host: "main",
      why: /worker/,
    },
    {
      id: "wasm-mime",
      title: "Pyodide's wasm has a wrong MIME type",
      damages: [{ match: /pyodide.*\.wasm/, type: "text/plain" }],
      engine: "micropython",
      host: "worker",
      why: /pyodide in the worker failed: .*(MIME|wasm)/i,
    },
  ],
  [
    {
      id: "wasm-404",
      title: "Pyodide's wasm is missing",
      damages: [{ match: /pyodide.*\.wasm/, status: 404 }],
      engine: "micropython",
      host: "worker",
      why: /pyodide in the worker failed: .*(404|wasm)/i,
    },
    {
      id: "library-hangs",
      title: "Pyodide's library never comes: the deadline strikes",
      damages: [{ match: /stdlib[^/]*\.zip/, hang: true }],
      engine: "micropython",
      host: "worker",
      why: /pyodide in the worker failed: .*(20 s|within)/,
    },
  ],
  [
    {
      id: "worker-mime",
      title: "the worker's file has a wrong MIME type",
      damages: [{ match: /worker\.js/, type: "text/plain" }],
      engine: "micropython",
      host: "main",
      why: /the worker's import failed/,
    },
    {
      id: "no-blob",
      title: "worker-src with the service alone",
      csp: () => policy(service.url, { "worker-src": service.url }),
      engine: "micropython",
      host: "main",
      why: /worker-src blocks blob:/,
    },
  ],
  [
    {
      id: "no-host",
      title: "neither the worker's file nor the page's is there",
      damages: [{ match: /(worker|host)\.js/, status: 404 }],
      engine: "none",
      host: "none",
      why: /import failed/,
    },
    {
      id: "no-socket",
      title: "connect-src without the socket's address",
      csp: () => policy(service.url, { "connect-src": `'self' ${service.url}` }),
      engine: "pyodide",
      host: "worker",
      why: /^no socket \(connect-src blocks ws:\/\/[\d.:]+\)$/,
    },
  ],
  [
    {
      id: "no-files",
      title: "no engine's wasm is there",
      damages: [{ match: /\.wasm/, status: 404 }],
      engine: "none",
      host: "main",
      why: /micropython in the page.s thread failed: /,
    },
    {
      id: "library-404",
      title: "Pyodide's library is missing",
      damages: [{ match: /stdlib[^/]*\.zip/, status: 404 }],
      engine: "micropython",
      host: "worker",
      why: /pyodide in the worker failed: /,
    },
  ],
];

/** @param {Variant} variant */
async function openVariant({ id, csp, nonce, damages }) {
  const src = damages ? open.add(await startDamager(service.port, damages)).url : service.url;
  /** @type {{src: string, nonce?: string} & Record<string, string>} */
  const tag = { src, meeting: id, participant: "ann" };
  if (nonce) tag.nonce = nonce;
  return openTab(chromium, site.url({ before: ["keep.js"], tag, csp: csp?.() }));
}

/** @param {string} id */
async function sessionOf(id) {
  const meeting = await service.get(`/api/meetings/${id}`);
  return meeting.participants[0].sessions[0];
}

/** @param {Variant} variant @param {import("./lab/call.mjs").Tab} tab */
async function settled(variant, tab) {
  const { id, engine, host, why } = variant;
  const session = await until(
    async () => {
      const now = await sessionOf(id);
      if (now.engine !== engine) throw new Error(`${now.engine}, ${now.host}: ${now.state?.why}`);
      return now;
    },
    { within: 45000, every: 300, what: `${id}: engine ${engine}` },
  );
  assert.equal(session.host, host);
  assert.match(session.state.why, why);
  // Who looks at the meeting is told, too, where there will be no numbers.
  const silent = engine === "none" || id === "no-socket";
  assert.equal(session.state.sentence.includes(session.state.why), silent);
  // The host page noticed nothing (what the browser itself logs about its policy is its own).
  assert.deepEqual(
    tab.said.filter(({ type }) => type === "uncaught"),
    [],
  );
  return session;
}

/** @param {Variant} variant @param {import("./lab/call.mjs").Tab} tab @param {any} session */
async function accounted({ id, engine }, { page }, session) {
  const kept = await page.evaluate(() => window.kept);
  const last = await stopSession(page);
  if (engine === "none") {
    // Nothing was computed; that the session was there and ended, and what is missing, is told.
    await until(async () => (await sessionOf(id)).presence === "left", { what: `${id} left` });
    const answer = await until(
      async () => {
        const now = await stored(service, id, "ann", session.sessionId); // a commit after `left`
        const { wrong } = account(now, last);
        if (wrong.length) throw new Error(wrong.join("; "));
        return now;
      },
      { what: `every tick of ${id} in a gap` },
    );
    const values = Object.values(answer.series).flat();
    assert.ok(values.every((value) => value === null));
    return;
  }
  const answer = await storedUpTo(service, id, "ann", session.sessionId, last);
  assert.deepEqual(account(answer, last), { wrong: [], shown: [] });
  const { differences, compared } = compare(kept, answer);
  assert.deepEqual(differences, []);
  assert.ok(compared >= 4 * 3, `${compared} values compared`);
}

test("MicroPython on the page's thread comes in slices: no task above 50 ms of the thread's time", async (t) => {
  const tracer = await openTab(chromium, "about:blank");
  const trace = await startTrace(tracer.page);
  const tag = { src: service.url, meeting: "slices", participant: "ann" };
  const url = site.url({ tag, csp: policy(service.url, { "worker-src": "'none'" }) });
  const tab = await openTab(chromium, url);
  await tab.page.evaluate(() => {
    new RTCPeerConnection().createDataChannel("x");
  });
  const booted = async () => {
    const { engine, host } = await sessionOf("slices");
    const { ticks } = await tab.page.evaluate(() => window.callvitals.debug.info());
    return engine === "micropython" && host === "main" && ticks >= 8;
  };
  await until(booted, { within: 30000, what: "MicroPython in the page" });
  const { tasks, seen } = busyTasks(await trace.stop(), url, 30);
  assert.ok(
    seen.some((script) => /micropython/.test(script)),
    "the boot is in the trace",
  );
  t.diagnostic(`the longest: ${Math.max(0, ...tasks.map(({ cpuMs }) => cpuMs))} ms`);
  assert.deepEqual(
    tasks.filter(({ cpuMs }) => cpuMs > 50),
    [],
  );
  await tab.close();
  await tracer.close();
});

// Two calls at once: most of their time they wait for a deadline.
describe("a call each", { concurrency: 2 }, () => {
  for (const pair of CALLS) {
    test(pair.map(({ title }) => title).join(" | "), async (t) => {
      const tabs = [await openVariant(pair[0]), await openVariant(pair[1])];
      await connect(tabs[0], tabs[1], { video: false });
      /** @type {any[]} */
      const sessions = [];
      for (const [i, variant] of pair.entries()) {
        await t.test(`${variant.title} → ${variant.engine}, ${variant.host}`, async () => {
          sessions[i] = await settled(variant, tabs[i]);
        });
      }
      for (const { page } of tabs) {
        await until(() => page.evaluate(() => window.kept.length >= 6), { what: "six reports" });
      }
      await hangUp(...tabs);
      for (const [i, variant] of pair.entries()) {
        if (!sessions[i]) continue;
        await t.test(`${variant.title}: every tick is accounted for`, () =>
          accounted(variant, tabs[i], sessions[i]),
        );
      }
      for (const tab of tabs) await tab.close();
    });
  }
});
