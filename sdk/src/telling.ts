// What the engine says to the host app's listeners, each tick once: an engine that takes over goes
// through some of its predecessor's ticks again.

import type { Json, Told } from "./messages";

export function createTelling(tell: (event: Told, data: Json) => void) {
  let newest = -1;
  let verdict = "";
  /** `text`: JSON of `[[event, data], …]`. */
  return (tick: number, text: string): void => {
    if (tick <= newest) return;
    newest = tick;
    for (const [event, data] of JSON.parse(text) as [Told, Json][]) {
      if (event === "score") {
        const now = JSON.stringify(data);
        if (now === verdict) continue; // it is told when it changes
        verdict = now;
      }
      tell(event, data);
    }
  };
}
