// What the browser tells of itself without being asked twice. No labels, no addresses, nothing that
// would single a device out: families and round numbers.

import type { Device } from "./choose";
import type { JsonObject } from "./messages";

interface Told extends Navigator {
  deviceMemory?: number;
  connection?: { effectiveType?: string; type?: string; saveData?: boolean };
  userAgentData?: { mobile?: boolean; platform?: string };
}

// The first that fits: most browsers claim to be others, too.
const BROWSERS: [string, RegExp][] = [
  ["edge", /Edg\w*\/(\d+)/],
  ["opera", /OPR\/(\d+)/],
  ["samsung", /SamsungBrowser\/(\d+)/],
  ["firefox", /(?:Firefox|FxiOS)\/(\d+)/],
  ["chrome", /(?:Chrome|CriOS)\/(\d+)/],
  ["safari", /Version\/(\d+).*Safari/],
];
const SYSTEMS: [string, RegExp][] = [
  ["android", /Android/],
  ["ios", /iPhone|iPad|iPod/],
  ["windows", /Windows/],
  ["macos", /Mac OS X/],
  ["chromeos", /CrOS/],
  ["linux", /Linux/],
];

/** The `facts` of a session: strings, integers, booleans; what is unknown is absent. */
export function facts(navigator: Navigator, sdk: string): JsonObject {
  const told = navigator as Told;
  const agent = told.userAgent;
  const known: JsonObject = { sdk };
  for (const [name, pattern] of BROWSERS) {
    const version = pattern.exec(agent)?.[1];
    if (!version) continue;
    known.browser = name;
    known.browserVersion = version;
    break;
  }
  const os = SYSTEMS.find(([, pattern]) => pattern.test(agent))?.[0];
  if (os) known.os = os;
  known.mobile = told.userAgentData?.mobile ?? /Mobi/.test(agent);
  if (told.hardwareConcurrency) known.cores = told.hardwareConcurrency;
  if (told.deviceMemory) known.memoryGb = Math.ceil(told.deviceMemory);
  const { type, effectiveType } = told.connection ?? {};
  const connection = type && type !== "unknown" ? type : effectiveType;
  if (connection) known.connection = connection;
  return known;
}

export function device(navigator: Navigator): Device {
  const { deviceMemory, connection } = navigator as Told;
  return {
    memoryGb: deviceMemory,
    network: connection?.effectiveType,
    saveData: connection?.saveData,
  };
}

/** False where a Content-Security-Policy forbids WebAssembly, or there is none. */
export function canWasm(): boolean {
  try {
    return !!new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  } catch {
    return false;
  }
}
