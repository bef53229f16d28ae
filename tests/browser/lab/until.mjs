// @ts-check
/** Waiting for facts, never for time. */

/** For the few places where time itself is the subject (a cut of 8 s). @param {number} ms */
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Asks `probe` until it gives something truthy, and gives that back; throws at the deadline with
 * what was asked for and what came last. A probe that throws is asked again.
 * @template T
 * @param {() => T | Promise<T>} probe
 * @param {{within?: number, every?: number, what?: string}} [options] milliseconds
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(probe, { within = 15000, every = 100, what = String(probe) } = {}) {
  const deadline = performance.now() + within;
  /** @type {unknown} */
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return /** @type {NonNullable<T>} */ (value);
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`not within ${within} ms: ${what} (last: ${seen?.slice(0, 2000)})`);
    }
    await sleep(every);
  }
}

/**
 * Things to close, in reverse order of starting: `const open = closing(); after(open.close)`.
 * One failing close does not keep the others open.
 */
export function closing() {
  /** @type {{close: () => unknown}[]} */
  const things = [];
  return {
    /** @template {{close: () => unknown}} T @param {T} thing @returns {T} */
    add(thing) {
      things.push(thing);
      return thing;
    },
    async close() {
      const errors = [];
      for (const thing of things.splice(0).reverse()) {
        try {
          await thing.close();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length) throw new AggregateError(errors, "could not close everything");
    },
  };
}
