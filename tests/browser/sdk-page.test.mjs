// @ts-check
/** The page's side in real browsers, with nothing behind it but files: the hook changes nothing for
 *  the page, engines take over from each other without losing a row, the beacon holds them all. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { python } from "../sdk/load.mjs";
import {
  closing,
  hangUp,
  launchChromium,
  launchFirefox,
  openCall,
  openTab,
  startSite,
  until,
} from "./harness.mjs";
import { listen } from "./lab/relay.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const open = closing();
/** @type {Awaited<ReturnType<typeof startFiles>>} */
let files;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  execFileSync(process.execPath, [`${root}scripts/build.mjs`], { cwd: root, stdio: "pipe" });
  files = open.add(await startFiles());
  site = open.add(await startSite());
  chromium = open.add(await launchChromium());
});
after(open.close);

const TYPES = /** @type {Record<string, string>} */ ({
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
  json: "application/json",
});

/** The built files on an origin of their own; `beacons`: what came to /ingest/last. Those without a
 *  log say that there is no socket, which is true here. */
async function startFiles() {
  /** @type {any[]} */
  const beacons = [];
  const server = createServer(async (req, res) => {
    const path = new URL(req.url ?? "/", "http://x").pathname;
    const headers = {
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
    };
    if (req.method === "POST" && path === "/ingest/last") {
      let text = "";
      for await (const chunk of req) text += chunk;
      beacons.push(JSON.parse(text));
      res.writeHead(204, headers).end();
      return;
    }
    try {
      const body = await readFile(`${root}backend/callvitals_server/static${path}`);
      const type = TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
      res.writeHead(200, { ...headers, "content-type": type }).end(body);
    } catch {
      res.writeHead(404, headers).end();
    }
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    beacons,
    async close() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** @param {import("./lab/call.mjs").Tab} tab @returns {Promise<any>} */
const info = ({ page }) => page.evaluate(() => window.callvitals.debug.info());

/** What a page can see of the constructors and of capture. */
function seen() {
  const grab = (/** @type {() => unknown} */ run) => {
    try {
      return String(run());
    } catch (error) {
      return String(error);
    }
  };
  const Native = RTCPeerConnection;
  const pc = new Native({ iceServers: [] });
  class Own extends RTCPeerConnection {
    twice() {
      return 2;
    }
  }
  const own = new Own();
  const { mediaDevices } = navigator;
  const webkit = /** @type {any} */ (window).webkitRTCPeerConnection;
  const answers = {
    name: Native.name,
    length: Native.length,
    statics: Object.getOwnPropertyNames(Native).sort(),
    keys: Object.keys(Native.prototype).sort(),
    instance: pc instanceof Native,
    constructor: pc.constructor === Native,
    webkit: webkit && webkit === Native,
    own: [own instanceof Own, own instanceof Native, own.twice(), own.constructor === Own],
    tag: String(pc),
    native: String(Native).includes("[native code]"),
    plainCall: grab(() => /** @type {any} */ (Native)()),
    badArgument: grab(() => new Native(/** @type {any} */ ({ iceServers: 7 }))),
    badPolicy: grab(() => new Native(/** @type {any} */ ({ iceTransportPolicy: "x" }))),
    capture: [mediaDevices.getUserMedia.name, mediaDevices.getUserMedia.length],
    display: [mediaDevices.getDisplayMedia?.name, mediaDevices.getDisplayMedia?.length],
  };
  return new Promise((done) => {
    // A rejection that nobody handles must still be told to the page, once.
    /** @type {string[]} */
    const unhandled = [];
    addEventListener("unhandledrejection", (event) => {
      unhandled.push(String(event.reason));
      event.preventDefault();
    });
    const impossible = { video: { width: { exact: 99999 } } };
    mediaDevices.getUserMedia(impossible);
    const stolen = mediaDevices.getUserMedia;
    const illegal = grab(() => stolen.call(/** @type {any} */ ({}), {}).catch(() => {}));
    mediaDevices
      .getUserMedia({})
      .catch((error) => String(error))
      .then(async (refusal) => {
        await mediaDevices.getUserMedia(impossible).catch(() => {});
        setTimeout(() => done({ ...answers, refusal, illegal, unhandled }), 50);
      });
  });
}

for (const [name, launch] of /** @type {const} */ ([
  ["Chromium", () => chromium],
  ["Firefox", async () => open.add(await launchFirefox())],
])) {
  test(`${name}: the page sees no difference`, async () => {
    const browser = await launch();
    const [control, tagged, twice] = [
      await openTab(browser, site.url({})),
      await openTab(browser, site.url({ tag: { src: files.url, meeting: "m" } })),
      await openTab(browser, site.url({ tag: { src: files.url, meeting: "m" } })),
    ];
    await twice.page.addScriptTag({ url: `${files.url}/sdk.js` });
    // As a script of the page: browsers do not report rejections of a debugger's scripts.
    const look = async (/** @type {import("./lab/call.mjs").Tab} */ { page }) => {
      await page.addScriptTag({ content: `window.seen = ${seen}` });
      return page.evaluate(() => /** @type {any} */ (window).seen());
    };
    const expected = await look(control);
    assert.equal(expected.unhandled.length, 1);
    for (const tab of [tagged, twice]) {
      assert.deepEqual(await look(tab), expected);
      assert.equal((await info(tab)).connections, 2, "found, though loaded how often ever");
      // There is no service here; what a browser itself says of that is not ours.
      const said = tab.said.filter(({ text }) => !text.includes("socket.io"));
      assert.deepEqual(said, control.said);
    }
    for (const tab of [control, tagged, twice]) await tab.close();
  });
}

test("calls made to the stub before the tag are replayed", async () => {
  const tab = await openTab(chromium, site.url({}));
  await tab.page.evaluate((host) => {
    const stub = (/** @type {any[]} */ ...a) => {
      stub.q ??= [];
      stub.q.push(a);
    };
    stub.q = /** @type {any[][] | undefined} */ (undefined);
    window.callvitals ??= stub;
    const pc = new RTCPeerConnection({ iceServers: [] });
    window.callvitals("watch", pc);
    window.callvitals("init", { meeting: "m", host, auto: false });
    window.callvitals("no-such-thing");
    window.callvitals("mark", "hello");
  }, files.url);
  await tab.page.addScriptTag({ url: `${files.url}/sdk.js` });
  const told = await info(tab);
  assert.equal(told.connections, 1);
  assert.match(told.sessionId, /^[0-9a-f]{32}$/);
  assert.deepEqual(
    tab.said.filter(({ type }) => type === "uncaught"),
    [],
  );
  await tab.close();
});

test("a page that never calls fetches nothing but the tag", async () => {
  const tab = await openTab(chromium, site.url({ tag: { src: files.url, meeting: "m" } }));
  const told = await info(tab);
  assert.deepEqual([told.ticks, told.connections], [0, 0]);
  const loaded = await tab.page.evaluate(() =>
    performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname),
  );
  assert.deepEqual(
    loaded.filter((path) => path.includes("sdk")),
    ["/sdk.js"],
  );
  await tab.close();
});

test("a call: Pyodide in the worker, then its death, then the page's thread; no row lost", async () => {
  const page = (/** @type {string} */ participant) =>
    site.url({ before: ["workers.js"], tag: { src: files.url, meeting: "m", participant } });
  const tabs = await openCall(chromium, page("a"), page("b"), { video: false });
  const [tab] = tabs;
  const ready = await until(
    async () => {
      const told = await info(tab);
      return told.phase === "ready" && told;
    },
    { within: 60000, what: "an engine" },
  );
  assert.deepEqual([ready.engine, ready.host, ready.why], ["pyodide", "worker", "default"]);
  await until(async () => (await info(tab)).outbox >= 5, { what: "five rows" });
  await tab.page.evaluate(() => {
    for (const worker of window.workers) worker.terminate();
  });
  const taken = await until(
    async () => {
      const told = await info(tab);
      return told.phase === "ready" && told.host === "main" && told;
    },
    { within: 20000, what: "the page's thread to take over" },
  );
  assert.deepEqual([taken.engine, taken.why], ["micropython", "the worker stopped answering"]);
  assert.equal(taken.rowsUnequal, 0, "both engines compute the same rows");
  await until(
    async () => {
      const told = await info(tab);
      return told.outbox === told.ticks && told.ticks > taken.ticks;
    },
    { what: "rows for all ticks" },
  );
  const { cost } = await info(tab);
  console.log(
    `cost of a tick: pack ${cost.pack.toFixed(2)} ms, getStats ${cost.wait.toFixed(1)} ms`,
  );
  assert.ok(cost.pack < 20, `packing takes ${cost.pack} ms`);
  files.beacons.length = 0;
  await tab.page.goto("about:blank");
  const beacon = await until(() =>
    files.beacons.find((b) => b.log && b.auth.participantId === "a"),
  );
  const [first, last, lost, rows] = python(
    "from callvitals import wire\nprint(json.dumps(wire.decode_log(read)))",
    beacon.log,
  );
  assert.deepEqual([first, lost], [0, 0]);
  assert.equal(beacon.last, last + 1, "the final tick came too late for an engine");
  assert.equal(rows.length, last + 1);
  assert.ok(
    rows.some((/** @type {any} */ row) => row.values.upload > 1000),
    "a call was measured",
  );
  const engines = rows.flatMap((/** @type {any} */ row) =>
    row.events
      .filter((/** @type {any} */ e) => e.type === "engine")
      .map((/** @type {any} */ e) => e.host),
  );
  assert.deepEqual(engines, ["worker", "main"]);
  await hangUp(tabs[1]);
  for (const each of tabs) {
    assert.deepEqual(
      each.said.filter(({ type }) => type === "uncaught"),
      [],
    );
    await each.close();
  }
});

test("a page that is put away and comes back: a beacon without an end, then a new owner", async () => {
  files.beacons.length = 0;
  const tag = { src: files.url, meeting: "m", participant: "away", engine: "micropython" };
  const tab = await openTab(chromium, site.url({ tag }));
  await tab.page.evaluate(() => window.lab.open({ video: false }));
  const rows = (/** @type {number} */ count) =>
    until(async () => {
      const told = await info(tab);
      return told.phase === "ready" && told.outbox >= count && told;
    });
  const first = await rows(2);
  assert.deepEqual([first.engine, first.host, first.why], ["micropython", "worker", "asked for"]);
  const turn = (/** @type {string} */ type) =>
    tab.page.evaluate((name) => {
      dispatchEvent(new PageTransitionEvent(name, { persisted: true }));
    }, type);
  await turn("pagehide");
  // Only its own: the tabs of the test before may still be saying goodbye.
  const own = (/** @type {any} */ { auth, log }) => log && auth.participantId === "away";
  const beacon = await until(() => files.beacons.find(own));
  assert.equal(beacon.auth.conn, (first.hostNumber + 1) * 65536);
  assert.equal(beacon.last, undefined, "it may come back");
  assert.equal(beacon.log.from, 0);
  await turn("pageshow");
  const { outbox } = await info(tab);
  const second = await rows(outbox + 2);
  assert.deepEqual(
    [second.hostNumber, second.host, second.why, second.rowsUnequal],
    [first.hostNumber + 2, "worker", "the page came back", 0],
  );
  assert.equal(second.sessionId, first.sessionId);
  // An app that leaves its room and the page at once: what `stop` had no time for goes by beacon.
  await tab.page.evaluate(() => {
    window.callvitals.stop();
    location.href = "about:blank";
  });
  const end = await until(() => files.beacons.find((each) => own(each) && each.last > 0));
  assert.ok(end.last >= second.ticks);
  assert.equal(end.log.from, 0);
  assert.ok(end.log.to >= second.ticks - 1);
  await tab.close();
});
