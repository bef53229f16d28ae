// @ts-check
/** Made-up sessions on the public wire: see fleet.py. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { python } from "./service.mjs";

const SCRIPT = fileURLToPath(new URL("fleet.py", import.meta.url));

/**
 * @typedef {{meeting: string, participant: string, name?: string, kind?: "good"|"fair"|"poor",
 *   seconds: number, age?: number, gap?: [number, number], left?: boolean, video?: boolean,
 *   engine?: [string, string, string]}} Session
 */

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
    async close() {
      child.stdin.end();
      // One whose service is gone may hang in its farewell.
      const hard = setTimeout(() => child.kill("SIGKILL"), 3000);
      await exit;
      clearTimeout(hard);
    },
  };
}
