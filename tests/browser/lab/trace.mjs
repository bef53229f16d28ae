// @ts-check
/** Chromium traces: which tasks of a page's main thread were long, and whose frames were in them. */

const TASKS = ["devtools.timeline", "disabled-by-default-devtools.timeline"];
const PROFILE = "disabled-by-default-v8.cpu_profiler";

/**
 * Starts tracing the whole browser (one trace at a time) through this tab's connection.
 * @param {import("puppeteer-core").Page} page
 * @param {{profile?: boolean}} [options] profile: of the scripts too, which makes them slower
 * @returns {Promise<{stop: () => Promise<TraceEvent[]>}>}
 */
export async function startTrace(page, { profile = true } = {}) {
  await page.tracing.start({ categories: profile ? [...TASKS, PROFILE] : TASKS });
  return {
    async stop() {
      const bytes = await page.tracing.stop();
      return JSON.parse(new TextDecoder().decode(bytes)).traceEvents;
    },
  };
}

/**
 * @typedef {{name: string, cat: string, ph: string, pid: number, tid: number, ts: number,
 *            dur?: number, tdur?: number, id?: string, args: any}} TraceEvent times in µs
 * @typedef {{ms: number, cpuMs: number, parts: string[], urls: string[]}} BusyTask `cpuMs`: for
 *   how long of it the thread really ran; `parts`: what took more than 10 ms of it; `urls`: scripts
 *   seen in it
 */

/**
 * The tasks longer than `longerThan` ms on the main thread of the renderer that shows `pageUrl`,
 * with the addresses of all scripts that were seen in them: functions called, scripts evaluated,
 * and every frame of every sample of the CPU profile.
 * @param {TraceEvent[]} events
 * @param {string} pageUrl
 * @param {number} [longerThan]
 * @returns {{tasks: BusyTask[], seen: string[]}} `seen`: every script address in the whole trace
 */
export function busyTasks(events, pageUrl, longerThan = 50) {
  const pid = rendererOf(events, pageUrl);
  const isMain = (/** @type {TraceEvent} */ e) =>
    e.name === "thread_name" && e.args.name === "CrRendererMain";
  const main = events.find((e) => e.pid === pid && isMain(e))?.tid;
  if (main === undefined) throw new Error(`no main thread of ${pageUrl} in the trace`);
  const frames = [...callFrames(events, pid, main), ...sampleFrames(events, pid, main)];
  const tasks = events
    .filter((e) => e.pid === pid && e.tid === main && e.name.endsWith("RunTask"))
    .filter((e) => (e.dur ?? 0) > longerThan * 1000)
    .map((task) => {
      const end = task.ts + (task.dur ?? 0);
      const parts = events.filter((e) => {
        const mine = e.pid === pid && e.tid === main && e !== task && e.ts >= task.ts;
        return mine && e.ts + (e.dur ?? 0) <= end && (e.dur ?? 0) > 10000;
      });
      const inside = frames.filter((frame) => frame.ts >= task.ts && frame.ts <= end);
      const urls = [...new Set(inside.map(({ url }) => url))];
      return {
        ms: (task.dur ?? 0) / 1000,
        cpuMs: (task.tdur ?? task.dur ?? 0) / 1000,
        parts: parts.map(({ name, dur = 0 }) => `${name} ${(dur / 1000).toFixed(0)} ms`),
        urls,
      };
    });
  return { tasks, seen: [...new Set(frames.map(({ url }) => url))] };
}

const OURS = new Set([
  ...["EventDispatch", "FireAnimationFrame", "FunctionCall", "RunMicrotasks", "TimerFire"],
  ...["MinorGC", "MajorGC", "UpdateLayoutTree", "Layout", "PrePaint", "Paint"],
]);

/**
 * What the main thread did in each frame, from one FireAnimationFrame to the next, in CPU ms, so
 * that a busy machine does not count. `ours`: scripting, layout and paint; `whole`: all of its
 * tasks, with hit tests, compositing and the cost of the trace. (For pages that ask for every
 * frame.)
 * @param {TraceEvent[]} events @param {string} pageUrl
 * @returns {{ours: number[], whole: number[]}}
 */
