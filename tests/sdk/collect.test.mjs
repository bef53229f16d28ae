// The collector: numbers without holes, one beat at a time, a hanging getStats, events, the clock.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTime, load, settle } from "./load.mjs";

const { createCollector, interval } = await load("collect");
const { createClock } = await load("clock");
const { createHandover } = await load("handover");
const { createStore } = await load("ring");
const { SCHEMA, TEXT } = await load("generated/fields");

class FakeConnection extends EventTarget {
  connectionState = "new";
  iceConnectionState = "new";
  iceGatheringState = "new";
  signalingState = "stable";
  asked = 0;
  answer = async () => new Map([["T", { type: "transport", id: "T", timestamp: 1 }]]);
  getStats() {
    this.asked++;
    return this.answer();
  }
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

function setUp() {
  const time = createTime();
  const wall = { offset: 1_700_000_000_000 };
  const page = { hidden: false };
  const ticks = [];
  let connected = 0;
  const env = {
    now: time.now,
    wall: () => wall.offset + time.ms,
    hidden: () => page.hidden,
    later: time.later,
  };
  const clock = createClock(env.now(), env.wall());
  const handover = createHandover(createStore(), time.now);
  handover.learn(SCHEMA, [...TEXT]);
  const collector = createCollector(
    env,
    clock,
    handover.pack,
    (entry) => ticks.push(handover.tick(entry)),
    () => connected++,
  );
  return { time, wall, page, ticks, collector, handover, connected: () => connected };
}

const numbers = (ticks) => ticks.map((tick) => tick.tick);

test("ticks are numbered 0, 1, 2 … once a second", async () => {
  const { time, ticks, collector } = setUp();
  collector.watch(new FakeConnection());
  collector.begin();
  await time.pass(5000);
  assert.deepEqual(numbers(ticks), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(
    ticks.map((tick) => tick.t - ticks[0].t),
    [0, 1000, 2000, 3000, 4000, 5000],
  );
  assert.ok(ticks.every((tick) => tick.packed.byteLength > 8));
});

test("the interval: none 10 s, few 1 s, many 2 s, hidden 5 s, or as the service wishes", () => {
  assert.deepEqual(
    [interval(0, false, 0), interval(1, false, 0), interval(8, false, 0), interval(9, false, 0)],
    [10, 1, 1, 2],
  );
  assert.deepEqual([interval(1, true, 0), interval(9, true, 3), interval(0, false, 3)], [5, 3, 10]);
});

test("before a connection exists ticks are rare; the first one hurries them", async () => {
  const { time, ticks, collector } = setUp();
  collector.begin();
  await time.pass(25_000);
  assert.equal(ticks.length, 3);
  collector.watch(new FakeConnection());
  await time.pass(1000);
  assert.equal(ticks.length, 4);
});

test("without a connection an event is told within a second all the same", async () => {
  const { time, ticks, collector } = setUp();
  collector.begin();
  await time.pass(3000);
  assert.equal(ticks.length, 1);
  collector.add({ type: "media", what: "getUserMedia", ok: false, error: "NotAllowedError" });
  await time.pass(300);
  collector.add({ type: "mark", name: "x" });
  await time.pass(700);
  assert.equal(ticks.length, 2);
  assert.deepEqual(
    ticks[1].events.map(({ type, at }) => [type, at]),
    [
      ["media", -1000],
      ["mark", -700],
    ],
  );
  await time.pass(9000);
  assert.equal(ticks.length, 2, "no more than that");
});

test("events carry their own time, before the tick or while its reports were awaited", async () => {
  const { time, ticks, collector } = setUp();
  const pc = new FakeConnection();
  const { answer } = pc;
  collector.watch(pc);
  collector.begin();
  await time.pass(0);
  pc.answer = async () => {
    await new Promise((resolve) => time.later(100, resolve));
    return answer();
  };
  await time.pass(640);
  pc.become("connecting");
  await time.pass(400); // 40 ms into the second tick
  pc.become("connected");
  await time.pass(60);
  assert.deepEqual(
    ticks[1].events.map(({ connectionState, at }) => [connectionState, at]),
    [
      ["connecting", -360],
      ["connected", 40],
    ],
  );
});

test("a flush makes a tick at once; the round under way is disowned, the next one is not", async () => {
  const { time, ticks, collector } = setUp();
  const pc = new FakeConnection();
  const { answer } = pc;
  pc.answer = async () => {
    await new Promise((resolve) => time.later(300, resolve));
    return answer();
  };
  collector.watch(pc);
  collector.begin();
  await time.pass(100);
  collector.add({ type: "page", what: "pagehide" });
  collector.flush();
  assert.equal(ticks.length, 1);
  assert.deepEqual(ticks[0].events.at(-1), { type: "page", what: "pagehide" });
  await time.pass(2300);
  assert.deepEqual(numbers(ticks), [0, 1, 2]);
  const step = ticks.map(({ t }) => t - ticks[0].t);
  assert.deepEqual(step, [0, 900, 1900]);
});

test("whether what is sent is switched on is told at each beat, when it changes", async () => {
  const { time, ticks, collector } = setUp();
  const pc = new FakeConnection();
  const sound = { kind: "audio", enabled: true, muted: false };
  const picture = { kind: "video", enabled: false, muted: false };
  pc.getSenders = () => [{ track: sound }, { track: picture }, { track: null }];
  collector.watch(pc);
  collector.begin();
  await time.pass(0);
  const told = (tick) =>
    ticks[tick].events
      .map(({ audio, video }) => ({ audio, video }))
      .filter((one) => one.audio || one.video);
  assert.deepEqual(told(0), [{ audio: "live", video: "muted" }]);
  sound.muted = true; // by the system
  await time.pass(1000);
  assert.deepEqual(told(1), [{ audio: "muted", video: undefined }]);
  sound.muted = false;
  picture.enabled = true;
  await time.pass(1000);
  assert.deepEqual(told(2), [{ audio: "live", video: "live" }]);
  await time.pass(1000);
  assert.deepEqual(told(3), []);
});

test("what servers are configured is told in numbers, and why they gave no candidate", async () => {
  const { time, ticks, collector } = setUp();
  const pc = new FakeConnection();
  const turn = ["turn:relay.example:3478?transport=udp", "turns:relay.example?transport=tcp"];
  const secret = { urls: turn, username: "ada", credential: "secret" };
  pc.getConfiguration = () => ({
    iceServers: [{ urls: "stun:stun.example" }, secret, { urls: ["turn:other.example"] }],
    iceTransportPolicy: "relay",
  });
  collector.watch(pc);
  collector.begin();
  await time.pass(0);
  const { at, ...first } = ticks[0].events[0];
  assert.deepEqual(first, {
    ...{ type: "pc", pc: "0", iceTransportPolicy: "relay", stun: 1, turn: 2, turns: 1 },
    ...{ connectionState: "new", iceConnectionState: "new", iceGatheringState: "new" },
    signalingState: "stable",
  });
  const fail = (errorCode, url) =>
    pc.dispatchEvent(Object.assign(new Event("icecandidateerror"), { errorCode, url }));
  fail(701, turn[0]);
  fail(401, turn[1]);
  fail(701, null);
  await time.pass(1000);
  const base = { type: "icecandidateerror", pc: "0" };
  assert.deepEqual(
    ticks[1].events.map(({ at, ...event }) => event),
    [
      { ...base, errorCode: 701, kind: "turn", transport: "udp" },
      { ...base, errorCode: 401, kind: "turns", transport: "tcp" },
      { ...base, errorCode: 701, kind: "", transport: "" },
    ],
  );
  assert.ok(!JSON.stringify(ticks).match(/example|ada|secret/), "no name leaves the page");
});

test("strings travel with the tick that used them first", async () => {
  const { time, ticks, collector, handover } = setUp();
  collector.watch(new FakeConnection());
  collector.begin();
  await time.pass(1000);
  assert.deepEqual(ticks[0].strings, { at: 0, list: ["0", "T"] });
  assert.deepEqual(ticks[1].strings, { at: 2, list: [] });
  assert.equal(handover.strings().length, 2);
});

test("reports are packed as they come, and stand in the order of their connections", async () => {
  const { time, ticks, collector } = setUp();
  const slow = new FakeConnection();
  const { answer } = slow;
  slow.answer = async () => {
    await new Promise((resolve) => time.later(500, resolve));
    return answer();
  };
  collector.watch(slow);
  collector.watch(new FakeConnection());
  collector.begin();
  await time.pass(2000);
  const [first, second] = ticks;
  assert.equal(first.strings.list[0], "1", "the quick one's id came first");
  const packed = new Float64Array(first.packed);
  const half = packed.length / 2;
  const ids = [packed[1], packed[half + 1]].map((place) => first.strings.list[place]);
  assert.deepEqual(ids, ["0", "1"]);
  assert.deepEqual([packed[0], packed[half]], [0, 0]);
  assert.deepEqual(second.strings, { at: first.strings.list.length, list: [] });
});

test("a getStats that hangs costs its own report, no tick, and is not asked twice", async () => {
  const { time, ticks, collector } = setUp();
  const good = new FakeConnection();
  const bad = new FakeConnection();
  bad.answer = () => new Promise(() => {});
  collector.watch(good);
  collector.watch(bad);
  collector.begin();
  await time.pass(10_000);
  assert.ok(ticks.length >= 8, `${ticks.length} ticks`);
  assert.deepEqual(numbers(ticks), [...ticks.keys()]);
  assert.equal(bad.asked, 1);
  assert.ok(ticks.every((tick) => tick.packed.byteLength > 0));
});

test("a getStats that rejects or throws stops nothing", async () => {
  const { time, ticks, collector } = setUp();
  const pc = new FakeConnection();
  pc.answer = async () => {
    throw new Error("no");
  };
  const worse = new FakeConnection();
  worse.answer = () => {
    throw new Error("no");
  };
  collector.watch(pc);
  collector.watch(worse);
  collector.begin();
  await time.pass(3000);
  assert.equal(ticks.length, 4);
  assert.ok(ticks.every((tick) => tick.packed.byteLength === 0));
});

test("a slow beat is not overtaken", async () => {
  const { time, ticks, collector } = setUp();
  const pc = new FakeConnection();
  pc.answer = () => new Promise((resolve) => time.later(1500, () => resolve(new Map())));
  collector.watch(pc);
  collector.begin();
  await time.pass(6000);
  assert.deepEqual(numbers(ticks), [0, 1, 2]);
  assert.deepEqual(
    ticks.map((tick) => tick.t - ticks[0].t),
    [0, 2000, 4000],
  );
});

test("states enter as events, `connected` is told, a closed connection leaves", async () => {
  const { time, ticks, collector, connected } = setUp();
  const pc = new FakeConnection();
  collector.watch(pc);
  collector.begin();
  await time.pass(0);
  const fresh = { connectionState: "new", iceConnectionState: "new", iceGatheringState: "new" };
  assert.deepEqual(ticks[0].events, [{ type: "pc", pc: "0", ...fresh, signalingState: "stable" }]);
  assert.equal(connected(), 0);
  pc.become("disconnected");
  assert.equal(connected(), 0);
  pc.become("connected");
  pc.become("connected");
  assert.ok(connected() > 0);
  pc.connectionState = "closed";
  pc.signalingState = "closed"; // as close() does, without an event
  await time.pass(1000);
  assert.deepEqual(
    ticks[1].events.map((event) => event.connectionState),
    ["disconnected", "connected", "closed"],
  );
  assert.equal(collector.connections(), 0);
  collector.watch(pc);
  assert.equal(collector.connections(), 0, "a closed connection is not watched");
});

test("finish makes a last tick without reports and disowns a round under way", async () => {
  const { time, ticks, collector } = setUp();
  const pc = new FakeConnection();
  collector.watch(pc);
  collector.begin();
  await time.pass(1000);
  let answer;
  pc.answer = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  await time.pass(1000);
  assert.equal(collector.finish({ type: "stop" }), 2);
  answer(new Map());
  await settle();
  await time.pass(5000);
  assert.deepEqual(numbers(ticks), [0, 1, 2]);
  assert.equal(ticks[2].packed.byteLength, 0);
  assert.deepEqual(ticks[2].events.at(-1), { type: "stop" });
  assert.equal(collector.connections(), 0);
});

test("paused, nothing is asked; resumed, the numbers go on", async () => {
  const { time, ticks, collector } = setUp();
  collector.watch(new FakeConnection());
  collector.begin();
  await time.pass(1000);
  collector.pause(true);
  await time.pass(60_000);
  assert.equal(ticks.length, 2);
  collector.pause(false);
  await time.pass(1000);
  assert.deepEqual(numbers(ticks), [0, 1, 2, 3]);
});

test("paused, too, closed connections are let go", () => {
  const { collector } = setUp();
  const old = new FakeConnection();
  collector.watch(old);
  collector.begin();
  collector.pause(true);
  old.signalingState = "closed";
  collector.watch(new FakeConnection());
  assert.equal(collector.connections(), 1);
});

test("the host's timer takes a beat that the page's own was too late for, and none too early", async () => {
  const { time, ticks, collector, page } = setUp();
  collector.watch(new FakeConnection());
  collector.begin();
  await time.pass(500);
  page.hidden = true;
  await time.pass(1000);
  assert.equal(ticks.length, 2); // the second one was armed while the page was visible
  collector.nudge();
  await settle();
  assert.equal(ticks.length, 2);
  time.ms += 5000; // the page's timers are throttled
  collector.nudge();
  await settle();
  assert.equal(ticks.length, 3);
  page.hidden = false;
  collector.nudge();
  await time.pass(1000);
  assert.equal(ticks.length, 4, "visible again, the page does not wait the long interval out");
});

test("too many events are counted, not kept", async () => {
  const { time, ticks, collector } = setUp();
  for (let i = 0; i < 300; i++) collector.add({ type: "mark", name: String(i) });
  collector.begin();
  await time.pass(0);
  assert.equal(ticks[0].events.length, 257);
  assert.deepEqual(ticks[0].events.at(-1), { type: "lost", what: "events", count: 44 });
});

test("the clock is raised after a sleep, never lowered, and both are told", async () => {
  const { time, ticks, collector, wall } = setUp();
  collector.watch(new FakeConnection());
  collector.begin();
  await time.pass(1000);
  wall.offset += 3_600_000; // the machine slept; performance.now() stood still
  await time.pass(1000);
  assert.deepEqual(ticks[2].events, [{ type: "clock-jump", ms: 3_600_000 }]);
  assert.equal(ticks[2].t - ticks[1].t, 3_601_000);
  wall.offset -= 10_000; // somebody set the clock back
  await time.pass(2000);
  assert.deepEqual(ticks[3].events, [{ type: "clock-jump", ms: -10_000 }]);
  assert.deepEqual(ticks[4].events, []);
  assert.equal(ticks[4].t - ticks[2].t, 2000);
});

test("a wall clock within two seconds changes nothing", () => {
  const clock = createClock(0, 1000);
  assert.deepEqual(clock.read(10, 1000 + 10 + 1999), { t: 1010, jump: 0 });
  assert.deepEqual(clock.read(20, 1000 + 20 - 1999), { t: 1020, jump: 0 });
  assert.equal(clock.base, 1000);
});
