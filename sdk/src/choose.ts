// Which engine shall compute, and why: decided once per session from what the browser tells.

import type { EngineName } from "./messages";
import type { EngineChoice } from "./public";

/** What the choice depends on; `undefined` where the browser does not tell. */
export interface Device {
  memoryGb?: number;
  /** navigator.connection.effectiveType: "slow-2g", "2g", "3g", "4g". */
  network?: string;
  saveData?: boolean;
}

export type Decision = { engine: EngineName | "none"; why: string };

/** Below this Pyodide's 125 MB would be felt. */
const SMALL_GB = 4;

/** `asked`: the service's word, where it has one, else the page's. */
export function chooseEngine(asked: EngineChoice, device: Device): Decision {
  if (asked === "relay")
    return { engine: "none", why: "relay was asked for, it is not served yet" };
  if (asked !== "auto") return { engine: asked, why: "asked for" };
  if (device.memoryGb !== undefined && device.memoryGb < SMALL_GB)
    return { engine: "micropython", why: `small device: ${device.memoryGb} GB of memory` };
  if (device.saveData) return { engine: "micropython", why: "Save-Data is on" };
  if (device.network && /2g|3g/.test(device.network))
    return { engine: "micropython", why: `slow network: ${device.network}` };
  return { engine: "pyodide", why: "default" };
}
