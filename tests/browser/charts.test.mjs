// @ts-check
/** A participant's charts: the cursor by keyboard, days, what still grows, what cannot be read. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { startFleet } from "./lab/fleet.mjs";

/** @type {import("./lab/fleet.mjs").Session[]} */
const FLEET = [
  { meeting: "board-room", participant: "u1", name: "Ada", kind: "poor", seconds: 600 },
  { meeting: "board-room", participant: "u2", name: "Lin", seconds: 590 },
];

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService());
  chromium = open.add(await launchChromium());
  open.add(await startFleet(service.url, FLEET));
});
after(open.close);

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);

test("participant: the cursor by keyboard: through the points, zoomed around, left by Esc", async () => {
  const view = await see(`/m/board-room/p/u1`);
  await until(async () => (await view.count("#score .plots[role=slider]")) === 1, {
    what: "a chart that takes the focus",
  });
  const { keyboard } = view.page;
  const off = () => view.count(".toolbar [aria-disabled=true]");
  assert.equal(await off(), 3, "of the whole call there is nothing earlier, later, more");
  const text = async () => (await view.attribute("#score .plots", "aria-valuetext")) ?? "";
  const times = () => view.texts(".chart header time");
  assert.match(await text(), /^newest: Score [\d.]+$/);
  await keyboard.press(" "); // it does not move under the hand
  await view.page.focus("#score .plots");
  await keyboard.press("Home");
  await until(async () => /^[\d:]{8}: Score/.test(await text()), { what: "the first point" });
  const first = await text();
  for (let i = 0; i < 20; i++) await keyboard.press("ArrowRight");
  await until(async () => (await text()) > first && (await text()) !== first, { what: "moved" });
  // Each chart tells the nearest of its own points, under one line through all of them.
  await until(async () => (await times()).every((time) => /^[\d:]{8}$/.test(time)), {
    what: "all charts follow",
  });
  const lines = await view.page.$$eval(".u-cursor-x", (all) =>
    all.map((one) => /** @type {HTMLElement} */ (one).style.transform),
  );
  assert.deepEqual([lines.length, new Set(lines).size], [8, 1]);
  const [held] = await times();
  assert.ok((await text()).startsWith(`${held}: Score`));
  await keyboard.press("+");
  await until(() => /range=\d+-\d+/.test(view.page.url()), { what: "zoomed" });
  await until(async () => (await off()) === 0 && (await view.count(".chart.busy")) === 0, {
    what: "the service has answered",
  });
  await until(async () => (await times())[0] === held, {
    what: "around the cursor, which stays at its moment",
  });
  await view.axe();
  const here = view.page.url();
  await keyboard.press("Escape");
  await until(async () => /^newest/.test(await text()), { what: "the cursor is left" });
  assert.equal(view.page.url(), here, "only the second Esc leaves the screen");
  await keyboard.press("Escape");
  await until(() => /\/m\/board-room$/.test(view.page.url()), { what: "back" });
  await view.page.close();
});

test("days are said: of a call that was not today, on axis, in table, events and headline", async () => {
  const view = await see("/");
  const { page } = view;
  await page.evaluateOnNewDocument(() => {
    const Real = Date;
    const ahead = 3 * 86_400_000;
    // @ts-expect-error: only what the dashboard uses of it
    globalThis.Date = class extends Real {
      /** @param {...any} args */
      constructor(...args) {
        // @ts-expect-error: as it is called
        super(...(args.length ? args : [Real.now() + ahead]));
      }
      /** @override */
      static now() {
        return Real.now() + ahead;
      }
    };
    // The service agrees: its clock is what counts.
    const { get } = Headers.prototype;
    /** @param {string} name */
    Headers.prototype.get = function (name) {
      return name.toLowerCase() === "date" ? new Date().toUTCString() : get.call(this, name);
    };
  });
  await view.go("/m/board-room/p/u1");
  const day = /\d{1,2} [A-Z][a-z]{2} \d\d:\d\d/;
  await until(async () => day.test(await view.text(".toolbar .span")), { what: "the span's day" });
  await until(async () => day.test(await view.text(".events")), { what: "events' days" });
  await until(async () => day.test((await view.attribute("#score .plots", "aria-label")) ?? ""), {
    what: "the sentence's day",
  });
  assert.match(await view.text(".headline"), /started \d{1,2} [A-Z][a-z]{2} \d\d:\d\d\s*\d+:\d\d/);
  await page.click("#score footer button");
  assert.match(await view.text("#score tbody"), day);
  await page.close();
});

test("events and issues that cannot be read say so, and are asked again", async () => {
  const view = await see("/");
  let broken = true;
  /** @type {(() => void)[]} */
  const waiting = [];
  await view.page.setRequestInterception(true);
  view.page.on("request", (request) => {
    if (!broken || !/\/events(\?|$)/.test(request.url())) return void request.continue();
    const body = JSON.stringify({ title: "Service Unavailable", detail: "the disk is full" });
    const contentType = "application/problem+json";
    waiting.push(() => void request.respond({ status: 503, contentType, body }));
  });
  await view.go("/m/board-room/p/u2");
  await until(async () => /Loading…/.test(await view.text(".events")), {
    what: "it is on its way",
  });
  assert.match(await view.text(".issues.own"), /Loading…/);
  assert.doesNotMatch(await view.text(".participant"), /None so far|Nothing happened/);
  await until(() => waiting.length > 0, { what: "asked" });
  for (const answer of waiting.splice(0)) answer();
  for (const panel of [".events", ".issues.own"]) {
    await until(async () => /unreadable: the disk is full/.test(await view.text(panel)), {
      what: `${panel} says so`,
    });
  }
  await view.axe();
  broken = false;
  await view.page.click(".events .trouble button");
  await until(async () => !/unreadable|Loading/.test(await view.text(".participant")), {
    what: "both are back",
  });
  await view.page.setRequestInterception(false);
  await view.page.close();
});

test("a range that reaches beyond now fills as the call goes on", async () => {
  const view = await see("/");
  const now = Date.now();
  await view.go(`/m/board-room/p/u1?range=${now - 30_000}-${now + 60_000}`);
  const points = async () =>
    Number(/([\d,]+) points/.exec(await view.text("#score footer"))?.[1]?.replace(",", ""));
  await until(async () => (await points()) > 0, { what: "points" });
  const before = await points();
  await until(async () => (await points()) >= before + 3, { what: "live rows are in it" });
  await view.page.close();
});
