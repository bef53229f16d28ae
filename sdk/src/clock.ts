// The page's clock by rule 21 of the wire: monotonic, near the wall clock, never set back.

const STEP_MS = 2000;

export interface Clock {
  /** Epoch ms of now() = 0; raised when the machine slept while now() stood still. */
  base: number;
  /** The tick's time (epoch ms, an integer), and by how much the wall clock stepped, 0 for not. */
  read(now: number, wall: number): { t: number; jump: number };
}

/** `now`: ms of performance.now(); `wall`: Date.now(); both at `init`. */
export function createClock(now: number, wall: number): Clock {
  let told = 0; // how far the wall is behind, as last told
  const clock: Clock = {
    base: wall - now,
    read(at, wallAt) {
      const drift = Math.round(wallAt - clock.base - at);
      let jump = 0;
      if (drift > STEP_MS) {
        clock.base += drift;
        jump = drift;
        told = 0;
      } else if (drift - told < -STEP_MS) {
        jump = drift - told;
        told = drift;
      } else if (drift > told) {
        told = Math.min(0, drift);
      }
      return { t: Math.round(clock.base + at), jump };
    },
  };
  return clock;
}
