// @ts-check
/**
 * A bad network between two tabs, without root: a UDP relay on 127.0.0.1 that stands for either
 * tab before the other one, and drops and delays. Set-up (STUN, DTLS) is never dropped.
 *
 *   tab a ⇄ [socket that stands for b | socket that stands for a] ⇄ tab b
 */
import { createSocket } from "node:dgram";

/** @typedef {"a" | "b"} Side */
/** @typedef {{sent: number, dropped: number}} Count of one SSRC's RTP packets, by the far side */

/** @returns {Promise<import("node:dgram").Socket>} */
function open() {
  return new Promise((done, fail) => {
    const socket = createSocket("udp4");
    socket.once("error", fail);
    socket.bind(0, "127.0.0.1", () => done(socket));
  });
}

/** The same story for the same seed. @param {number} seed */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * @param {{loss?: number, delay?: number, seed?: number}} [settings] share of the RTP packets lost,
 *   0–1, and ms, each way; both may be changed while it runs
 */
export async function startNet({ loss = 0, delay = 0, seed = 1 } = {}) {
  const settings = { loss, delay };
  const stands = { a: await open(), b: await open() };
  /** @type {Record<Side, number>} where the tabs really listen */
  const ports = { a: 0, b: 0 };
  /** @type {Map<number, Count>} */
  const counts = new Map();
  /** @type {Set<NodeJS.Timeout>} */
  const late = new Set();
  const roll = dice(seed);
  let closed = false;

  /** @param {Buffer} packet @returns {boolean} */
  function survives(packet) {
    const rtp = packet[0] >= 128 && packet[0] <= 191;
    const rtcp = rtp && packet[1] >= 192 && packet[1] <= 223;
    if (!rtp || rtcp) return true;
    const ssrc = packet.readUInt32BE(8);
    const count = counts.get(ssrc) ?? { sent: 0, dropped: 0 };
    counts.set(ssrc, count);
    count.sent += 1;
    if (roll() >= settings.loss) return true;
    count.dropped += 1;
    return false;
  }

  for (const [from, to] of /** @type {[Side, Side][]} */ ([
    ["a", "b"],
    ["b", "a"],
  ])) {
    // What arrives at the socket that stands for `to` comes from `from`, and goes on to `to` by
    // the socket that stands for `from`.
    stands[to].on("message", (packet, { address, port }) => {
      if (address !== "127.0.0.1" || port !== ports[from] || !survives(packet)) return;
      const pass = () => closed || stands[from].send(packet, ports[to], "127.0.0.1");
      if (settings.delay <= 0) return void pass();
      const timer = setTimeout(() => {
        late.delete(timer);
        pass();
      }, settings.delay);
      late.add(timer);
    });
  }

  return {
    settings,
    counts,
    /**
     * The description of tab `side` as the other tab shall see it: its candidate is the relay's.
     * @param {{type: string, sdp: string}} description @param {Side} side
     */
    through({ type, sdp }, side) {
      const candidate = /^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) /im.exec(sdp);
      if (!candidate) throw new Error("no candidate of 127.0.0.1");
      ports[side] = Number(candidate[1]);
      const relayed = ` 127.0.0.1 ${stands[side].address().port} `;
      return { type, sdp: sdp.replaceAll(` 127.0.0.1 ${candidate[1]} `, relayed) };
    },
    async close() {
      closed = true;
      for (const timer of late) clearTimeout(timer);
      for (const socket of Object.values(stands)) {
        await new Promise((done) => socket.close(() => done(undefined)));
      }
    },
  };
}
