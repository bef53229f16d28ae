// The bridge against hosts that do as the test says: boot, failures, hand-over, end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTime, load } from "./load.mjs";

const { createBridge } = await load("bridge");
const { createStore, push } = await load("ring");
const { chooseEngine } = await load("choose");

const FACTS = { sdk: "0.0.0" };
const ALIVE = { type: "alive", schema: [["pc", ["id"]]], text: ["id"] };

/** A bridge with its surroundings; `hosts`: those started so far, with what was posted to them. */
function setUp(given = {}) {
  const time = createTime();
  const store = createStore();
  const hosts = [];
  const told = {
    modes: [],
    events: [],
    configs: [],
    stranded: [],
    cut: [],
    ended: [],
    heard: [],
    wants: 0,
  };
  const page = { hidden: false, connected: false, wanted: [] };
  const edge = {
    spawn(where, heard, broke) {
      const host = { where, posted: [], ended: false, heard, broke };
      hosts.push(host);
      return {
        post: (message, transfer = []) => {
          host.posted.push(structuredClone(message, { transfer }));
        },
        end: () => {
          host.ended = true;
        },
      };
    },
    device: {},
    facts: FACTS,
    canWasm: () => false,
    ...given.edge,
  };
  const bridge = createBridge({
    assets: "",
    edge,
    store,
    version: "0.0.0",
    options: { server: "https://cv.example", meetingId: "m" },
    sessionId: "0".repeat(32),
    engine: given.engine ?? "auto",
    origin: 0,
    base: () => 1000,
    now: time.now,
    hidden: () => page.hidden,
    connected: () => page.connected,
    later: time.later,
    enter: (event) => told.events.push(event),
    config: (config) => told.configs.push(config),
    wantTick: () => told.wants++,
    mode: (mode) => told.modes.push(mode),
    stranded: (why) => told.stranded.push(why),
    cut: (state, conn) => told.cut.push([state, conn]),
    ended: (why) => told.ended.push(why),
    wanted: () => page.wanted,
    tell: (event, data) => told.heard.push([event, data]),
  });
  let next = 0;
  const all = {
    time,
    store,
    hosts,
    told,
    page,
    bridge,
    /** The newest host's messages of a type. */
    posted: (type) => hosts.at(-1).posted.filter((message) => message.type === type),
    says: (message) => hosts.at(-1).heard(message),
    tick(count = 1) {
      for (let i = 0; i < count; i++) {
        const rows = new Float64Array([0, next]);
        const entry = { tick: next, t: next * 1000, events: [], parts: [rows] };
        next++;
        push(store, entry);
        bridge.tick(entry);
      }
    },
    /** Time passes, the bridge polls as in a page; a host that lives beats. */
    async run(ms, { beats = true } = {}) {
      for (let done = 0; done < ms; done += 500) {
        if (beats && done % 2000 === 0 && !hosts.at(-1)?.ended)
          hosts.at(-1)?.heard({ type: "beat" });
        await time.pass(500);
        bridge.poll();
      }
    },
    /** A host up to a running engine. */
    ready() {
      all.says(ALIVE);
      all.says({ type: "probe", wasm: true, why: "" });
      bridge.poll();
      const [boot] = all.posted("boot");
      assert.ok(boot, "no boot was posted");
      all.says({ type: "ready", engine: boot.engine, ms: 5 });
    },
  };
  return all;
}

const actions = (...list) => ({ type: "actions", list });
const row = (tick, text = `{"tick":${tick}}`) => ({ do: "row", tick, text });

