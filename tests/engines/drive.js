// In the test's page: plays the bridge towards one host, and keeps all it says.

const NO_BASE = performance.timeOrigin;

/**
 * @param {{base: string, where: "worker" | "main", cross?: boolean, schema: unknown,
 *          options?: object, facts?: object, sessionId?: string, hostNumber?: number,
 *          sessionToken?: string}} told
 */
window.startHost = async (told) => {
  /** @type {any[]} */
  const heard = [];
  /** @type {(() => void)[]} */
  const waiting = [];
  const hear = (/** @type {unknown} */ message) => {
    heard.push(message);
    for (const wake of waiting.splice(0)) wake();
  };
  let post = (/** @type {any} */ _message) => {};
  let end = () => {};
  if (told.where === "worker") {
    const url = `${told.base}worker.js`;
    const blob = new Blob([`import(${JSON.stringify(url)})`], { type: "text/javascript" });
    const worker = new Worker(told.cross ? URL.createObjectURL(blob) : url, { type: "module" });
    worker.onmessage = (event) => hear(event.data);
    worker.onerror = (event) => hear({ type: "worker-error", why: event.message ?? "" });
    post = (message) => worker.postMessage(message);
    end = () => worker.terminate();
  } else {
    const { createHost } = await import(`${told.base}host.js`);
    const host = createHost(hear, "main");
    post = (message) => host.receive(message);
    end = () => host.receive({ type: "stop" });
  }
  window.host = {
    heard,
    post,
    end,
    /** Resolves to the first message of one of these types at or after `from`. */
    async until(types, from = 0, ms = 40000, wish = (message) => types.includes(message.type)) {
      const over = performance.now() + ms;
      for (;;) {
        const found = heard.slice(from).find(wish);
        if (found) return found;
        const left = over - performance.now();
        if (left <= 0) throw new Error(`no ${types} in ${JSON.stringify(heard).slice(-2000)}`);
        await new Promise((done) => {
          waiting.push(() => done(undefined));
          setTimeout(done, left);
        });
      }
    },
  };
  await window.host.until(["alive", "worker-error"]);
  post({
    type: "start",
    options: { server: "http://127.0.0.1:1", meetingId: "m", ...told.options },
    sessionId: told.sessionId ?? "0".repeat(32),
    base: NO_BASE,
    origin: performance.timeOrigin,
    hostNumber: told.hostNumber ?? 1,
    sessionToken: told.sessionToken,
    facts: told.facts ?? {},
    schema: told.schema,
  });
  return window.host.until(["probe", "worker-error"]);
};

/** One tick with one connection whose selected pair has counted so much; `copies` rows of it. */
window.makeTick = (tick, copies = 1) => {
  const t = 1795448731000 + tick * 1000;
  const values = [0, 0];
  for (let i = 0; i < copies; i++) {
    values.push(1, 1, t, 2, 1, 1, 40000 * tick, 125000 * tick, 0.05);
  }
  const list = tick === 0 ? ["0", "pair", "succeeded"] : [];
  return {
    ...{ type: "tick", base: NO_BASE, tick, t, events: [] },
    ...{ strings: { at: tick === 0 ? 0 : 3, list }, packed: new Float64Array(values).buffer },
  };
};

/** Boots and feeds: `ring` ticks in the boot, then `live` more; gives rows, or why it failed. */
window.runEngine = async (
  engine,
  { ring = 2, live = 3, copies = 1, checkpoint = null, listen = [] } = {},
) => {
  const { host } = window;
  const from = host.heard.length;
  const ticks = Array.from({ length: ring + live }, (_, n) => window.makeTick(n, copies));
  host.post({
    ...{ type: "boot", engine, why: "test", strings: ["0", "pair", "succeeded"], checkpoint },
    ...{ ring: ticks.slice(0, ring), outbox: [], through: -1 },
  });
  if (listen.length) host.post({ type: "listen", what: listen });
  for (const tick of ticks.slice(ring)) host.post(tick);
  const verdict = await host.until(["failed", "ready"], from);
  if (verdict.type === "failed") return { why: verdict.why };
  // `ready` comes once the ring is computed; what was posted meanwhile follows.
  const rowOf = (tick) => (m) =>
    m.type === "failed" || m.list?.some((a) => a.do === "row" && a.tick === tick);
  await host.until([`row ${ring + live - 1}`], from, 40000, rowOf(ring + live - 1));
  host.post({ type: "ask", id: 1, what: "state" });
  await host.until(["answer", "failed"], from);
  const said = host.heard.slice(from);
  const actions = said.filter((m) => m.type === "actions").flatMap((m) => m.list);
  return {
    ready: verdict,
    ringFirst: said.findIndex(rowOf(ring - 1)) < said.indexOf(verdict),
    steps: said.filter((m) => m.type === "step").map((m) => m.step),
    rows: actions.filter((a) => a.do === "row").map((a) => a.text),
    told: actions.filter((a) => a.do === "tell").map((a) => [a.tick, JSON.parse(a.text)]),
    entered: actions.filter((a) => a.do === "enter").map((a) => a.event),
    checkpoints: actions.filter((a) => a.do === "checkpoint"),
    answer: said.find((m) => m.type === "answer"),
    failed: said.filter((m) => m.type === "failed").map((m) => m.why),
  };
};
