// @ts-check
/** The demo meeting: alone it calls itself, two tabs call each other, damage is felt. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService());
  chromium = open.add(await launchChromium());
});
after(open.close);

/** Keeps the page's peer connections at hand, before anything else runs. */
function keepConnections() {
  const Native = window.RTCPeerConnection;
  const kept = /** @type {RTCPeerConnection[]} */ ([]);
  Object.assign(window, { keptConnections: kept });
  window.RTCPeerConnection = new Proxy(Native, {
    construct(target, args) {
      const pc = new target(...args);
      kept.push(pc);
      return pc;
    },
  });
}

/** @param {string} room */
async function visit(room) {
  const page = await chromium.newPage();
  const troubles = /** @type {string[]} */ ([]);
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (line) => {
    if (line.type() === "error") troubles.push(line.text());
  });
  await page.evaluateOnNewDocument(keepConnections);
  await page.goto(`${service.url}/demo?room=${room}`);
  return { page, troubles };
}

/**
 * The inbound streams of the page's live connections, by kind.
 * @param {import("puppeteer-core").Page} page
 */
function inbound(page) {
  return page.evaluate(async () => {
    const all = /** @type {any} */ (window).keptConnections;
    const out = /** @type {Record<string, any>} */ ({ live: 0 });
    for (const pc of all) {
      if (pc.connectionState !== "connected") continue;
      out.live += 1;
      for (const stats of (await pc.getStats()).values()) {
        if (stats.type === "inbound-rtp") out[stats.kind] = stats;
      }
    }
    return out;
  });
}

test("a lone visitor is in a call with itself, seen on the dashboard's API", async () => {
  const { page, troubles } = await visit("alone");
  const first = await until(
    async () => {
      const stats = await inbound(page);
      return stats.live === 1 && stats.video?.framesDecoded > 5 && stats.audio && stats;
    },
    { within: 30000, what: "a call with itself" },
  );
  assert.ok(first.audio.packetsReceived > 0);
  const meeting = await service.until("/api/meetings/alone", (m) => m.participants.length === 1, {
    within: 30000,
  });
  assert.match(meeting.participants[0].participantId, /^guest-/);

  // Damage: sound goes missing although every packet arrives.
  const before = (await inbound(page)).audio;
  await page.$eval("#amount", (slider) => {
    const input = /** @type {HTMLInputElement} */ (slider);
    input.value = "40";
    input.dispatchEvent(new Event("input"));
  });
  await until(
    async () => {
      const { audio } = await inbound(page);
      const samples = audio.totalSamplesReceived - before.totalSamplesReceived;
      const concealed = audio.concealedSamples - before.concealedSamples;
      return samples > 48000 * 2 && concealed > 0.2 * samples && audio.packetsLost === 0;
    },
    { within: 20000, what: "a fifth of the sound concealed" },
  );
  assert.equal(await page.$eval("#percent", (output) => output.textContent), "40 %");
  // The page's own banner hears of it, and whose sound it is was told.
  const banner = await until(
    () => page.$eval("#banner", (text) => !(/** @type {any} */ (text).hidden) && text.textContent),
    { within: 20000, what: "the banner" },
  );
  const me = meeting.participants[0].participantId;
  const now = await service.until("/api/meetings/alone", (m) => {
    const { state } = m.participants[0].sessions[0];
    return Object.keys(state.issues).length && Object.keys(state.labels).length && m;
  });
  const { issues, labels } = now.participants[0].sessions[0].state;
  assert.ok(
    Object.values(issues).some(
      ({ sentence }) => sentence.slice(0, 12) === String(banner).slice(0, 12),
    ),
    `${banner} is none of ${JSON.stringify(issues)}`,
  );
  for (const label of Object.values(labels))
    assert.deepEqual(label, { participant: me, source: "camera" });
  assert.deepEqual(troubles, []);
  await page.close();
});