test("nothing is posted before `alive`; the engine waits for a connection, 3 s at the latest", async () => {
  const { bridge, hosts, posted, says, run, page, tick } = setUp();
  bridge.begin();
  tick(2);
  assert.equal(hosts[0].where, "worker");
  assert.deepEqual(hosts[0].posted, []);
  says(ALIVE);
  says({ type: "probe", wasm: true, why: "" });
  assert.deepEqual(
    hosts[0].posted.map((message) => message.type),
    ["start"],
  );
  const [start] = posted("start");
  assert.deepEqual([start.hostNumber, start.sessionToken, start.base], [1, undefined, 1000]);
  await run(1000);
  assert.equal(posted("boot").length, 0);
  page.connected = true;
  bridge.poll();
  const [boot] = posted("boot");
  assert.deepEqual([boot.engine, boot.why, boot.ring.length], ["pyodide", "default", 2]);
  assert.deepEqual([...new Float64Array(boot.ring[1].packed)], [0, 1]);

  const idle = setUp();
  idle.bridge.begin();
  idle.says(ALIVE);
  idle.says({ type: "probe", wasm: true, why: "" });
  await idle.run(2500);
  assert.equal(idle.posted("boot").length, 0);
  await idle.run(500);
  assert.equal(idle.posted("boot").length, 1);
});

test("ticks follow the boot, the ring keeps its own copies", () => {
  const { bridge, page, ready, tick, posted, store, told } = setUp();
  bridge.begin();
  page.connected = true;
  tick(3);
  ready();
  tick(2);
  assert.deepEqual(
    posted("tick").map((message) => message.tick),
    [3, 4],
  );
  assert.equal(store.ring[4].parts[0].byteLength, 16);
  assert.deepEqual(told.events, [
    { type: "facts", facts: FACTS },
    { type: "engine", engine: "pyodide", host: "worker", why: "default" },
  ]);
  assert.deepEqual(told.modes, [{ engine: "pyodide", host: "worker", why: "default" }]);
});

test("rows, stored and checkpoints keep ring and outbox small", () => {
  const { bridge, page, ready, tick, says, store } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  tick(40);
  says(actions(row(0), row(1), row(1), row(2)));
  says(actions({ do: "stored", through: 0 }, { do: "checkpoint", tick: 29, text: "{}" }));
  assert.deepEqual([bridge.info().outbox, bridge.info().through], [2, 0]);
  assert.equal(store.ring.length, 10);
  says(actions({ do: "checkpoint", tick: 20, text: "older" }));
  assert.equal(bridge.info().checkpoint, 29);
});

test("a dead worker: ping, then the page's thread with checkpoint, ring, outbox and token", async () => {
  const { bridge, page, ready, tick, says, hosts, posted, run, told } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  tick(35);
  says({ type: "link", up: true, conn: 65537, through: 3, sessionToken: "secret", tries: 0 });
  says(actions(row(4), row(5), { do: "checkpoint", tick: 29, text: "memory" }));
  await run(6000, { beats: false });
  assert.equal(posted("ping").length, 0);
  await run(1000, { beats: false });
  assert.equal(posted("ping").length, 1);
  await run(3000, { beats: false });
  assert.equal(hosts[0].ended, true, "the old owner ends before the new one starts");
  assert.equal(hosts[1].where, "main");
  ready();
  const [start] = posted("start");
  assert.deepEqual([start.hostNumber, start.sessionToken], [2, "secret"]);
  const [boot] = posted("boot");
  assert.equal(boot.engine, "micropython");
  assert.equal(boot.why, "the worker stopped answering");
  assert.deepEqual(boot.checkpoint, { tick: 29, text: "memory" });
  assert.deepEqual(
    boot.ring.map(({ tick }) => tick),
    [30, 31, 32, 33, 34],
  );
  assert.deepEqual(
    boot.outbox.map(({ tick }) => tick),
    [4, 5],
  );
  assert.equal(boot.through, 3);
  assert.deepEqual(told.modes.at(-1), {
    engine: "micropython",
    host: "main",
    why: "the worker stopped answering",
  });
  hosts[0].heard(actions(row(6)));
  assert.deepEqual(bridge.info().host, "main", "an ended host is not listened to");
});

