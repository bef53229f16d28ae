// @ts-check
/**
 * Pictures of every screen in both themes, and on a phone, into tests/out/.
 *
 *   node tests/browser/pictures.mjs [part of a picture's name ...]
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { beginBefore, silentSince, startFleet } from "./lab/fleet.mjs";
import { alertsFile, SHOTS as BESIDE, DUMP, furnish } from "./lab/scenery.mjs";

const CALL = "board-room";
const WORDS = ["standup", "sales-eu", "design-crit", "support", "interview", "retro", "townhall"];
const NAMES = ["Ada", "Lin", "Grace", "Omar", "Noor", "Jules", "Mika", "Priya", "Theo", "Ines"];

/** @type {import("./lab/fleet.mjs").Session[]} */
const fleet = [
  {
    meeting: CALL,
    participant: "u1",
    name: "Ada",
    kind: "poor",
    seconds: 1500,
    marks: { 700: "Screen shared", 1100: "Layout changed" },
    stars: 2,
  },
  { meeting: CALL, participant: "u2", name: "Lin", seconds: 1480, gap: [500, 620] },
  { meeting: CALL, participant: "u3", name: "Grace", seconds: 1210, video: false },
  { meeting: CALL, participant: "u4", name: "Omar", kind: "fair", seconds: 1420 },
  { meeting: CALL, participant: "u5", name: "Noor", seconds: 900, age: 240, left: true },
];
for (let i = 0; i < 40; i++) {
  const kind = i === 7 ? "poor" : i % 9 === 3 ? "fair" : "good";
  const meeting = `${WORDS[Math.floor(i / 2) % WORDS.length]}-${12 + Math.floor(i / 2)}`;
  const name = NAMES[i % NAMES.length];
  fleet.push({ meeting, participant: `p${i}`, name, kind, seconds: 60 + 7 * i });
}

fleet.push(
  { meeting: "onboarding-3", participant: "x1", name: "Sam", kind: "failed", seconds: 40 },
  { meeting: "visit-204", participant: "x2", name: "Kim", kind: "failed", seconds: 25 },
);

// All of one meeting at once, and in another all but the one whose sending is at fault.
const TOGETHER = { "all-hands": ["v1", "v2", "v3", "v4"], "field-team": ["w1", "w2", "w3", "w4"] };
for (const [meeting, ids] of Object.entries(TOGETHER)) {
  for (const [i, participant] of ids.entries()) {
    const receives = ids.filter((one) => one !== participant);
    const blames = meeting === "field-team" && i > 0 ? { blames: "w1" } : {};
    const name = NAMES[(i + 4) % NAMES.length];
    fleet.push({ meeting, participant, name, seconds: 700 - 60 * i, receives, ...blames });
  }
}
const NOW_POOR = Object.fromEntries(
  ["v1", "v2", "v3", "v4", "w2", "w3", "w4"].map((id) => [id, /** @type {const} */ ("poor")]),
);

/** @type {[string, string, string, number, number][]} */
const SHOTS = [
  ["meetings", "/", ".row[data-line]", 1440, 900],
  ["meeting", `/m/${CALL}`, ".picture.ready", 1440, 720],
  ["everyone", "/m/all-hands", ".badge.all", 1440, 720],
  ["one-sender", "/m/field-team", ".fault .badge", 1440, 720],
  ["participant", `/m/${CALL}/p/u1`, "#video footer", 1440, 1560],
  ["never-started", "/m/onboarding-3", ".picture.ready", 1440, 600],
  ["nothing-matches", "/?q=nobody", ".note", 1440, 600],
  ["phone-meetings", "/", ".row[data-line]", 390, 844],
  ["phone-meeting", `/m/${CALL}`, ".picture.ready", 390, 844],
  ["phone-everyone", "/m/all-hands", ".badge.all", 390, 844],
  ["phone-participant", `/m/${CALL}/p/u1`, "#video footer", 390, 1600],
];
const THEMES = /** @type {const} */ (["light", "dark"]);

const open = closing();
try {
  mkdirSync(fileURLToPath(new URL("../out/", import.meta.url)), { recursive: true });
  const alerts = open.add(alertsFile());
  const service = open.add(await startService({ env: { CALLVITALS_ALERTS: alerts.path } }));
  const chromium = open.add(await launchChromium());

  /** @param {typeof SHOTS[number]} shot */
  const take = async ([name, path, ready, width, height]) => {
    for (const theme of THEMES) {
      const view = await openDashboard(chromium, service.url, path, { theme, width, height });
      await until(async () => (await view.count(ready)) > 0, { what: ready });
      if (name.endsWith("recording")) {
        const input = await view.page.$('input[type="file"]');
        await /** @type {any} */ (input).uploadFile(DUMP);
        await until(async () => (await view.count(".chart canvas")) > 0, { what: "the dump" });
      }
      await until(async () => !(await view.count(".busy, .skeleton, .picture.loading")), {
        what: "all is loaded",
      });
      // What opens with a fade has come up when no animation runs.
      await until(() => view.page.evaluate(() => document.getAnimations().length === 0));
      await view.shot(`${name}-${theme}`);
      await view.close();
    }
  };
  if (process.argv.length < 3) await take(["first-run", "/", ".first", 1440, 720]);
  await service.stop();
  beginBefore(service.data, fleet);
  await service.start();
  const pages = open.add(await startFleet(service.url, fleet));
  const only = process.argv.slice(2);
  await furnish(service);
  // s: 300 fill the small lines of the list; what goes wrong does so in their last third.
  const settle = Number(process.env.SETTLE ?? 0);
  const wait = (/** @type {number} */ share) =>
    new Promise((done) => setTimeout(done, 1000 * settle * share));
  await wait(0.66);
  await pages.change(NOW_POOR);
  await wait(0.34);
  for (const shot of [...SHOTS, ...BESIDE]) {
    if (!only.length || only.some((name) => shot[0].includes(name))) await take(shot);
  }
  if (!only.length || only.some((name) => "ended".includes(name))) {
    await pages.close();
    await service.stop();
    silentSince(service.data);
    await service.start();
    await take(["ended", "/?show=ended", ".share", 1440, 900]);
    await take(["ended-meeting", `/m/${CALL}`, ".sufferers", 1440, 860]);
  }
} finally {
  await open.close();
}
