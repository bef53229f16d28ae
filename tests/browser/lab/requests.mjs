// @ts-check
/** Made-up requests to an API, as a middleware elsewhere would tell of them (docs/http.md). */
import { until } from "./until.mjs";

/**
 * @typedef {{route: string, method?: string, service?: string, rate: number, ms: number,
 *   failing?: number, refused?: number, streamed?: number, out?: number, in?: number,
 *   users?: number}} Kind
 */

/** A small generator (mulberry32), so that every run tells the same. @param {number} seed */
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Tells the service of `hours` hours of requests, `rate` an hour of each kind, busier by day.
 * @param {string} url @param {Kind[]} kinds @param {{hours?: number, now?: number, seed?: number}} [options]
 */
export async function tellRequests(url, kinds, { hours = 24, now = Date.now(), seed = 7 } = {}) {
  const dice = chance(seed);
  /** @type {Map<string, any[]>} records by service */
  const told = new Map();
  for (const kind of kinds) {
    const list = told.get(kind.service ?? "") ?? [];
    told.set(kind.service ?? "", list);
    for (let hour = 0; hour < hours; hour++) {
      const busy = 0.45 + 0.55 * Math.sin(((hour % 24) / 24) * Math.PI);
      for (let n = Math.round(kind.rate * busy); n > 0; n--) {
        const t = Math.round(now - (hour + dice()) * 3_600_000) - 1000;
        const spread = Math.exp((dice() + dice() + dice() - 1.5) * 1.3);
        const luck = dice();
        const failed = luck < (kind.failing ?? 0);
        const refused = !failed && luck < (kind.failing ?? 0) + (kind.refused ?? 0);
        const took = Math.round(kind.ms * 1000 * spread * (failed ? 4 : 1));
        const user = kind.users ? `user-${Math.floor(dice() * kind.users)}` : null;
        list.push([
          t,
          kind.route,
          kind.method ?? "GET",
          failed ? 503 : refused ? 403 : 200,
          kind.in ?? 0,
          Math.round((kind.out ?? 900) * spread),
          Math.round(took * 0.7),
          took,
          user,
          (failed ? 2 : 0) + (dice() < (kind.streamed ?? 0) ? 4 : 0),
        ]);
      }
    }
  }
  let batch = 0;
  for (const [service, list] of told) {
    for (let at = 0; at < list.length; at += 1000) {
      const some = list.slice(at, at + 1000);
      const routes = [...new Set(some.map((one) => one[1]))];
      const records = some.map((one) => one.with(1, routes.indexOf(one[1])));
      const body = {
        version: 1,
        batch: `lab-${seed}-${String(batch++).padStart(6, "0")}`,
        service,
        at: now,
        dropped: 0,
      };
      const answer = await fetch(`${url}/ingest/http`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...body, routes, records }),
      });
      if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
    }
  }
  const all = [...told.values()].reduce((sum, list) => sum + list.length, 0);
  const names = new Set(kinds.map((kind) => kind.route));
  await until(
    async () => {
      const asked = await fetch(`${url}/api/endpoints?range=14d&by=endpoint&limit=1000`);
      const { items } = await asked.json();
      const counted = items
        .filter((/** @type {any} */ one) => names.has(one.route) && one.service !== "callvitals")
        .reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.count, 0);
      return counted === all;
    },
    { what: `${all} requests are counted` },
  );
}

/** @type {Kind[]} An API that somebody could have. */
export const SHOP = [
  { route: "/v1/rooms/{room}", service: "rooms", rate: 90, ms: 14, out: 2400, users: 160 },
  {
    route: "/v1/rooms/{room}/join",
    method: "POST",
    service: "rooms",
    rate: 40,
    ms: 48,
    in: 420,
    users: 160,
    refused: 0.01,
  },
  {
    route: "/v1/rooms/{room}/recordings/{recording}",
    service: "rooms",
    rate: 9,
    ms: 900,
    out: 4_200_000,
    streamed: 1,
    users: 30,
  },
  {
    route: "/v1/turn/credentials",
    method: "POST",
    service: "rooms",
    rate: 40,
    ms: 9,
    in: 90,
    out: 380,
    users: 160,
    failing: 0.075,
  },
  { route: "/v1/chat/{room}/messages", service: "chat", rate: 120, ms: 22, out: 5200, users: 140 },
  {
    route: "/v1/chat/{room}/messages",
    method: "POST",
    service: "chat",
    rate: 70,
    ms: 35,
    in: 600,
    out: 200,
    users: 140,
    failing: 0.018,
  },
  {
    route: "/v1/chat/{room}/events",
    service: "chat",
    rate: 12,
    ms: 42_000,
    out: 64_000,
    streamed: 1,
    users: 120,
  },
  {
    route: "/v1/transcripts/{room}",
    service: "chat",
    rate: 5,
    ms: 640,
    out: 210_000,
    streamed: 0.4,
    users: 25,
  },
  {
    route: "/login",
    method: "POST",
    service: "accounts",
    rate: 26,
    ms: 180,
    in: 240,
    out: 700,
    users: 160,
    refused: 0.09,
  },
  { route: "/me", service: "accounts", rate: 110, ms: 6, out: 640, users: 160 },
  { route: "/avatars/{user}", service: "accounts", rate: 60, ms: 4, out: 31_000 },
];
