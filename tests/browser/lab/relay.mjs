// @ts-check
/** What lies between a page and the service when things go wrong: a cut cable, a bad proxy. */
import { createServer as createHttp, request } from "node:http";
import { connect, createServer } from "node:net";

/** @param {import("node:net").Server} server @returns {Promise<number>} the port */
export function listen(server) {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      done(/** @type {import("node:net").AddressInfo} */ (server.address()).port);
    });
  });
}

/**
 * A TCP relay on 127.0.0.1 to `port`. `cut()` resets all connections and refuses new ones;
 * `freeze()` leaves them open and moves no byte (a half-open socket); `heal()` ends either.
 * @param {number} port
 */
export async function startRelay(port) {
  /** @type {Set<import("node:net").Socket>} */
  const open = new Set();
  let cut = false;
  let frozen = false;
  let accepted = 0;
  const server = createServer((near) => {
    if (cut) {
      near.on("error", () => {});
      near.resetAndDestroy();
      return;
    }
    accepted += 1;
    const far = connect(port, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
      if (frozen) one.pause();
    }
  });
  const own = await listen(server);
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    accepted: () => accepted,
    open: () => open.size / 2,
    cut() {
      cut = true;
      for (const socket of open) socket.resetAndDestroy();
    },
    freeze() {
      frozen = true;
      for (const socket of open) socket.pause();
    },
    heal() {
      cut = false;
      if (frozen) for (const socket of open) socket.resume();
      frozen = false;
    },
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/**
 * @typedef {{match: RegExp, status?: number, type?: string, hang?: boolean,
 *            headers?: Record<string, string>}} Damage `type`: another MIME type; `hang`: no answer
 */

/**
 * An HTTP proxy before the service that damages answers whose path matches. The list may be
 * changed while it runs. WebSockets pass untouched.
 * @param {number} port
 * @param {Damage[]} [damages]
 */
export async function startDamager(port, damages = []) {
  /** @type {string[]} */
  const hits = [];
  /** @type {Set<import("node:stream").Duplex>} */
  const open = new Set();
  const server = createHttp((req, res) => {
    const path = req.url ?? "/";
    const damage = damages.find(({ match }) => match.test(path));
    if (damage) hits.push(path);
    if (damage?.hang) return;
    const ask = { port, host: "127.0.0.1", path, method: req.method, headers: req.headers };
    const up = request(ask, (answer) => {
      /** @type {import("node:http").OutgoingHttpHeaders} */
      const headers = { ...answer.headers, ...damage?.headers };
      // A damaged answer must not stay in a browser's cache and spoil the next test.
      if (damage) headers["cache-control"] = "no-store";
      if (damage?.type) headers["content-type"] = damage.type;
      if (damage?.status) {
        answer.resume();
        res.writeHead(damage.status, { "access-control-allow-origin": "*" }).end("damaged");
        return;
      }
      res.writeHead(answer.statusCode ?? 502, headers);
      answer.pipe(res);
    });
    up.on("error", () => res.writeHead(502).end());
    req.pipe(up);
  });
  server.on("upgrade", (req, near, head) => {
    const far = connect(port, "127.0.0.1", () => {
      const lines = [`${req.method} ${req.url} HTTP/1.1`];
      for (let i = 0; i < req.rawHeaders.length; i += 2) {
        lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
      }
      far.write(`${lines.join("\r\n")}\r\n\r\n`);
      far.write(head);
      near.pipe(far);
      far.pipe(near);
    });
    open.add(near).add(far);
    near.on("error", () => far.destroy()).on("close", () => far.destroy());
    far.on("error", () => near.destroy()).on("close", () => near.destroy());
  });
  const own = await listen(server);
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    damages,
    /** Paths that were damaged so far. */
    hits,
    async close() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
}