test("a page that blocks itself does not kill a healthy worker", async () => {
  const { bridge, page, ready, hosts, time, says } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  for (let round = 0; round < 3; round++) {
    time.ms += 20_000; // no timer ran, no message was read
    bridge.poll(); // the timer comes first, as it may
    time.ms += 20_000;
    bridge.poll();
    says({ type: "beat" }); // then the messages
    await time.pass(100);
  }
  assert.equal(hosts.length, 1);
});

test("hidden, a host may be silent for 30 s, and is asked for a timer", async () => {
  const { bridge, page, ready, hosts, posted, run, says, told } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  page.hidden = true;
  await run(25_000, { beats: false });
  assert.equal(hosts.length, 1);
  assert.equal(posted("ping").length, 0);
  says({ type: "want-tick" });
  assert.equal(told.wants, 1);
  page.hidden = false;
  says({ type: "beat" });
  assert.deepEqual(
    posted("timer").map(({ seconds }) => seconds),
    [5, 0],
  );
});

for (const [what, fail] of [
  ["is refused", ({ hosts }) => hosts[0].broke("worker-src blocks blob:")],
  ["stays silent", ({ run }) => run(11_000)],
]) {
  test(`a worker that ${what} ends on the page's thread, and it is said why`, async () => {
    const all = setUp();
    all.bridge.begin();
    all.page.connected = true;
    await fail(all);
    assert.equal(all.hosts.length, 2);
    assert.equal(all.hosts[1].where, "main");
    all.ready();
    const [boot] = all.posted("boot");
    assert.equal(boot.engine, "micropython");
    assert.match(boot.why, /worker-src blocks blob:|did not start within 10 s/);
  });
}

test("Pyodide fails → MicroPython in the worker → the page's thread → none", async () => {
  const { bridge, page, hosts, says, posted, tick, told } = setUp();
  bridge.begin();
  page.connected = true;
  tick(2);
  says(ALIVE);
  says({ type: "probe", wasm: true, why: "" });
  says({ type: "failed", engine: "pyodide", why: "404" });
  assert.deepEqual(
    posted("boot").map(({ engine }) => engine),
    ["pyodide", "micropython"],
  );
  assert.equal(posted("boot")[1].why, "pyodide in the worker failed: 404");
  assert.equal(posted("boot")[1].ring.length, 2);
  says({ type: "failed", engine: "pyodide", why: "late word of the first" });
  assert.equal(hosts.length, 1);
  says({ type: "failed", engine: "micropython", why: "no memory" });
  assert.equal(hosts[1].where, "main");
  says(ALIVE);
  says({ type: "probe", wasm: true, why: "" });
  says({ type: "failed", engine: "micropython", why: "no memory" });
  assert.deepEqual(posted("none"), [
    { type: "none", why: "micropython in the page's thread failed: no memory" },
  ]);
  assert.equal(told.modes.at(-1).engine, "none");
});

test("a boot that never ends meets its deadline; a hung worker is left", async () => {
  const slow = setUp();
  slow.bridge.begin();
  slow.page.connected = true;
  slow.says(ALIVE);
  slow.says({ type: "probe", wasm: true, why: "" });
  await slow.run(21_000);
  assert.equal(slow.posted("boot").length, 1);
  await slow.run(2000);
  assert.deepEqual(
    slow.posted("boot").map(({ engine }) => engine),
    ["pyodide", "micropython"],
  );

  const replaying = setUp();
  replaying.bridge.begin();
  replaying.page.connected = true;
  replaying.says(ALIVE);
  replaying.says({ type: "probe", wasm: true, why: "" });
  replaying.tick(3);
  for (let i = 0; i < 3; i++) {
    await replaying.run(20_000);
    replaying.says(actions(row(i)));
  }
  assert.equal(replaying.posted("boot").length, 1, "rows come: slow, not stuck");

  const hung = setUp();
  hung.bridge.begin();
  hung.page.connected = true;
  hung.says(ALIVE);
  hung.says({ type: "probe", wasm: true, why: "" });
  await hung.run(23_000, { beats: false });
  assert.equal(hung.hosts.at(-1).where, "main");
});

