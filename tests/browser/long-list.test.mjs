// @ts-check
/** A list of hundreds of meetings: only the rows in sight exist, and they are used again. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, until } from "./harness.mjs";
import { startCrowd } from "./lab/crowd.mjs";
import { openDashboard } from "./lab/dashboard.mjs";

const MEETINGS = 300;
const ROW = 40; // px

const open = closing();
/** @type {Awaited<ReturnType<typeof startCrowd>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startCrowd(MEETINGS, 2));
  chromium = open.add(await launchChromium());
});
after(open.close);

async function see() {
  const view = await openDashboard(chromium, service.url, "/", { height: 800 });
  await until(async () => (await view.lines()).length > 20, { what: "rows" });
  return view;
}
/** @typedef {Awaited<ReturnType<typeof see>>} View */

/** Lines as they stand in the document. @param {View} view */
const standing = (view) =>
  view.page.$$eval(".row[data-line]", (all) =>
    all.map((one) => Number(one.getAttribute("data-line"))),
  );
/** @param {View} view */
const scrollTop = (view) => view.page.$eval(".grid .body", (box) => box.scrollTop);
/** @param {View} view */
const atRest = (view) =>
  until(async () => (await view.count(".passing")) === 0, { what: "it is at rest" });
/** The line that has the focus. @param {View} view */
const focusAt = (view) =>
  view.page.evaluate(() => document.activeElement?.getAttribute("data-line") ?? null);

/** Turns the wheel over the list. @param {View} view @param {number} by px */
async function wheel(view, by) {
  const { x, y } = await view.box(".grid .body");
  await view.page.mouse.move(x + 300, y + 300);
  const before = await scrollTop(view);
  for (let done = 0; Math.abs(done) < Math.abs(by); done += Math.sign(by) * 200) {
    await view.page.mouse.wheel({ deltaY: Math.sign(by) * 200 });
    await view.page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
  }
  await until(async () => Math.abs((await scrollTop(view)) - before - by) < 2, {
    what: "scrolled",
  });
  await atRest(view);
}

test("rows that leave show the meetings that come; at rest they stand in order", async () => {
  const view = await see();
  const rows = await view.count(".row[data-line]");
  assert.ok(rows < 60, `${rows} rows`);
  await view.page.evaluate(() => {
    for (const row of document.querySelectorAll(".row[data-line]")) Object.assign(row, { kept: 1 });
  });
  await wheel(view, 4000);
  await until(async () => (await view.count(".row[data-line]")) === rows, {
    what: "all are there",
  });
  const kept = await view.page.$$eval(".row[data-line]", (all) =>
    all.every((one) => "kept" in one),
  );
  assert.ok(kept, "no row was made anew");
  const lines = await standing(view);
  assert.deepEqual(
    lines,
    [...lines].sort((a, b) => a - b),
  );
  assert.equal(new Set(lines).size, rows);
  const first = (await scrollTop(view)) / ROW;
  assert.ok((lines[0] ?? 0) < first && (lines.at(-1) ?? 0) > first + 15, `${first}: ${lines}`);
  const shown = await view.lines();
  assert.ok(
    shown.every((name) => /^[a-z]+-\d+$/.test(name)),
    `${shown}`,
  );
  assert.equal(
    await view.page.$eval(".grid", (grid) => grid.getAttribute("aria-rowcount")),
    `${MEETINGS + 1}`,
  );
  const top = await view.box(`[data-line="${lines[10]}"]`);
  const next = await view.box(`[data-line="${(lines[10] ?? 0) + 1}"]`);
  assert.equal(next.y - top.y, ROW);
  // A row opens the meeting it shows now, not the one it was made for.
  const name = shown[10] ?? "";
  await view.page.click(`[data-line="${lines[10]}"] .c-people`);
  await until(() => new URL(view.page.url()).pathname === `/m/${name}`, { what: name });
  await view.close();
});

test("the focus goes where the keys send it, and never to another meeting by itself", async () => {
  const view = await see();
  await view.page.keyboard.press("j");
  await until(async () => (await focusAt(view)) === "0");
  for (let i = 1; i <= 40; i++) await view.page.keyboard.press("j");
  await until(async () => (await focusAt(view)) === "40", { what: "forty on" });
  await view.page.keyboard.press("End");
  await until(async () => (await focusAt(view)) === `${MEETINGS - 1}`, { what: "the last" });
  await view.page.keyboard.press("Home");
  await until(async () => (await focusAt(view)) === "0", { what: "the first" });
  await wheel(view, 2000);
  const at = await focusAt(view);
  assert.ok(at === null || at === "0", `the focus went along: ${at}`);
  await wheel(view, -2000);
  await view.page.keyboard.press("j");
  await until(async () => (await focusAt(view)) !== null, { what: "a key takes it up again" });
  await view.close();
});

test("a list that stands still is at rest, whatever the browser told last", async () => {
  const view = await see();
  await view.page.$eval(".grid .body", (box) => box.dispatchEvent(new Event("scroll")));
  await until(async () => (await view.count(".passing")) === 1, { what: "it is on its way" });
  await atRest(view);
  await view.page.click('[data-line="3"] .c-people');
  await until(() => new URL(view.page.url()).pathname.startsWith("/m/"), { what: "it opens" });
  await view.close();
});

test("a cell that is cut tells all of it where the pointer rests", async () => {
  const view = await see();
  await view.page.setViewport({ width: 700, height: 800 });
  const cut = await view.page.evaluate(() => {
    const cells = [...document.querySelectorAll(".row[data-line] .c-worst")];
    const one = cells.find((cell) => cell.scrollWidth > cell.clientWidth);
    return one?.closest(".row")?.getAttribute("data-line") ?? null;
  });
  assert.notEqual(cut, null, "a sentence that is cut");
  await view.page.hover(`[data-line="${cut}"] .c-worst`);
  const [title, text] = await view.page.$eval(`[data-line="${cut}"] .c-worst`, (cell) => [
    cell.getAttribute("title") ?? "",
    cell.textContent,
  ]);
  assert.equal(title, text);
  assert.match(title, /\w+ .+\./);
  await view.page.mouse.move(5, 5);
  assert.equal(await view.count(".row [title]"), 0, "no longer than it rests there");
  // The row that is drawn for another meeting does not keep it.
  await view.page.hover(`[data-line="${cut}"] .c-worst`);
  assert.equal(await view.count(".row [title]"), 1);
  await view.page.$eval(".grid .body", (box) => box.scrollTo(0, 4000));
  await until(async () => (await view.count(`[data-line="${cut}"]`)) === 0, { what: "scrolled" });
  await atRest(view);
  const kept = await view.page.$$eval(".row [title]", (all) =>
    all.filter((cell) => cell.getAttribute("title") !== cell.textContent),
  );
  assert.equal(kept.length, 0);
  await view.page.$eval(".grid .body", (box) => box.scrollTo(0, 0));
  await until(async () => (await view.count(`[data-line="${cut}"]`)) === 1, { what: "back" });
  await atRest(view);
  await view.page.hover(`[data-line="${cut}"] .c-name`);
  assert.equal(await view.attribute(`[data-line="${cut}"] .c-name`, "title"), null);
  await view.close();
});
