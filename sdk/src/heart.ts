// Is the host alive? Any message of it is a sign of life; too long a silence is answered by a ping,
// no answer to that by giving it up. Made so that a page which blocks itself, or sleeps, does not
// kill a healthy worker: after a block the unread messages are read before the verdict.

const SILENT_MS = 6000;
const SILENT_HIDDEN_MS = 30_000;
const PONG_MS = 2000;
const GRACE_MS = 50;

export interface Heart {
  /** ms of silence. */
  silence(now: number): number;
  /** A message came. */
  beat(now: number): void;
  /** To be called about once a second; calls `dead` once, a while after the last check, if at all. */
  check(now: number, hidden: boolean): void;
}

export function createHeart(
  now: number,
  ping: () => void,
  dead: () => void,
  later: (ms: number, run: () => void) => () => void,
): Heart {
  let heard = now;
  let pinged: number | null = null;
  let over = false;
  return {
    silence: (at) => at - heard,
    beat(at) {
      heard = at;
      pinged = null;
    },
    check(at, hidden) {
      if (over) return;
      if (pinged === null) {
        if (at - heard <= (hidden ? SILENT_HIDDEN_MS : SILENT_MS)) return;
        pinged = at;
        ping();
      } else if (at - pinged > PONG_MS) {
        pinged = at;
        later(GRACE_MS, () => {
          if (pinged === null || over) return;
          over = true;
          dead();
        });
      }
    },
  };
}