test("no WebAssembly anywhere: none, with the reason; ticks go on for `lost`", () => {
  const { bridge, says, posted, tick, told } = setUp();
  bridge.begin();
  says(ALIVE);
  says({ type: "probe", wasm: false, why: "no WebAssembly: CSP lacks 'wasm-unsafe-eval'" });
  assert.deepEqual(posted("none"), [
    { type: "none", why: "no WebAssembly: CSP lacks 'wasm-unsafe-eval'" },
  ]);
  tick();
  assert.equal(posted("tick").length, 1);
  assert.equal(told.modes[0].engine, "none");
});

test("no WebAssembly in the worker alone: the page's thread", () => {
  const { bridge, says, hosts } = setUp({ edge: { canWasm: () => true } });
  bridge.begin();
  says(ALIVE);
  says({ type: "probe", wasm: false, why: "the worker's own CSP" });
  assert.equal(hosts.at(-1).where, "main");
});

test("no host at all: told by the plain way, tried again later, not for ever", async () => {
  const { bridge, hosts, run, told } = setUp();
  bridge.begin();
  const refuse = () => hosts.at(-1).broke("refused");
  refuse();
  refuse();
  assert.deepEqual(told.stranded, ["refused"]);
  assert.deepEqual(told.modes.at(-1), { engine: "none", host: "none", why: "refused" });
  for (let minute = 0; minute < 10; minute++) {
    await run(61_000, { beats: false });
    while (!hosts.at(-1).refused) {
      hosts.at(-1).refused = true;
      refuse();
    }
  }
  assert.equal(hosts.length, 8);
});

test("a socket that a policy blocks is told at the first try", () => {
  const { bridge, says, told } = setUp();
  bridge.begin();
  says(ALIVE);
  const why = "connect-src blocks wss://cv.example";
  says({ type: "link", up: false, conn: 65537, through: -1, tries: 1, why, blocked: true });
  assert.deepEqual(
    told.cut.map(([mode, conn]) => [mode.engine, mode.why, conn]),
    [["starting", `no socket (${why})`, 65537]],
  );
});

test("no socket, ever: told by the plain way, again and again; not once there was one", async () => {
  const { bridge, page, says, run, told } = setUp();
  bridge.begin();
  page.connected = true;
  says(ALIVE);
  says({ type: "probe", wasm: true, why: "" });
  says({ type: "ready", engine: "pyodide", ms: 1 });
  const down = (tries, why) =>
    says({ type: "link", up: false, conn: 65536 + tries, through: -1, tries, why });
  down(1, "websocket error");
  down(2, "websocket error");
  await run(60_000);
  assert.deepEqual(told.cut, []);
  down(3, "connect-src blocks wss://cv.example");
  const why = "no socket (connect-src blocks wss://cv.example)";
  const state = { engine: "pyodide", host: "worker", why };
  assert.deepEqual(told.cut, [[state, 65539]]);
  down(4, "connect-src blocks wss://cv.example");
  await run(44_000);
  assert.equal(told.cut.length, 1);
  await run(2000);
  assert.deepEqual(told.cut.slice(1), [[state, 65540]]);
  says({ type: "failed", engine: "pyodide", why: "x" });
  assert.equal(told.cut.length, 2, "a claim that is no newer would be refused");
  down(5, "connect-src blocks wss://cv.example");
  assert.deepEqual(told.cut.slice(2), [[{ ...state, engine: "micropython" }, 65541]]);
  says({ type: "link", up: true, conn: 65542, through: -1, sessionToken: "t", tries: 0 });
  for (let tries = 7; tries < 15; tries++) down(tries, "transport close");
  await run(100_000);
  assert.equal(told.cut.length, 3);
});

