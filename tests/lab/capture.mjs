// @ts-check
/**
 * A call between the ends of a laboratory link, its reports recorded once a second. Started by
 * `python -m tests.lab.record`, at end a. The first line on standard input says what to do:
 *
 *   {"a": "chromium" | "firefox", "space": path of b's namespace, "addresses", "media"}
 *
 * then {"do": "restart"} (ICE) or {"do": "end"}. Standard output, lines of JSON: {"t", "note" or
 * "event", …} as it happens, then after the end {"end": "A-…", "lines": [text of {t, pc, stats}]}.
 */
import { createInterface } from "node:readline";
import { closing, connect, openTab, startSite, until } from "../browser/harness.mjs";
import { launchHere, launchThere, openTabThere } from "./pair.mjs";

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => {
  const { value, done } = await input.next();
  return done ? { do: "end" } : JSON.parse(value);
};
/** @param {object} what */
const tell = (what) => process.stdout.write(`${JSON.stringify({ t: Date.now(), ...what })}\n`);

/** In the page: every report, untouched, once a second; every change of state with its time. */
function record(/** @type {string} */ name) {
  const { pc } = /** @type {any} */ (window).lab;
  /** @type {string[]} */
  const lines = [];
  /** @type {object[]} */
  const events = [];
  const take = async () => {
    const t = Date.now();
    /** @type {object[]} */
    const stats = [];
    (await pc.getStats()).forEach((/** @type {object} */ one) => {
      stats.push(one);
    });
    lines.push(JSON.stringify({ t, pc: name, stats }));
  };
  for (const what of ["connectionState", "iceConnectionState"]) {
    pc.addEventListener(`${what.toLowerCase()}change`, () => {
      events.push({ t: Date.now(), event: what, end: name, state: pc[what] });
    });
  }
  const timer = setInterval(take, 1000);
  take();
  Object.assign(window, {
    recorded() {
      clearInterval(timer);
      return { lines, events };
    },
  });
}

/** In the page: a description with all candidates in it, but those of other links. */
async function described(
  /** @type {any} */ remote,
  /** @type {boolean} */ restart,
  /** @type {string[]} */ hosts,
) {
  const { pc } = /** @type {any} */ (window).lab;
  if (remote) await pc.setRemoteDescription(remote);
  if (remote?.type === "answer") return null;
  const made = remote ? await pc.createAnswer() : await pc.createOffer({ iceRestart: restart });
  await pc.setLocalDescription(made);
  const ready = () =>
    pc.iceGatheringState === "complete" && pc.localDescription.sdp.includes("a=candidate");
  while (!ready()) await new Promise((done) => setTimeout(done, 20));
  const near = (/** @type {string} */ line) =>
    !line.startsWith("a=candidate") || (hosts.includes(line.split(" ")[4]) && / udp /i.test(line));
  const sdp = pc.localDescription.sdp.split("\r\n").filter(near).join("\r\n");
  return { type: pc.localDescription.type, sdp };
}

const open = closing();
try {
  const order = await next();
  const { a: kind, space, addresses, media } = order;
  const site = open.add(await startSite());
  const there = open.add(await launchThere(space));
  const here = open.add(await launchHere(kind));
  const url = site.url({});
  const a = await openTab(here, url);
  const b = await openTabThere(there.browser, url);
  const names = { a: `A-${kind}`, b: "B-chromium" };
  const versions = { a: await here.version(), b: await there.browser.version() };
  tell({ note: "versions", ...versions, media });
  await connect(a, b, { ...media, hosts: addresses });
  await a.page.evaluate(record, names.a);
  await b.page.evaluate(record, names.b);
  // Sound at both ends is what a call is; pictures follow.
  tell({ note: "connected" });
  for (let order = await next(); order.do !== "end"; order = await next()) {
    if (order.do !== "restart") throw new Error(`unknown order ${JSON.stringify(order)}`);
    tell({ note: "ICE restart" });
    const offer = await a.page.evaluate(described, null, true, addresses);
    const answer = await b.page.evaluate(described, offer, false, addresses);
    await a.page.evaluate(described, answer, false, addresses);
    const state = () => a.page.evaluate(() => window.lab.pc?.iceConnectionState);
    await until(async () => /connected|completed/.test((await state()) ?? ""), {
      what: "ICE connected again",
    });
    tell({ note: "ICE restarted" });
  }
  for (const [tab, name] of /** @type {const} */ ([
    [a, names.a],
    [b, names.b],
  ])) {
    const { lines, events } = await tab.page.evaluate(() => /** @type {any} */ (window).recorded());
    for (const event of events) tell(event);
    tell({ end: name, lines });
  }
} catch (error) {
  tell({ error: error instanceof Error ? error.stack : String(error) });
  process.exitCode = 1;
} finally {
  await open.close();
  process.stdin.destroy();
}
