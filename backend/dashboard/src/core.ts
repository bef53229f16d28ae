// What the build takes over from the core (scripts/gen-dashboard.py), so that what is drawn and
// told here is what the rules say.

interface Core {
  /** Base units. */
  thresholds: Record<
    "good" | "fair" | "rtt" | "jitter" | "loss" | "concealed" | "jitterBuffer",
    number
  >;
  /** Series of which the lowest value is the worst. */
  lowIsBad: string[];
  /** By issue: what to tell the participant. */
  tell: Record<string, string>;
}
declare const __CORE__: Core;

export const { thresholds, lowIsBad, tell } = __CORE__;
