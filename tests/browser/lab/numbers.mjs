// @ts-check
/**
 * What the service must have stored, computed here a second time and in another way from the
 * answers of getStats that the page kept: integers at the wire's scale, by its rounding rules.
 * Knows Chromium's reports only. Nothing of this may be shared with the product.
 */
import { until } from "./until.mjs";

/** @typedef {{upload: bigint | null, download: bigint | null, rtt: bigint | null, lossIn: bigint | null}} Numbers */

export const SERIES = /** @type {const} */ (["upload", "download", "rtt", "lossIn"]);
/** Base unit → the wire's integer. */
const SCALE = { upload: 1, download: 1, rtt: 10000, lossIn: 10000 };

const half = (/** @type {number} */ x) => BigInt(Math.floor(x + 0.5));
/** a ÷ b, halves up. @param {bigint} a @param {bigint} b */
const ratio = (a, b) => (2n * a + b) / (2n * b);

/**
 * @param {Kept[]} kept answers of one page in order
 * @returns {Numbers[]} one for each answer
 */
export function compute(kept) {
  /** @type {Map<string, {time: bigint, sent: bigint, received: bigint}>} */
  let pairs = new Map();
  /** @type {Map<string, bigint>} */
  let arrived = new Map();
  /** @type {Map<string, bigint>} the highest packetsLost so far */
  const highest = new Map();
  return kept.map(({ json }) => {
    /** @type {any[]} */
    const stats = JSON.parse(json);
    const byId = new Map(stats.map((one) => [one.id, one]));
    const chosen = stats
      .filter((one) => one.type === "transport" && byId.has(one.selectedCandidatePairId))
      .map((one) => byId.get(one.selectedCandidatePairId));

    /** @type {bigint[]} */ const up = [];
    /** @type {bigint[]} */ const down = [];
    // A pair counts from the report in which it is the selected one, with all it carried since the
    // report before, in which it may have been a candidate still.
    const newPairs = new Map();
    for (const pair of stats.filter(({ type }) => type === "candidate-pair")) {
      const now = {
        time: half(pair.timestamp * 1000),
        sent: BigInt(pair.bytesSent),
        received: BigInt(pair.bytesReceived),
      };
      newPairs.set(pair.id, now);
      const was = pairs.get(pair.id);
      if (!chosen.includes(pair) || !was || now.time <= was.time) continue;
      const span = now.time - was.time;
      if (now.sent >= was.sent) up.push(ratio((now.sent - was.sent) * 8_000_000n, span));
      if (now.received >= was.received)
        down.push(ratio((now.received - was.received) * 8_000_000n, span));
    }
    pairs = newPairs;

    const newArrived = new Map();
    let lost = 0n;
    let expected = 0n;
    for (const one of stats.filter(({ type }) => type === "inbound-rtp")) {
      const again = one.kind === "video" ? (one.retransmittedPacketsReceived ?? 0) : 0;
      const came = BigInt(one.packetsReceived - again);
      const missing = BigInt(one.packetsLost);
      const top = highest.get(one.id);
      const was = arrived.get(one.id);
      newArrived.set(one.id, came);
      highest.set(one.id, top === undefined || missing > top ? missing : top);
      if (was === undefined || top === undefined) continue;
      const rise = missing > top ? missing - top : 0n;
      lost += rise;
      expected += rise + (came - was);
    }
    arrived = newArrived;

    const times = chosen.map((pair) => pair.currentRoundTripTime).filter((x) => x !== undefined);
    const far = stats
      .filter(({ type }) => type === "remote-inbound-rtp")
      .map((one) => one.roundTripTime);
    const trips = times.length > 0 ? times : far.filter((x) => x !== undefined);
    const sum = (/** @type {bigint[]} */ list) => list.reduce((x, y) => x + y, 0n);
    return {
      upload: up.length ? sum(up) : null,
      download: down.length ? sum(down) : null,
      rtt: trips.length ? half(Math.max(...trips) * 10000) : null,
      lossIn: expected > 0n ? ratio(lost * 10000n, expected) : null,
    };
  });
}

