// No socket was ever opened, though a host runs: a policy or a proxy forbids it. The service is told by
// a plain POST, again and again, so that the dashboard can say what is missing.

import type { Mode } from "./public";

/** So many failed tries are no bad moment. */
const TRIES = 3;
/** The service takes a page for lost after 60 s. */
const AGAIN_MS = 45_000;

/** `tries` to connect failed in a row, the last one as `conn` and for the reason `why`; `blocked`: by a
 *  policy, so that no other try will do better. */
export interface Failed {
  conn: number;
  tries: number;
  blocked?: boolean;
  why?: string;
}

/** `tell`: claims the session as `conn`, which every later try of the socket exceeds. */
export function createCut(tell: (mode: Mode, conn: number) => void) {
  let cut: Failed | undefined;
  let told: Failed | undefined;
  let toldAt = 0;
  let engine = "";
  return {
    heard(known: boolean, link: Failed): void {
      cut = known || !(link.blocked || link.tries >= TRIES) ? undefined : link;
    },
    /** To be called about once a second. */
    check(at: number, mode: Mode): void {
      // Without another try since, the claim would be refused.
      if (!cut || cut === told || (mode.engine === engine && at - toldAt < AGAIN_MS)) return;
      told = cut;
      toldAt = at;
      engine = mode.engine;
      tell({ ...mode, why: `no socket (${cut.why})` }, cut.conn);
    },
  };
}
