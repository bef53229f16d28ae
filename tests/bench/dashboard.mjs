// @ts-check
// The dashboard under a crowd of live meetings, and under a day of ten participants, in Chromium.
// Beside it in the same run: an empty page that scrolls, and a naive list of the same rows.
// Prints JSON; fails where a bound of ours is broken.
//
//   node tests/bench/dashboard.mjs [crowd | 500 | 5000] [day]     (HOURS=1: a shorter day)
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { closing, launchChromium, startService, until } from "../browser/harness.mjs";
import { startCrowd } from "../browser/lab/crowd.mjs";
import { python } from "../browser/lab/service.mjs";
import { frameCosts, startTrace } from "../browser/lab/trace.mjs";
import * as inPage from "./dashboard_page.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DISTANCE = 6000; // px each way: 150 rows
const PEOPLE = 10;
const HOURS = process.env.HOURS ?? "24";

/** @type {Record<string, number[]>} */
const figures = {};
/** @param {string} name @param {number[]} values */
const tell = (name, values) => {
  figures[name] = values;
};
/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
/** @param {number[]} values @param {number} share */
const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? Number.NaN;
/** Bounds that were broken; told at the end, with all figures beside them. @type {string[]} */
const broken = [];
/** @param {boolean} holds @param {string} words */
const hold = (holds, words) => {
  if (!holds) broken.push(words);
};
/** @param {number[]} gaps */
const slow = (gaps) => (100 * gaps.filter((ms) => ms > 25).length) / gaps.length;

/** @param {import("puppeteer-core").Page} page */
async function heap(page) {
  const world = await page.createCDPSession();
  await world.send("HeapProfiler.collectGarbage");
  await world.send("Performance.enable");
  const { metrics } = await world.send("Performance.getMetrics");
  await world.detach();
  return (metrics.find((one) => one.name === "JSHeapUsedSize")?.value ?? Number.NaN) / 1e6;
}

/**
 * Turns the wheel over a box, a row a frame, down and up again. Twice: once for the rhythm of the
 * frames, once under a trace for what they cost.
 * @param {import("puppeteer-core").Page} page
 */
async function scrolled(page) {
  const world = await page.createCDPSession();
  const wheel = async () => {
    await page.evaluate(inPage.watchFrames);
    for (const yDistance of [-DISTANCE, DISTANCE]) {
      const gesture = { x: 700, y: 500, yDistance, speed: 2400 };
      await world.send("Input.synthesizeScrollGesture", {
        ...gesture,
        gestureSourceType: "mouse",
        preventFling: true,
      });
    }
    return page.evaluate(inPage.framesSeen);
  };
  await page.mouse.move(700, 500); // as a hand on a wheel has it
  const { gaps, nodes } = await wheel();
  const trace = await startTrace(page, { profile: false });
  await wheel();
  const costs = frameCosts(await trace.stop(), page.url());
  await world.detach();
  return { gaps, nodes, costs };
}

/** @param {import("puppeteer-core").Browser} browser @param {number} meetings */
async function crowd(browser, meetings) {
  const service = await startCrowd(meetings, PEOPLE);
  const name = `${meetings.toLocaleString("en")} × ${PEOPLE}`;
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1440, height: 900 });
    await page.evaluateOnNewDocument(inPage.hear);
    /** @type {number[]} */
    const drawn = [];
    for (let i = 0; i < 7; i++) {
      await page.goto(`${service.url}/`);
      await page.waitForFunction("window.listDrawn > 0");
      drawn.push(await page.evaluate("window.listDrawn"));
    }
    tell(`${name}: list drawn after its data, ms`, drawn);
    const total = Number(await page.$eval(".grid", (grid) => grid.getAttribute("aria-rowcount")));
    assert.equal(total, meetings + 1);
    const ours = await scrolled(page);
    tell(`${name}: row nodes at most`, [ours.nodes]);
    hold(ours.nodes > 10 && ours.nodes <= 60, `${name}: ${ours.nodes} row nodes, of 60`);
    const p95 = quantile(ours.costs.ours, 0.95);
    tell(`${name}: scripting, layout, paint of a scrolled frame, p95, ms`, [p95]);
    tell(`${name}: all of the main thread, p95, ms`, [quantile(ours.costs.whole, 0.95)]);
    const used = await heap(page);
    tell(`${name}: JS heap, MB`, [used]);
    hold(used <= 50, `${name}: ${used} MB of heap, of 50`);
    await page.close();

    const control = await browser.newPage();
    await control.setViewport({ width: 1440, height: 900 });
    await control.goto(`${service.url}/healthz`);
    await control.evaluate(inPage.empty);
    const nothing = await scrolled(control);
    tell(`${name}: frames over 25 ms, %`, [slow(ours.gaps)]);
    tell(`${name}: frames over 25 ms of the empty control page, %`, [slow(nothing.gaps)]);
    const browsers = quantile(nothing.costs.whole, 0.95);
    tell(`${name}: all of the control's main thread, p95, ms`, [browsers]);
    hold(
      slow(ours.gaps) <= slow(nothing.gaps) + 2,
      `${name}: frames over 25 ms: ${slow(ours.gaps)} %, of the control's ${slow(nothing.gaps)} + 2`,
    );
    /** @type {unknown[]} */
    const rows = [];
    for (let next = ""; next !== null; ) {
      const url = `${service.url}/api/meetings?live=true&limit=500&cursor=${next}`;
      const answer = await (await fetch(url)).json();
      rows.push(...answer.items);
      next = answer.next;
    }
    const took = await control.evaluate(inPage.naive, rows);
    const naive = await scrolled(control);
    tell(`${name}: naive list drawn, ms`, [took]);
    tell(`${name}: naive row nodes`, [naive.nodes]);
    tell(`${name}: naive, again at each beat, ms`, await control.evaluate(inPage.again, rows));
    tell(`${name}: naive JS heap, MB`, [await heap(control)]);
    await control.close();
    hold(median(drawn) <= 100, `${name}: list drawn in ${median(drawn)} ms, of 100`);
    hold(p95 <= 4, `${name}: a scrolled frame takes ${p95} ms, of 4`);
    tell(`${name}: all of the naive list's, p95, ms`, [quantile(naive.costs.whole, 0.95)]);
    if (meetings >= 5000)
      hold(median(drawn) * 3 < took, `${name}: the naive list takes ${took} ms`);
  } finally {
    await service.close();
  }
}

