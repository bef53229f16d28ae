// @ts-check
/** Made-up sessions on the public wire: see fleet.py. */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { python } from "./service.mjs";

const SCRIPT = fileURLToPath(new URL("fleet.py", import.meta.url));

/**
 * @typedef {{meeting: string, participant: string, name?: string, kind?: "good"|"fair"|"poor"|"failed",
 *   seconds: number, age?: number, gap?: [number, number], left?: boolean, video?: boolean,
 *   engine?: [string, string, string], receives?: string[], blames?: string,
 *   marks?: Record<number, string>, stars?: number}} Session
 */

/**
 * Before `startFleet`, on a service that is stopped: its sessions began when their past did.
 * @param {string} data the service's folder @param {Session[]} sessions
 */
export function beginBefore(data, sessions) {
  const script = fileURLToPath(new URL("past.py", import.meta.url));
  const input = JSON.stringify({ data, sessions });
  const { status, stderr } = spawnSync(python(), [script], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`past.py: ${stderr.slice(-2000)}`);
}

/**
 * On a service that is stopped: as if ten minutes had gone by without a word from any session.
 * @param {string} data the service's folder
 */
export function silentSince(data) {
  const script = `import sqlite3, sys
with sqlite3.connect(sys.argv[1] + "/callvitals.db") as db:
    for table in ("session", "meeting"):
        db.execute(f"UPDATE {table} SET last_at = last_at - 600000, started_at = started_at - 600000")`;
  const { status, stderr } = spawnSync(python(), ["-c", script, data], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.slice(-2000));
}

/**
 * Resolves when the past of all sessions is stored.
 * @param {string} url @param {Session[]} sessions
 */
export async function startFleet(url, sessions) {
  const child = spawn(python(), [SCRIPT], { stdio: ["pipe", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => {
    log += text;
  });
  const exit = new Promise((done) => child.once("exit", done));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** @param {unknown} line */
  async function say(line) {
    child.stdin.write(`${JSON.stringify(line)}\n`);
    const { done } = await answers.next();
    if (done) throw new Error(`the fleet ended: ${log.slice(-2000)}`);
  }
  await say({ url, sessions });
  return {
    /** @param {Record<string, "good"|"fair"|"poor">} kinds by participant */
    change: (kinds) => say(kinds),
    /** As pages whose machine lost its power: no farewell. */
    async vanish() {
      child.kill("SIGKILL");
      await exit;
    },
    async close() {
      child.stdin.end();
      // One whose service is gone may hang in its farewell.
      const hard = setTimeout(() => child.kill("SIGKILL"), 3000);
      await exit;
      clearTimeout(hard);
    },
  };
}
