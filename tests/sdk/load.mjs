// The page's modules as node can import them, a time that tests move, and a sight of the core.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A module of sdk/src, bundled: `await load("ring")`. @param {string} name @returns {Promise<any>} */
export async function load(name) {
  const result = await build({
    entryPoints: [`${root}sdk/src/${name}.ts`],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    define: { __CALLVITALS_HASH__: '"test"', __CALLVITALS_VERSION__: '"0.0.0"' },
  });
  const [file] = result.outputFiles;
  const text = Buffer.from(file?.contents ?? "").toString("base64");
  return import(`data:text/javascript;base64,${text}`);
}

/**
 * Runs Python with the core importable; stdin and stdout are JSON.
 * @param {string} code
 * @param {unknown} input
 */
export function python(code, input) {
  const own = `${root}.venv/bin/python`;
  const text = execFileSync(
    existsSync(own) ? own : "python3",
    ["-c", `import json, sys\nsys.path.insert(0, "worker")\nread = json.load(sys.stdin)\n${code}`],
    { cwd: root, input: JSON.stringify(input), encoding: "utf8", maxBuffer: 1 << 27 },
  );
  return JSON.parse(text);
}

/** A time of the test's own: `now`, `later`, and `pass(ms)`, which runs what falls due. */
export function createTime() {
  /** @type {{at: number, run: () => void}[]} */
  let timers = [];
  const time = {
    ms: 0,
    now: () => time.ms,
    /** @param {number} ms @param {() => void} run */
    later(ms, run) {
      const timer = { at: time.ms + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pending: () => timers.length,
    /** @param {number} ms */
    async pass(ms) {
      const end = time.ms + ms;
      for (;;) {
        await settle();
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        time.ms = Math.max(time.ms, next.at);
        next.run();
      }
      time.ms = end;
      await settle();
    },
  };
  return time;
}

/** Lets promises that are ready run their course. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