/**
 * All that the service stored of a session, at raw level: its rows, without the empty ones by which
 * a chart breaks its line where time passed (those are in `gaps`).
 * @param {{get: (path: string) => Promise<any>}} service
 * @param {string} meeting @param {string} participant @param {string} session
 */
export async function stored(service, meeting, participant, session) {
  const query = new URLSearchParams({ session, metrics: SERIES.join(), points: "20000" });
  const people = `/api/meetings/${encodeURIComponent(meeting)}/participants`;
  const answer = await service.get(`${people}/${encodeURIComponent(participant)}/series?${query}`);
  const kept = (/** @type {any[]} */ list) => list.filter((_, i) => answer.tick[i] !== null);
  const columns = Object.entries(answer.series).map(([name, list]) => [name, kept(list)]);
  return {
    ...answer,
    t: kept(answer.t),
    tick: kept(answer.tick),
    series: Object.fromEntries(columns),
  };
}

/**
 * Waits until tick `last` is stored.
 * @param {{get: (path: string) => Promise<any>}} service
 * @param {string} meeting @param {string} participant @param {string} session @param {number} last
 */
export async function storedUpTo(service, meeting, participant, session, last) {
  return until(
    async () => {
      const answer = await stored(service, meeting, participant, session);
      if ((answer.tick?.at(-1) ?? -1) < last)
        throw new Error(`stored up to ${answer.tick?.at(-1)}`);
      return answer;
    },
    { within: 30000, every: 300, what: `tick ${last} of ${meeting}/${participant} stored` },
  );
}

/** A stored base-unit value as the wire's integer. @param {keyof typeof SCALE} name @param {number | null} value */
export const asWire = (name, value) => (value === null ? null : half(value * SCALE[name]));

/** The SDK leaves an answer that takes longer out of its tick, ms. */
const PATIENCE = 2000;

/**
 * Compares the stored series with the page's kept answers, tick by tick.
 * @param {Kept[]} all
 * @param {{tick: number[], series: Record<string, (number | null)[]>}} answer
 * @returns {{differences: string[], compared: number}} `compared`: values that are not null
 */
export function compare(all, answer) {
  const kept = all.filter(({ ms }) => ms < PATIENCE);
  const at = new Map(kept.map(({ tick }, i) => [tick, i]));
  const numbers = compute(kept);
  const differences = [];
  for (const { tick } of kept) {
    if (!answer.tick.includes(tick)) differences.push(`tick ${tick} has an answer and no row`);
  }
  let compared = 0;
  for (const [index, tick] of answer.tick.entries()) {
    const i = at.get(tick);
    for (const name of SERIES) {
      const want = i === undefined ? null : numbers[i][name];
      const got = asWire(name, answer.series[name][index]);
      if (want !== null) compared += 1;
      if (got !== want) differences.push(`tick ${tick} ${name}: stored ${got}, computed ${want}`);
    }
  }
  return { differences, compared };
}

/**
 * Ticks of 0 … last that are neither stored nor inside a gap the answer shows, and those stored
 * out of order or twice.
 * @param {{t: number[], tick: number[], gaps: {from: number, to: number}[]}} answer
 * @param {number} last
 */
export function account({ t, tick, gaps }, last) {
  const rows = tick.map((n, i) => ({ n, at: t[i] }));
  const wrong = [];
  /** @type {string[]} */
  const shown = [];
  let next = 0;
  let before = -Infinity;
  for (const { n, at } of [...rows, { n: last + 1, at: Infinity }]) {
    if (n < next) wrong.push(`tick ${n} again`);
    if (n > next) {
      const gap = gaps.find(({ from, to }) => from >= before - 1 && to <= at + 1);
      (gap ? shown : wrong).push(`ticks ${next} to ${n - 1} missing`);
    }
    next = n + 1;
    before = at;
  }
  return { wrong, shown };
}