test("the service's word on engine, off and share is passed on and obeyed", async () => {
  const { bridge, page, says, posted, run, told } = setUp();
  bridge.begin();
  page.connected = true;
  says(ALIVE);
  says(actions({ do: "config", config: { off: true } }));
  says({ type: "probe", wasm: true, why: "" });
  await run(10_000);
  assert.equal(posted("boot").length, 0, "off: no engine is fetched");
  says(actions({ do: "config", config: { off: false, engine: "micropython", sampleSeconds: 2 } }));
  assert.deepEqual([posted("boot")[0].engine, posted("boot")[0].why], ["micropython", "asked for"]);
  assert.equal(told.configs.length, 2);
  says({ type: "ready", engine: "micropython", ms: 1 });
  says(actions({ do: "config", config: { engine: "auto" } }));
  assert.equal(posted("boot").length, 1, "auto changes no running engine");

  const running = setUp();
  running.bridge.begin();
  running.page.connected = true;
  running.ready();
  running.says(actions({ do: "config", config: { engine: "micropython" } }));
  assert.deepEqual(
    running.posted("boot").map(({ engine }) => engine),
    ["pyodide", "micropython"],
  );
});

test("an engine that falls behind is given less, until it has caught up", async () => {
  const { bridge, page, ready, tick, says, run, told } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  says(actions({ do: "config", config: { sampleSeconds: 1 } }));
  const seconds = () => told.configs.map(({ sampleSeconds }) => sampleSeconds);
  tick(20);
  await run(1000);
  assert.deepEqual(seconds(), [1]);
  tick(1);
  await run(1000);
  assert.deepEqual(seconds(), [1, 10]);
  says(actions({ do: "config", config: { sampleSeconds: 2 } }));
  says(actions(...Array.from({ length: 10 }, (_, i) => row(i))));
  await run(1000);
  assert.deepEqual(seconds(), [1, 10, 10], "the service's word waits");
  says(actions(...Array.from({ length: 8 }, (_, i) => row(10 + i))));
  says(actions({ do: "stored", through: 18 }));
  await run(1000);
  assert.deepEqual(seconds(), [1, 10, 10, 2]);
});

test("stop: the last tick is told, also through a boot; then the host ends", async () => {
  const { bridge, page, ready, tick, posted, says, hosts, time, told } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  tick(3);
  const stopping = bridge.stop(2);
  assert.deepEqual(posted("last"), [{ type: "last", last: 2 }]);
  says({ type: "ended", why: "stopped" });
  assert.equal(await stopping, true);
  assert.equal(hosts[0].ended, true);
  assert.deepEqual(told.ended, []);
  assert.equal(time.pending(), 0);

  const early = setUp();
  early.bridge.begin();
  early.tick(2);
  const waiting = early.bridge.stop(1);
  early.says(ALIVE);
  early.says({ type: "probe", wasm: true, why: "" });
  assert.deepEqual(
    early.hosts[0].posted.map(({ type }) => type),
    ["start", "boot", "last"],
  );
  early.says({ type: "ended", why: "stopped" });
  assert.equal(await waiting, true);

  const deaf = setUp();
  deaf.bridge.begin();
  deaf.page.connected = true;
  deaf.ready();
  const late = deaf.bridge.stop(0);
  await deaf.time.pass(10_000);
  assert.equal(await late, false);
  assert.equal(deaf.hosts[0].ended, true);
});

test("superseded or refused: over for good; a host that broke inside is replaced", () => {
  const { bridge, page, ready, says, hosts, told } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  says({ type: "ended", why: "superseded" });
  assert.deepEqual([told.ended, hosts.length, bridge.info().phase], [["superseded"], 1, "ended"]);

  const broken = setUp();
  broken.bridge.begin();
  broken.page.connected = true;
  broken.ready();
  broken.says({ type: "ended", why: "host failed: x is not a function" });
  assert.equal(broken.hosts.at(-1).where, "main");
});

