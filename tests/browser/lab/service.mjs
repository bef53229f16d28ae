// @ts-check
/** A real service process: started, killed, restarted on the same port and data. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** @returns {Promise<number>} a port of 127.0.0.1 that nobody listens on */
export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => done(port));
    });
  });
}

export function python() {
  const here = join(ROOT, ".venv", "bin", "python");
  return process.env.CALLVITALS_PYTHON ?? (existsSync(here) ? here : "python3");
}

/**
 * @param {{args?: string[], env?: Record<string, string>}} [options] more arguments of `serve`
 */
export async function startService({ args = [], env = {} } = {}) {
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), "callvitals-"));
  const url = `http://127.0.0.1:${port}`;
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("CALLVITALS_"));
  let log = "";
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let child;

  /** @param {NodeJS.Signals} signal */
  async function end(signal) {
    const dying = child;
    child = undefined;
    if (!dying || dying.exitCode !== null || dying.signalCode !== null) return;
    const gone = new Promise((done) => dying.once("exit", done));
    dying.kill(signal);
    // A service that does not obey SIGTERM must not outlive the test.
    const hard = setTimeout(() => dying.kill("SIGKILL"), 10000);
    await gone;
    clearTimeout(hard);
  }

  async function start() {
    const run = "from callvitals_server.cli import main; main()";
    const line = ["-c", run, "serve", "--host", "127.0.0.1", "-p", String(port), "--data", data];
    const started = spawn(python(), [...line, ...args], {
      cwd: data,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on("data", (text) => {
        log = (log + text).slice(-200000);
      });
    }
    const ready = async () => {
      if (started.exitCode !== null) return "exited";
      return (await fetch(`${url}/readyz`)).ok && "ready";
    };
    const how = await until(ready, { within: 20000, what: `${url}/readyz` }).catch(
      async (error) => {
        await end("SIGKILL");
        throw new Error(`${error.message}\n${log}`);
      },
    );
    if (how === "exited") throw new Error(`the service ended at once:\n${log}`);
  }

  /** @param {string} path @returns {Promise<any>} the JSON; throws on any status but 2xx */
  async function get(path) {
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(10000) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${path}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }

  const service = {
    url,
    port,
    data,
    get,
    start,
    /** What the process printed so far. */
    log: () => log,
    /**
     * Asks until the answer is as wished.
     * @param {string} path
     * @param {(answer: any) => unknown} [wish]
     * @param {{within?: number, every?: number, what?: string}} [options]
     */
    async until(path, wish = () => true, options = {}) {
      const probe = async () => {
        const answer = await get(path);
        const met = await wish(answer);
        if (!met) throw new Error(`not yet: ${JSON.stringify(answer)}`);
        return answer;
      };
      return until(probe, { what: `${path} ${wish}`, every: 200, ...options });
    },
    /** kill -9: no goodbye, no flush. */
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    async close() {
      await end("SIGTERM");
      rmSync(data, { recursive: true, force: true });
    },
  };
  await start();
  return service;
}
