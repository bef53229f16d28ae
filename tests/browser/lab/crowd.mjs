// @ts-check
/** A service whose live model is fed from inside with thousands of meetings: see tests/bench/crowd.py. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, python } from "./service.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** @param {number} meetings @param {number} people in each */
export async function startCrowd(meetings, people) {
  const folder = mkdtempSync(join(tmpdir(), "callvitals-crowd-"));
  const port = await freePort();
  const args = ["-m", "tests.bench.crowd", `${port}`, folder, `${meetings}`, `${people}`];
  const child = spawn(python(), args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(child, "exit");
  await Promise.race([
    once(child.stdout, "data"),
    gone.then(() => Promise.reject(new Error("the crowd's service ended"))),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