test("a real call that is watched tells each of its streams, as the browser counts them", async () => {
  const { page } = await visit("watched");
  const meeting = await service.until("/api/meetings/watched", (m) => m.participants.length === 1, {
    within: 30000,
  });
  const me = meeting.participants[0].participantId;
  const view = await openDashboard(chromium, service.url, `/m/watched/p/${me}`);
  const streams = await until(
    async () => {
      const all = await view.page.$$eval(".streams details", (details) =>
        details.map((one) => [
          one.querySelector("summary")?.textContent.trim() ?? "",
          Object.fromEntries(
            [...one.querySelectorAll("dl > div")].map((row) => [
              row.querySelector("dt")?.textContent,
              row.querySelector("dd")?.textContent,
            ]),
          ),
        ]),
      );
      const told = Object.fromEntries(all);
      return told["video inbound vp8"]?.framesPerSecond && told;
    },
    { within: 30000, what: "streams with their figures" },
  );
  assert.deepEqual(Object.keys(streams).sort(), [
    "audio inbound opus",
    "audio outbound opus",
    "video inbound vp8",
    "video outbound vp8",
  ]);
  const { video } = await inbound(page);
  assert.equal(
    streams["video inbound vp8"]["frameWidth × frameHeight"],
    `${video.frameWidth} × ${video.frameHeight}`,
  );
  for (const [name, told] of Object.entries(streams)) {
    assert.match(told.Bitrate, /^[1-9][\d.]* [kM]?bit\/s$/, name);
    assert.equal(told.Loss ?? "0 %", "0 %", name);
  }
  await view.axe();
  await view.close();
  await page.close();
});

/** @param {import("puppeteer-core").Page} page @param {string} step */
const stepIs = (page, step) =>
  page.$eval(`#step-${step}`, (item) => item.className).catch(() => "");

test("the tutorial: each step is done when it happens, and says what came of it", async () => {
  const { page, troubles } = await visit("tour");
  await until(async () => (await stepIs(page, "found")) === "current", { what: "the first step" });
  await until(async () => (await stepIs(page, "score")) === "done", {
    within: 60000,
    what: "found, and a score",
  });
  assert.equal(await page.$eval("#tour-count", (text) => text.textContent), "2 of 7");
  assert.equal(await page.$eval("[aria-current=step]", (item) => item.id), "step-damage");
  await page.click("#step-damage button");
  assert.equal(await page.$eval("#percent", (output) => output.textContent), "25 %");
  await until(async () => (await stepIs(page, "damage")) === "done", {
    within: 40000,
    what: "a trouble",
  });
  const told = await page.$eval("#step-damage p", (text) => text.textContent ?? "");
  assert.ok(told.length > 10 && !told.startsWith("Pull"), told);
  await page.click("#step-look button");
  const dashboard = await until(
    async () => (await chromium.pages()).find((one) => new URL(one.url()).pathname === "/m/tour"),
    { what: "the dashboard in a tab of its own" },
  );
  await dashboard.close();
  assert.equal(await stepIs(page, "look"), "done");
  await page.click("#step-heal button");
  await until(async () => (await stepIs(page, "heal")) === "done", {
    within: 60000,
    what: "healed",
  });
  await page.click("#step-others button");
  const second = await until(
    async () => (await chromium.pages()).find((one) => one !== page && /room=tour/.test(one.url())),
    { what: "the second window" },
  );
  await until(async () => (await stepIs(page, "others")) === "done", {
    within: 30000,
    what: "a second person",
  });
  await second.close({ runBeforeUnload: true });
  await page.click("#step-tag button");
  await until(async () => (await stepIs(page, "tag")) === "done", { what: "the tag taken" });
  assert.equal(await page.$eval("#tour-count", (text) => text.textContent), "All done");
  assert.deepEqual(troubles, []);
  await page.close();
});

test("the page is readable in both themes, and on a phone", async () => {
  for (const [theme, width] of /** @type {const} */ ([
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
  ])) {
    const view = await openDashboard(chromium, service.url, "/demo?room=looks", { theme, width });
    await until(async () => (await view.count("#steps li")) === 7, { what: "the steps" });
    await view.shows(/calls itself|in this meeting/);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${width}: ${wide}`);
    await view.axe();
    await view.close();
  }
});

test("two tabs call each other, and the one that stays calls itself again", async () => {
  const one = await visit("pair");
  const two = await visit("pair");
  for (const { page } of [one, two]) {
    await until(
      async () => {
        const stats = await inbound(page);
        const other = await page.$eval("#people", (text) => text.textContent);
        return stats.live === 1 && stats.audio?.packetsReceived > 10 && /^2 in/.test(other ?? "");
      },
      { within: 30000, what: "a call between the tabs" },
    );
  }
  await service.until("/api/meetings/pair", (m) => m.participants.length === 2, { within: 30000 });
  await two.page.close({ runBeforeUnload: true });
  await until(
    async () => {
      const text = await one.page.$eval("#people", (people) => people.textContent);
      return /calls itself/.test(text ?? "") && (await inbound(one.page)).live === 1;
    },
    { within: 30000, what: "alone again" },
  );
  assert.deepEqual([...one.troubles, ...two.troubles], []);
  await one.page.close();
});
