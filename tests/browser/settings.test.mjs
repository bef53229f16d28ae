// @ts-check
/** Settings: what each choice costs, a draft, and a real page that obeys at once. */
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

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);
/** @param {Record<string, unknown>} change */
const put = (change) =>
  fetch(`${service.url}/api/config`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(change),
  });
/** @param {Awaited<ReturnType<typeof see>>} view @param {string} setting @param {string} value */
const pick = async (view, setting, value) => {
  const find = () =>
    view.page.evaluateHandle(
      (name, text) =>
        [...document.querySelectorAll(`input[name="${name}"]`)].find((one) =>
          one.closest("label")?.textContent?.startsWith(text),
        ),
      setting,
      value,
    );
  const option = await until(async () => (await find()).asElement(), {
    what: `${setting} ${value}`,
  });
  await /** @type {import("puppeteer-core").ElementHandle<Element>} */ (option).click();
};

test("each choice stands beside its cost, in both themes and on a phone", async () => {
  const { cost, settings } = await service.get("/api/config");
  for (const [theme, width] of /** @type {const} */ ([
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
  ])) {
    const view = await see("/settings", { theme, width });
    await until(async () => (await view.count(".setting")) === 5, { what: "five settings" });
    const inputs = settings.reduce(
      (/** @type {number} */ n, /** @type {any} */ one) => n + one.choices.length,
      0,
    );
    assert.equal(await view.count(".option input"), inputs);
    assert.match(
      await view.text(".tiles"),
      new RegExp(`${(cost.sentBytes / 1000).toFixed(1)}\\s+kB`),
    );
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${width}: ${wide}`);
    await view.axe();
    await view.close();
  }
});

test("a draft tells what it would cost; Esc discards it; nonsense is not taken", async () => {
  const view = await see("/settings");
  await pick(view, "messageSeconds", "60 s");
  await view.shows("Message interval: 10 s → 60 s");
  const then = (await service.get("/api/config/cost?messageSeconds=60")).cost;
  await until(async () => (await view.text(".tiles")).includes(`${then.sentBytes / 1000}`), {
    what: "the draft's cost",
  });
  await view.shows(/−\d\d %/);
  await view.axe();
  await view.page.keyboard.press("Escape");
  await until(async () => (await view.count(".tell")) === 0, { what: "the draft is gone" });
  await view.page.type('input[aria-label^="Message interval"]', "301");
  await view.shows("1 to 300");
  await view.page.keyboard.press("Enter");
  assert.equal(await view.count(".tell"), 0);
  await view.page.keyboard.press("Backspace");
  await view.page.keyboard.press("Enter");
  await view.shows("Message interval: 10 s → 30 s");
  await view.page.click(".tell button");
  assert.equal((await service.get("/api/config")).version, 0);
  await view.close();
});

test("a page in a call obeys at once: it stops measuring, and goes on", async () => {
  const page = await chromium.newPage();
  await page.goto(`${service.url}/demo?room=obeys`);
  const ticks = () =>
    page.evaluate(() => /** @type {any} */ (window).callvitals?.debug.info()?.ticks ?? 0);
  const seen = async () => (await service.get("/api/config")).pages;
  await until(async () => (await ticks()) > 2 && (await seen()) === 1, {
    within: 60000,
    what: "a measured call",
  });
  const view = await see("/settings");
  await view.shows("1 page connected");
  await pick(view, "off", "Off");
  await view.shows("Stop all pages");
  await view.page.click(".primary");
  await view.shows("Told 1 connected page at once");
  await until(
    async () => {
      const before = await ticks();
      await new Promise((done) => setTimeout(done, 2500));
      return (await ticks()) === before;
    },
    { within: 20000, what: "no more ticks" },
  );
  const stopped = await ticks();
  await pick(view, "off", "On");
  await view.page.click(".primary");
  await until(async () => (await ticks()) > stopped + 1, { within: 20000, what: "ticks again" });
  assert.deepEqual((await service.get("/api/config")).changed, []);
  await view.close();
  await page.close();
});

test("who was overtaken is told, sees what holds now, and may tell again", async () => {
  const view = await see("/settings");
  await pick(view, "share", "50 %");
  await view.shows("Share of sessions: 100 % → 50 %");
  await view.page.setRequestInterception(true);
  /** @type {string[]} */
  const refused = [];
  view.page.on("request", async (request) => {
    // Somebody else is a moment faster.
    if (request.method() === "PUT" && !refused.length) {
      refused.push((await put({ messageSeconds: 30 })).statusText);
    }
    request.continue();
  });
  await view.page.click(".primary");
  await view.shows("Somebody else changed the settings meanwhile");
  await view.page.click(".primary");
  await view.shows("Told 0 connected pages at once");
  const { config } = await service.get("/api/config");
  assert.deepEqual([config.share, config.messageSeconds], [50, 30]);
  await view.close({ missing: true });
});

test("what cannot be read says why, and comes by itself when it can", async () => {
  const view = await see("/");
  await service.kill();
  // Keys are heard once the screen is drawn, and belong together for a second only.
  await until(
    async () => {
      await view.page.keyboard.press("g");
      await view.page.keyboard.press("s");
      return view.page.url().endsWith("/settings");
    },
    { what: "the keys lead to the settings" },
  );
  await view.shows(/The settings cannot be shown|could not be loaded/);
  await view.axe();
  await service.start();
  await view.page.reload();
  await until(async () => (await view.count(".setting")) === 5, { what: "the settings" });
  await view.close({ missing: true });
});
