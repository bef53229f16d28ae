// The wheel of micropip, which installs plug-ins in the page: taken from PyPI once, pinned by hash.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "./compress.mjs";
import { python } from "./python.mjs";

const VERSION = "0.11.1";
const SHA256 = "768de165adb8e66906039d8fec4127a57f522dfdf8e6fbff877a4616941ecfd3";
const NAME = `micropip-${VERSION}-py3-none-any.whl`;

/** `{name, version, sha256, bytes}`; throws where PyPI's file is not the one we know. */
export function micropip(root, cache) {
  const path = join(cache, NAME);
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    // It wants a newer Python than may be building; nothing of it runs here.
    const wanted = ["--no-deps", "--only-binary=:all:", "--python-version=3.14", "--dest", cache];
    python(root, "-m", "pip", "download", "--quiet", ...wanted, `micropip==${VERSION}`);
  }
  const bytes = readFileSync(path);
  if (sha256(bytes) !== SHA256)
    throw new Error(`${NAME} is not the wheel we know (sha256 differs)`);
  return { name: NAME, version: VERSION, sha256: SHA256, bytes };
}
