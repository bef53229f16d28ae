// The socket by itself, towards a service that does as it is told: who may speak when, how a
// connection is numbered, how long is waited (rules 2, 4 and 12 of the wire).

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, mock, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { createTime, load } from "./load.mjs";

// As in a browser: node has none of its own before version 22.
globalThis.WebSocket = WebSocket;
const { Link } = await load("host/socket");

/** Engine.IO and Socket.IO by hand; `greet` decides what follows on a handshake. */
class Service {
  handshakes = [];
  heard = [];
  greet = () => {};

  async open() {
    this.http = createServer();
    this.server = new WebSocketServer({ server: this.http });
    await new Promise((done) => this.http.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.http.address().port}`;
    this.server.on("connection", (socket) => {
      const hello = {
        sid: "e",
        upgrades: [],
        pingInterval: 1e6,
        pingTimeout: 1e6,
        maxPayload: 1e6,
      };
      socket.send(`0${JSON.stringify(hello)}`);
      socket.on("message", (data) => this.#take(socket, String(data)));
    });
  }

  #take(socket, frame) {
    const [, kind, body] = /^(4\d)\/ingest,?(.*)$/s.exec(frame) ?? [];
    if (kind === "42") this.heard.push(JSON.parse(body));
    if (kind !== "40") return;
    const auth = JSON.parse(body);
    this.handshakes.push(auth.conn);
    const say = (event, data) => socket.send(`42/ingest,${JSON.stringify([event, data])}`);
    const accept = () => socket.send('40/ingest,{"sid":"s"}');
    const refuse = (data) =>
      socket.send(`44/ingest,${JSON.stringify({ message: data.message ?? "no", data })}`);
    this.greet({ auth, say, accept, refuse, socket });
  }

  async close() {
    for (const socket of this.server.clients) socket.terminate();
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }
}

const service = new Service();
before(() => service.open());
after(() => service.close());
let said = [];
let link;
let time;
beforeEach(() => {
  service.handshakes = [];
  service.heard = [];
  said = [];
  time = createTime();
  mock.method(globalThis, "setTimeout", (run, ms = 0, ...args) => ({
    cancel: time.later(ms, () => run(...args)),
    unref() {},
  }));
  // Others have timers, too, begun before this test.
  const { clearTimeout } = globalThis;
  mock.method(globalThis, "clearTimeout", (timer) =>
    timer?.cancel ? timer.cancel() : clearTimeout(timer),
  );
});
afterEach(async () => {
  link.end();
  for (const socket of service.server.clients) socket.terminate();
  await until(() => !service.server.clients.size);
  mock.restoreAll();
});

/** Until the sockets, which keep their own time, have brought it about. */
async function until(what) {
  for (let i = 0; i < 20_000; i++) {
    if (what()) return;
    await new Promise((done) => setImmediate(done));
  }
  throw new Error(`never: ${what}`);
}

function connect() {
  link = new Link({ server: service.url, meetingId: "m" }, 3, () => ({ meetingId: "m" }), {
    hello: (data) => said.push(["hello", data.conn]),
    event: (name, data) => said.push([name, data]),
    down: (why, tries) => said.push(["down", why, tries]),
    refused: (code) => said.push(["refused", code]),
  });
}
const heard = (name) => said.filter(([event]) => event === name);
const CONN = 3 * 65536;

test("nothing leaves before the hello that is its own; then all goes through", async () => {
  let talk;
  service.greet = (talking) => {
    talk = talking;
    talking.accept();
    talking.say("stored", { conn: CONN + 1, through: 7 });
    talking.say("hello", { conn: CONN + 2 });
  };
  connect();
  assert.equal(link.send("meeting:metrics", { early: true }), false);
  await until(() => talk);
  talk.say("busy", { retryAfter: 1 });
  assert.equal(link.send("meeting:metrics", { early: true }), false);
  talk.say("hello", { conn: CONN + 1 });
  await until(() => link.up);
  assert.deepEqual(said, [["hello", CONN + 1]], "what came before it is not heard");
  assert.equal(link.send("meeting:metrics", { conn: link.conn }), true);
  talk.say("watch", { on: true });
  await until(() => service.heard.length && heard("watch").length);
  assert.deepEqual(service.heard, [["meeting:metrics", { conn: CONN + 1 }]]);
  link.end();
  assert.equal(link.send("meeting:metrics", {}), false);
});

test("no hello within 10 s: closed, and connected anew under the next number", async () => {
  let closed = 0;
  service.greet = ({ accept, socket }) => {
    socket.on("close", () => closed++);
    accept();
  };
  connect();
  await until(() => service.handshakes.length === 1);
  await time.pass(9900);
  assert.deepEqual(said, []);
  await time.pass(1200);
  assert.deepEqual(said, [["down", "no hello within 10 s", 1]]);
  await until(() => closed === 1);
  await time.pass(1000);
  await until(() => service.handshakes.length === 2);
  assert.deepEqual(service.handshakes, [CONN + 1, CONN + 2]);
});

test("each wait is a share of twice the last, 20 s at most, on top of what the service asks", async () => {
  const share = mock.method(Math, "random", () => 0.99);
  const refusal = { code: "too-many", message: "full" };
  service.greet = ({ refuse }) => refuse(refusal);
  connect();
  for (const [n, seconds] of [1, 2, 4, 8, 16, 20, 20].entries()) {
    await until(() => heard("down").length === n + 1);
    await time.pass(seconds * 990 - 1);
    assert.equal(link.conn, CONN + n + 1, `not before ${seconds} s`);
    await time.pass(2);
    assert.equal(link.conn, CONN + n + 2);
  }
  Object.assign(refusal, { retryAfter: 30 });
  share.mock.mockImplementation(() => 0);
  await until(() => heard("down").length === 8);
  await time.pass(29_999);
  assert.equal(link.conn, CONN + 8, "as long as the service asks for");
  await time.pass(1);
  assert.equal(link.conn, CONN + 9);
  assert.deepEqual(heard("down")[0], ["down", "refused: full", 1]);
});

for (const code of ["superseded", "bad-key", "bad-protocol", "off"]) {
  test(`refused as ${code} it never comes back`, async () => {
    service.greet = ({ refuse }) => refuse({ code });
    connect();
    await until(() => said.length);
    assert.deepEqual(said, [["refused", code]]);
    await time.pass(1e6);
    await new Promise((done) => setImmediate(done));
    assert.deepEqual(service.handshakes, [CONN + 1]);
  });
}

test("a connection that stood and broke is told once, and its late words are not heard", async () => {
  let talk;
  service.greet = (talking) => {
    talk ??= talking;
    talking.accept();
    talking.say("hello", { conn: talking.auth.conn });
  };
  connect();
  await until(() => link.up);
  link.reconnect("nothing stored for 15 s", 5);
  talk.say("stored", { conn: CONN + 1, through: 9 });
  assert.deepEqual(heard("down"), [["down", "nothing stored for 15 s", 1]]);
  await time.pass(4999);
  assert.equal(link.conn, CONN + 1, "not before it is allowed to");
  await time.pass(1001);
  await until(() => link.up);
  assert.deepEqual(said.slice(1), [
    ["down", "nothing stored for 15 s", 1],
    ["hello", CONN + 2],
  ]);
  // A connection that stood begins to count anew.
  talk.socket.terminate();
  link.reconnect("again");
  assert.deepEqual(said.at(-1), ["down", "again", 1]);
});
