// @ts-check
/** Trends: the share of poor over time, by browser, network, engine; what the numbers say is REST's. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { tellDays } from "./lab/tallies.mjs";

const DAY = 86_400_000;
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

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);

// First: the others need a past.
test("no call yet: says so, and what to do", async () => {
  const view = await see("/trends");
  await view.shows("No call in this time");
  await view.axe();
  await view.close();
  tellDays(service.data, 70);
});

test("the numbers are those of REST, in both themes and on a phone", async () => {
  const to = Math.ceil((Date.now() + 1) / 3_600_000) * 3_600_000 - 1;
  const start = Math.floor((to - 30 * DAY) / DAY) * DAY + DAY;
  const { items } = await service.get(`/api/daily?from=${start}&to=${to}&by=all,network`);
  const all = { poor: 0, rated: 0, joined: 0 };
  const mobile = { poor: 0, rated: 0 };
  for (const one of items) {
    const rated = one.goodMinutes + one.fairMinutes + one.poorMinutes;
    const to = one.by === "all" ? all : one.value === "cellular" ? mobile : null;
    if (!to) continue;
    to.poor += one.poorMinutes;
    to.rated += rated;
    if (one.by === "all") all.joined += one.joined;
  }
  const percent = (/** @type {number} */ x) => (x * 100).toFixed(x < 0.1 ? 2 : 1);
  for (const [theme, width] of /** @type {const} */ ([
    ["light", 1440],
    ["dark", 1440],
    ["dark", 390],
  ])) {
    const view = await see("/trends", { theme, width });
    await until(async () => (await view.count(".columns-chart")) === 1, { what: "the chart" });
    const tiles = await view.text(".tiles");
    assert.ok(tiles.includes(percent(all.poor / all.rated)), `${tiles}: ${all.poor / all.rated}`);
    assert.ok(tiles.replaceAll(",", "").includes(String(all.joined)), tiles);
    const networks = await view.texts('[aria-label="By network"] tbody tr');
    const line = networks.find((text) => text.includes("mobile network")) ?? "";
    assert.ok(line.includes(percent(mobile.poor / mobile.rated)), line);
    assert.equal(await view.count(".shares g"), 30);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${width}: ${wide}`);
    // What browsers call themselves is text.
    assert.ok((await view.texts('[aria-label="By browser"] tbody th')).includes("<img src=x>"));
    assert.equal(await view.count("main img"), 0);
    await view.axe();
    await view.close();
  }
});

test("a bad day stands out; pointing at it, and the table, tell its numbers", async () => {
  const view = await see("/trends");
  await until(async () => (await view.count(".columns-chart")) === 1);
  const heights = await view.page.$$eval(".shares g", (all) =>
    all.map((one) => Number(one.querySelector(".is-poor")?.getAttribute("height") ?? 0)),
  );
  const worst = heights.indexOf(Math.max(...heights));
  const others = heights.filter((_, i) => Math.abs(i - worst) > 1);
  assert.ok((heights[worst] ?? 0) > 2 * Math.max(...others), `${heights}`);
  const field = await view.box(".shares");
  await view.page.mouse.move(field.x + ((worst + 0.5) / 30) * field.width, field.y + 60);
  const pointed = await until(() => view.text(".columns-chart header time"), { what: "the day" });
  const poor = await view.text(".columns-chart .legend dd");
  await view.page.click(".columns-chart footer button");
  const rows = await view.texts(".columns-chart tbody tr");
  assert.equal(rows.length, 30);
  const row = rows[worst] ?? "";
  assert.ok(row.startsWith(pointed) && row.includes(poor), `${row}: ${pointed} ${poor}`);
  await view.axe();
  await view.close();
});

test("arrow keys walk through the columns and tell each; Escape leaves", async () => {
  const view = await see("/trends");
  await until(async () => (await view.count(".columns-chart")) === 1);
  const value = () => view.attribute(".columns-plot", "aria-valuetext");
  const named = () => view.text(".columns-chart header time");
  assert.match((await value()) ?? "", /^All: [\d.]+ % poor, [\d.]+ % fair, [\d,.k ]+ minutes$/);
  await view.page.focus(".columns-plot");
  await view.page.keyboard.press("ArrowLeft");
  await view.page.keyboard.press("ArrowLeft");
  const day = await until(named, { what: "a day" });
  const poor = await view.text(".columns-chart .legend dd");
  assert.ok((await value())?.startsWith(`${day}: ${poor} poor, `), `${day} ${poor}`);
  assert.equal(await view.attribute(".columns-plot", "aria-valuenow"), "29");
  await view.page.click(".columns-chart footer button");
  assert.ok((await view.texts(".columns-chart tbody tr"))[28]?.startsWith(day));
  await view.page.focus(".columns-plot");
  await view.page.keyboard.press("Home");
  await until(async () => (await view.attribute(".columns-plot", "aria-valuenow")) === "1");
  await view.axe();
  await view.page.keyboard.press("Escape");
  await until(async () => (await named()) === "", { what: "left" });
  await view.close();
});

test("the range stands in the address; hours for a day, days beyond", async () => {
  const view = await see("/trends?range=24h");
  await until(async () => (await view.count(".shares g")) === 24, { what: "24 hours" });
  await view.page.evaluate(() => {
    const chip = [...document.querySelectorAll(".switch button")].find(
      (one) => one.textContent === "90 d",
    );
    /** @type {HTMLElement} */ (chip).click();
  });
  await until(async () => (await view.count(".shares g")) === 90, { what: "90 days" });
  assert.ok(view.page.url().endsWith("/trends?range=90d"));
  await view.shows("nothing to compare with");
  await service.kill();
  await view.page.click(".switch button");
  await view.shows(/Not refreshed: The service does not answer/);
  assert.equal(await view.count(".columns-chart"), 1);
  await view.axe();
  await service.start();
  await until(async () => (await view.count(".banner")) === 0, {
    within: 30000,
    what: "refreshed by itself",
  });
  await view.close({ missing: true });
});