/** @param {import("puppeteer-core").Browser} browser */
async function day(browser) {
  const open = closing();
  const service = open.add(await startService());
  try {
    await service.stop();
    const made = spawnSync(python(), ["-m", "tests.bench.day", service.data, HOURS], { cwd: ROOT });
    assert.equal(made.status, 0, made.stderr.toString());
    const told = JSON.parse(made.stdout.toString());
    await service.start();
    const page = await browser.newPage();
    await page.setViewport({ width: 1440, height: 1560 });
    await page.evaluateOnNewDocument(inPage.hear);
    const settled = () =>
      until(async () => page.evaluate("window.answered >= 4 && !document.querySelector('.busy')"));
    const path = `${service.url}/m/${told.meeting}/p/${told.spike.participant}`;
    /** @type {number[]} */
    const drawn = [];
    for (let i = 0; i < 5; i++) {
      await page.goto(path);
      await settled();
      await page.waitForFunction("window.chartsDrawn > 0");
      drawn.push(await page.evaluate("window.chartsDrawn"));
    }
    tell(`${HOURS} h: all charts drawn after their data, ms`, drawn);
    /** @type {number[]} */
    const answers = [];
    const hours = (told.to - told.from) / 3_600_000;
    for (const share of [1, 0.5, 0.12, 0.04, 0.007, 0.0015]) {
      const half = (share * (told.to - told.from)) / 2;
      const [from, to] = [told.spike.t - half, told.spike.t + half].map(Math.round);
      if (share < 1) {
        await page.evaluate(inPage.show, `${new URL(path).pathname}?range=${from}-${to}`);
        await settled();
        answers.push(...(await page.evaluate("window.answerTimes")));
      }
      const words = await page.$eval("#network .plots", (one) => one.getAttribute("aria-label"));
      assert.match(words ?? "", /Round trip [^;]*worst 900 ms/, `${hours * share} h: ${words}`);
      const high = await page.evaluate(
        inPage.inkAtTop,
        "#network .plots > div:nth-child(2) canvas",
      );
      assert.ok(high > 0, `${hours * share} h: the spike is drawn`);
    }
    tell(`${HOURS} h: answer to a zoom, each chart, ms`, answers);
    hold(median(answers) <= 150, `a zoom is answered in ${median(answers)} ms, of 150`);
    await page.goto(`${service.url}/m/${told.meeting}`);
    await until(async () => (await page.$$(".picture.ready")).length === PEOPLE);
    await page.close();
    hold(median(drawn) <= 300, `charts drawn in ${median(drawn)} ms, of 300`);
  } finally {
    await open.close();
  }
}

const chosen = process.argv.slice(2);
const wanted = (/** @type {string} */ name) => !chosen.length || chosen.includes(name);
const browser = await launchChromium();
try {
  for (const meetings of [500, 5000]) {
    if (wanted("crowd") || chosen.includes(`${meetings}`)) await crowd(browser, meetings);
  }
  if (wanted("day")) await day(browser);
} catch (error) {
  console.error(figures);
  throw error;
} finally {
  await browser.close();
}
console.log(JSON.stringify(figures));
for (const words of broken) console.error(`Broken: ${words}`);
process.exitCode = broken.length ? 1 : 0;
