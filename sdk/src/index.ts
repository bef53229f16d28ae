// npm: import { init, watch } from "callvitals". Importing does nothing; `init` hooks the page.

import { createApi } from "./api";

export type { Api, EngineChoice, Events, Mode, Options, Score } from "./api";

const api = createApi({ auto: false });

export const version = api.version;
export const { watch, stop, mark, label, rate, on, score, debug } = api;

/** Begins a session; a running one is stopped. Throws a TypeError for options that cannot work. */
export const init: typeof api.init = (options) => api.init({ auto: true, ...options });
