// import { init, watch } from "callvitals" (or from the service's /sdk.mjs). Importing does nothing;
// `init` hooks the page.

import { createApi, quiet } from "./api";
import { HASH } from "./session";

export type {
  Api,
  EngineChoice,
  Events,
  Issue,
  Mode,
  Options,
  Rating,
  Sample,
  Score,
} from "./public";

const page = createApi({ auto: false });
const api = quiet(page);

export const version = api.version;
/** Of the service's files that belong to this module; undefined in the npm package. */
export const hash = HASH;
export const { watch, stop, mark, label, rate, on, score, debug } = api;

/** Begins a session; a running one is stopped. Throws a TypeError for options that cannot work. */
export const init: typeof api.init = (options) => page.init({ auto: true, ...options });
