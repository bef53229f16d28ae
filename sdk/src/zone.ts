// Angular's zone.js takes every timer that is made while the app's code runs for work of the app: it
// would look through all components whenever one of ours falls due, and never call the app idle.

interface Zone {
  run<T>(work: () => T): T;
}

/** Runs `work` as if no code of the app had called us; a timer inherits that from where it is made. */
export function outside<T>(work: () => T): T {
  const { Zone } = globalThis as { Zone?: { root?: Zone } };
  return Zone?.root?.run ? Zone.root.run(work) : work();
}