test("a page that came back gets a new owner of the socket, in the same place", () => {
  const { bridge, page, ready, tick, hosts, posted, store } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  tick(2);
  store.hostNumber++; // a beacon claimed the session
  bridge.again("the page came back");
  assert.deepEqual([hosts.length, hosts[0].ended, hosts[1].where], [2, true, "worker"]);
  ready();
  assert.equal(posted("start")[0].hostNumber, 3);
  assert.equal(posted("boot")[0].ring.length, 2);
});

test("questions are answered by number, and never wait for ever", async () => {
  const { bridge, page, ready, posted, says, time } = setUp();
  assert.equal(await bridge.ask("state"), null);
  bridge.begin();
  page.connected = true;
  ready();
  const first = bridge.ask("state");
  const second = bridge.ask("info");
  const [a, b] = posted("ask");
  says({ type: "answer", id: b.id, value: "two" });
  says({ type: "answer", id: a.id, value: { score: 4.3 } });
  assert.deepEqual([await first, await second], [{ score: 4.3 }, "two"]);
  const never = bridge.ask("state");
  await time.pass(2000);
  assert.equal(await never, null);
  assert.equal(time.pending(), 0);
});

test("what the ring dropped before an engine came is told", () => {
  const { bridge, page, ready, tick, told } = setUp();
  bridge.begin();
  page.connected = true;
  tick(125);
  ready();
  tick();
  assert.deepEqual(told.events.at(-1), { type: "lost", what: "ring", count: 6 });
});

test("the choice of engine", () => {
  const choose = (asked, device) => chooseEngine(asked, device).engine;
  assert.equal(choose("auto", {}), "pyodide");
  assert.equal(choose("auto", { memoryGb: 4, network: "4g" }), "pyodide");
  assert.equal(choose("auto", { memoryGb: 2 }), "micropython");
  assert.equal(choose("auto", { network: "3g" }), "micropython");
  assert.equal(choose("auto", { network: "slow-2g" }), "micropython");
  assert.equal(choose("auto", { saveData: true }), "micropython");
  assert.equal(choose("pyodide", { memoryGb: 1 }), "pyodide");
  assert.equal(choose("relay", {}), "none");
  assert.match(chooseEngine("auto", { memoryGb: 2 }).why, /2 GB/);
});

test("a host is told what the app listens to, at boot, on change, and the next host again", async () => {
  const { bridge, page, ready, posted, says, run, told, hosts } = setUp();
  bridge.begin();
  page.connected = true;
  ready();
  await run(1000);
  assert.deepEqual(posted("listen"), [], "nobody listens: nothing is said");
  page.wanted = ["issue"];
  await run(1000);
  assert.deepEqual(posted("listen"), [{ type: "listen", what: ["issue"] }]);
  const issue = { id: "i0", kind: "open" };
  says(actions({ do: "tell", tick: 3, text: JSON.stringify([["issue", issue]]) }));
  says({ type: "failed", engine: "pyodide", why: "x" });
  says({ type: "failed", engine: "micropython", why: "y" });
  assert.equal(hosts.length, 2);
  says(ALIVE);
  says({ type: "probe", wasm: true, why: "" });
  await run(500);
  assert.deepEqual(posted("listen"), [{ type: "listen", what: ["issue"] }]);
  says(actions({ do: "tell", tick: 3, text: JSON.stringify([["issue", issue]]) }));
  const closed = { id: "i0", kind: "close" };
  says(actions({ do: "tell", tick: 4, text: JSON.stringify([["issue", closed]]) }));
  assert.deepEqual(told.heard, [
    ["issue", issue],
    ["issue", closed],
  ]);
  page.wanted = [];
  await run(500);
  assert.deepEqual(posted("listen").at(-1), { type: "listen", what: [] });
});
