// @ts-check
// What two known libraries take for the same reports, in node: their own path from getStats' answer
// to what they tell the app. node peers.mjs CALL.json REPEATS, where CALL.json is [[stats object, …],
// …] by tick; prints {name: [ms of the whole call, per run, …]} as one line.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [file, repeats] = process.argv.slice(2);
/** @type {Map<string, any>[]} */
const reports = JSON.parse(readFileSync(file, "utf8")).map(
  (/** @type {{id: string}[]} */ stats) => new Map(stats.map((one) => [one.id, one])),
);

// What they expect of a page, as far as they touch it here.
class Connection extends EventTarget {}
Object.assign(globalThis, { window: globalThis, RTCPeerConnection: Connection });
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
const { WebRTCStats } = require("@peermetrics/webrtc-stats");
const { default: WebRTCIssueDetector } = require("webrtc-issue-detector");

/** A sender's or receiver's own report: its stream, the far end's word on it, and the transport.
 * @param {Map<string, any>} report @param {string} near @param {string} far @param {string} kind */
function part(report, near, far, kind) {
  const rtp = (/** @type {any} */ one) => one.type.endsWith("-rtp");
  const own = (/** @type {any} */ one) => [near, far].includes(one.type) && one.kind === kind;
  return new Map([...report].filter(([, one]) => !rtp(one) || own(one)));
}

const SIDES = /** @type {const} */ ({
  getReceivers: ["inbound-rtp", "remote-outbound-rtp"],
  getSenders: ["outbound-rtp", "remote-inbound-rtp"],
});
/** @type {[string, Map<string, any>[][]][]} */
const PARTS = Object.entries(SIDES).map(([name, [near, far]]) => {
  const kinds = ["audio", "video"];
  return [name, kinds.map((kind) => reports.map((report) => part(report, near, far, kind)))];
});

/** A connection whose reports are the recorded ones, the next with each asking. */
function connection() {
  const answers = (/** @type {Map<string, any>[]} */ list) => {
    let at = 0;
    return async () => list[at++];
  };
  const sides = PARTS.map(([name, lists]) => {
    const ends = lists.map((list) => ({ track: { enabled: true }, getStats: answers(list) }));
    return [name, () => ends];
  });
  return Object.assign(new Connection(), {
    connectionState: "connected",
    iceConnectionState: "connected",
    getConfiguration: () => ({}),
    getTransceivers: () => [],
    ...Object.fromEntries(sides),
    getStats: answers(reports),
  });
}

/** Rates of every stream. */
async function webrtcStats() {
  const monitor = new WebRTCStats({ getStatsInterval: 1000, logLevel: "none" });
  await monitor.addConnection({ pc: connection(), peerId: "1", remote: true });
  clearInterval(monitor.monitoringSetInterval);
  return async () => {
    const [told] = await monitor.getStats();
    return told?.data?.audio?.inbound?.length;
  };
}

/** Rates, scores and issues. */
async function issueDetector() {
  const monitor = new WebRTCIssueDetector({ autoAddPeerConnections: false });
  monitor.handleNewPeerConnection(connection(), "1");
  monitor.statsReporter.stopReporting();
  return async () => {
    const data = await monitor.compositeStatsParser.parse();
    for (const { stats } of data) {
      monitor.detectIssues({ data: stats });
      monitor.calculateNetworkScores(stats);
    }
    return data[0]?.stats?.audio?.inbound?.length;
  };
}

/** @type {Record<string, number[]>} */
const spent = {};
for (const [name, start] of /** @type {const} */ ([
  ["@peermetrics/webrtc-stats", webrtcStats],
  ["webrtc-issue-detector", issueDetector],
])) {
  spent[name] = [];
  for (let run = 0; run <= Number(repeats); run++) {
    const step = await start();
    const began = performance.now();
    for (let tick = 0; tick < reports.length; tick++) {
      if (!(await step())) throw new Error(`${name} found no incoming sound in tick ${tick}`);
    }
    if (run) spent[name].push(performance.now() - began); // the first one warms up
  }
}
console.log(JSON.stringify(spent));
process.exit(0); // they leave timers behind
