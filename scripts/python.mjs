// The Python that builds: the hook's own ($PYTHON), the checkout's, or the first on the path.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

function interpreter(root) {
  if (process.env.PYTHON) return process.env.PYTHON;
  const own = ["bin/python", "Scripts/python.exe"].map((name) => join(root, ".venv", name));
  return own.find(existsSync) ?? (process.platform === "win32" ? "python" : "python3");
}

/** Standard output of `python args…`, run in the project's folder. */
export function python(root, ...args) {
  return execFileSync(interpreter(root), args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "inherit"],
  });
}
