// Does the engine keep up? Many connections on a weak device can be more than it computes in time.
// Ticks would pile up in the worker and the dashboard show what was; so the page asks less often
// until the engine has caught up.

import type { ServerConfig } from "./messages";

/** Ticks without a row: more than a new engine finds when it takes over. */
const BEHIND = 20;
const CAUGHT_UP = 2;
const SLOW_SECONDS = 10;

export interface Pace {
  /** `behind`: ticks that a running engine was given and has no row for. */
  check(behind: number): void;
  /** The service's config, on its way to the collector. */
  pass(config: ServerConfig): void;
}

export function createPace(config: (config: ServerConfig) => void): Pace {
  let wish = 0;
  let slow = false;
  const seconds = (): number => (slow ? Math.max(wish, SLOW_SECONDS) : wish);
  return {
    check(behind) {
      if (slow ? behind > CAUGHT_UP : behind <= BEHIND) return;
      slow = !slow;
      config({ sampleSeconds: seconds() });
    },
    pass(given) {
      wish = given.sampleSeconds ?? wish;
      config(slow ? { ...given, sampleSeconds: seconds() } : given);
    },
  };
}
