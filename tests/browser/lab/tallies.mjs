// @ts-check
/** A past of made-up days for the trends: see tallies.py. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { python } from "./service.mjs";

/** @param {string} data the service's folder @param {number} days */
export function tellDays(data, days, now = Date.now()) {
  const script = fileURLToPath(new URL("tallies.py", import.meta.url));
  const input = JSON.stringify({ data, days, now });
  const { status, stderr } = spawnSync(python(), [script], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`tallies.py: ${stderr.slice(-2000)}`);
}