export function frameCosts(events, pageUrl) {
  const pid = rendererOf(events, pageUrl);
  const starts = events.filter((e) => e.pid === pid && e.name === "FireAnimationFrame");
  const main = starts[0]?.tid;
  const mine = events
    .filter((e) => e.pid === pid && e.tid === main && e.ph === "X")
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  const end = (/** @type {TraceEvent} */ e) => e.ts + (e.dur ?? 0);
  const tasks = mine.filter((e) => e.name.endsWith("RunTask"));
  // One within another is counted with it.
  let last = 0;
  const parts = mine.filter((e) => {
    if (!OURS.has(e.name) || e.ts < last) return false;
    last = end(e);
    return true;
  });
  // A frame's first task holds its FireAnimationFrame: it begins a little earlier.
  const around = (/** @type {number} */ ts) =>
    tasks.findLast((t) => t.ts <= ts && end(t) >= ts)?.ts ?? ts;
  const begins = [...new Set(starts.map(({ ts }) => around(ts)))].sort((a, b) => a - b);
  const byFrame = (/** @type {TraceEvent[]} */ some) => {
    const costs = begins.map(() => 0);
    let frame = -1;
    for (const one of some) {
      while (frame + 1 < begins.length && (begins[frame + 1] ?? 0) <= one.ts) frame++;
      if (frame >= 0) costs[frame] = (costs[frame] ?? 0) + (one.tdur ?? one.dur ?? 0) / 1000;
    }
    return costs.slice(0, -1); // the last one has no end
  };
  return { ours: byFrame(parts), whole: byFrame(tasks) };
}

/** @param {TraceEvent[]} events @param {string} pageUrl */
function rendererOf(events, pageUrl) {
  for (const { name, args, pid } of events) {
    const frames = name === "TracingStartedInBrowser" ? (args.data?.frames ?? []) : [];
    for (const frame of frames)
      if (frame.url === pageUrl && frame.processId) return frame.processId;
    if (name === "FrameCommittedInBrowser" && args.data?.url === pageUrl && args.data.processId) {
      return args.data.processId;
    }
    if (name === "CommitLoad" && args.data?.url === pageUrl) return pid;
  }
  throw new Error(`no renderer of ${pageUrl} in the trace`);
}

/** @param {TraceEvent[]} events @param {number} pid @param {number} tid */
function callFrames(events, pid, tid) {
  const names = new Set(["FunctionCall", "EvaluateScript", "v8.compile", "v8.evaluateModule"]);
  return events
    .filter((e) => e.pid === pid && e.tid === tid && names.has(e.name))
    .map((e) => ({ ts: e.ts, url: String(e.args.data?.url ?? e.args.fileName ?? "") }))
    .filter(({ url }) => url);
}

/**
 * The profiler's chunks come on their own thread; the profile they belong to names the thread
 * that was sampled. Nodes are a tree of frames, sent once.
 * @param {TraceEvent[]} events @param {number} pid @param {number} tid
 */
function sampleFrames(events, pid, tid) {
  const starts = events.filter((e) => e.name === "Profile" && e.pid === pid && e.tid === tid);
  /** @type {{ts: number, url: string}[]} */
  const frames = [];
  for (const start of starts) {
    /** @type {Map<number, {parent?: number, url: string}>} */
    const nodes = new Map();
    let now = Number(start.args.data.startTime);
    const chunks = events.filter(
      (e) => e.name === "ProfileChunk" && e.pid === pid && e.id === start.id,
    );
    for (const { args } of chunks.sort((one, other) => one.ts - other.ts)) {
      const { cpuProfile = {}, timeDeltas = [] } = args.data;
      for (const { id, parent, callFrame } of cpuProfile.nodes ?? []) {
        nodes.set(id, { parent, url: callFrame.url ?? "" });
      }
      for (const [i, delta] of timeDeltas.entries()) {
        now += delta;
        let node = nodes.get(cpuProfile.samples?.[i]);
        while (node) {
          if (node.url) frames.push({ ts: now, url: node.url });
          node = node.parent === undefined ? undefined : nodes.get(node.parent);
        }
      }
    }
  }
  return frames;
}
