// What is said while no engine lives: revisions that go on, ticks declared lost once, one clock offset.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Starter } = await load("host/starter");

const HELLO = { conn: 65537, through: -1, now: 10_500, sessionToken: "t", config: {} };

function make() {
  const sent = [];
  let up = true;
  const send = (event, data) => {
    if (up) sent.push({ event, ...data });
    return up;
  };
  const starter = new Starter("worker", {}, send);
  const cut = () => {
    up = false;
  };
  return { starter, sent, cut };
}

test("nothing before hello; then the whole state, and the engine goes on at the next revision", () => {
  const { starter, sent } = make();
  starter.say(0);
  assert.equal(sent.length, 0);
  starter.hello(HELLO, 10_000);
  starter.say(10_000);
  assert.deepEqual([sent[0].rev, sent[0].isFullState, sent[0].offset], [0, true, 500]);
  assert.equal(sent[0].metrics.engine, "starting");
  assert.equal(starter.takeover()?.hello.rev, 1);
});

test("the offset that the service knows stays unless the clock moved by 2 s", () => {
  for (const [offset, told] of [
    [0, 0],
    [-1499, -1499],
    [-1500, 500],
    [2500, 500],
  ]) {
    const { starter, sent } = make();
    starter.hello({ ...HELLO, offset }, 10_000);
    starter.say(10_000);
    assert.equal(sent[0].offset, told, `known: ${offset}`);
  }
});

test("without an engine ticks are declared lost every 10 s, and again only until stored", () => {
  const { starter, sent, cut } = make();
  starter.hello({ ...HELLO, through: 2 }, 10_000);
  starter.engine = "none";
  starter.tick = 7;
  starter.poll(20_000);
  const log = { from: 8, to: 7, cols: {}, events: [], lost: 5 };
  assert.deepEqual(sent[0].log, log);
  starter.tick = 9;
  starter.poll(29_999);
  assert.equal(sent.length, 1);
  starter.note("stored", { through: 7 });
  starter.poll(30_000);
  assert.deepEqual(sent[1].log, { ...log, from: 10, to: 9, lost: 2 });
  starter.note("stored", { through: 9 });
  starter.poll(60_000);
  assert.equal(sent.length, 2);
  cut();
  starter.tick = 12;
  starter.poll(70_000);
  assert.equal(starter.takeover()?.hello.rev, 2, "what was not sent has no revision");
});
