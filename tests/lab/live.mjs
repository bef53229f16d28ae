// @ts-check
/**
 * The whole product over a bad link: service and page a at the one end, page b at the other. Started
 * by tests/lab/test_live.py at end a. The first line on standard input: {"space", "addresses"}; then
 * {"do": "end"}. Standard output: {"note": "carrying"} once both ends are measured every second, at
 * the end {"told": [{participant, state, rows, series}]}: what the service's API and the dashboard's
 * socket say of either end.
 */
import { createConnection, createServer } from "node:net";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import { closing, connect, openTab, startService, startSite, until } from "../browser/harness.mjs";
import { launchHere, launchThere, openTabThere } from "./pair.mjs";

const MEETING = "lab";
const ENDS = /** @type {const} */ (["a", "b"]);

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => {
  const { value, done } = await input.next();
  return done ? { do: "end" } : JSON.parse(value);
};
/** @param {object} what */
const tell = (what) => process.stdout.write(`${JSON.stringify({ t: Date.now(), ...what })}\n`);

/** The service, for end b: it listens on loopback only. @param {string} address @param {number} port */
async function startDoor(address, port) {
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  const server = createServer((near) => {
    const far = createConnection(port, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((done) => server.listen(port, address, () => done(null)));
  return {
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The newest rows of a participant, as a dashboard that watches is told them. */
function watch(/** @type {string} */ url, /** @type {string} */ participant) {
  const socket = io(`${url}/watch`, { transports: ["websocket"] });
  /** @type {Map<number, Record<string, number | null>>} */
  const rows = new Map();
  socket.on("connect", () =>
    socket.emit("watch", { meetingId: MEETING, participantId: participant }),
  );
  socket.on("rows", ({ t, tick, series }) => {
    for (const [at, number] of tick.entries()) {
      /** @type {Record<string, number | null>} */
      const row = { t: t[at], ...rows.get(number) };
      for (const [name, values] of Object.entries(series)) row[name] = values[at];
      rows.set(number, row);
    }
  });
  return { rows, close: () => socket.close() };
}

const open = closing();
try {
  const { space, addresses } = await next();
  const service = open.add(await startService());
  open.add(await startDoor(addresses[0], service.port));
  const site = open.add(await startSite());
  const there = open.add(await launchThere(space));
  const here = open.add(await launchHere("chromium"));
  const tag = { meeting: MEETING, as: "" };
  const urls = {
    a: site.url({ tag: { ...tag, src: service.url, participant: "a" } }),
    // Over the bad link only the small engine is there in time.
    b: site.url({
      tag: {
        ...tag,
        src: service.url.replace("127.0.0.1", addresses[0]),
        participant: "b",
        engine: "micropython",
      },
    }),
  };
  const tabs = [await openTab(here, urls.a), await openTabThere(there.browser, urls.b)];
  const watchers = ENDS.map((end) => open.add(watch(service.url, end)));
  await connect(tabs[0], tabs[1], { hosts: addresses });
  // Both are measured and watched: then rows of streams come every second.
  for (const { rows } of watchers) {
    const streams = () => {
      const last = [...rows.values()].slice(-2);
      return (
        last.length === 2 &&
        last.every((row) => Object.keys(row).some((name) => /\.s\d/.test(name)))
      );
    };
    await until(streams, { within: 30000, what: "rows of streams, second by second" });
  }
  tell({ note: "carrying" });
  await next();
  const told = [];
  for (const [index, end] of ENDS.entries()) {
    const { participants } = await service.get(`/api/meetings/${MEETING}`);
    const found = participants.find((/** @type {any} */ one) => one.participantId === end);
    const { sessionId, state, engine } = found.sessions[0];
    const path = `/api/meetings/${MEETING}/participants/${end}`;
    const series = await service.get(`${path}/series?metrics=rtt,lossIn,lossOut&points=500`);
    const { events } = await service.get(`${path}/events`);
    const rows = [...watchers[index].rows].map(([tick, row]) => ({ tick, ...row }));
    told.push({
      participant: end,
      sessionId,
      engine,
      state,
      series,
      events,
      rows,
      said: tabs[index].said,
    });
  }
  tell({ told });
} catch (error) {
  tell({ error: error instanceof Error ? error.stack : String(error) });
  process.exitCode = 1;
} finally {
  await open.close();
  process.stdin.destroy();
}
