// @ts-check
/** An answer stands under its own heading; a part that fails says so alone; ages are not said aloud. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { SHOP, tellRequests } from "./lab/requests.mjs";
import { tellDays } from "./lab/tallies.mjs";

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService({ env: { CALLVITALS_WATCH_SELF: "0" } }));
  chromium = open.add(await launchChromium());
  tellDays(service.data, 70);
  await tellRequests(service.url, SHOP, { hours: 3 });
});
after(open.close);

/**
 * A screen whose questions can be kept waiting, or be refused.
 * @param {string} path @param {RegExp} [refused] from the first question on
 */
async function see(path, refused) {
  const view = await openDashboard(chromium, service.url, "/settings");
  /** @type {import("puppeteer-core").HTTPRequest[]} */
  let waiting = [];
  /** @type {RegExp | null} */
  let keep = null;
  /** @type {RegExp | null} */
  let refuse = refused ?? null;
  await view.page.setRequestInterception(true);
  view.page.on("request", (request) => {
    const asked = request.url().slice(service.url.length);
    if (keep?.test(asked)) waiting.push(request);
    else if (refuse?.test(asked)) {
      void request.respond({
        status: 422,
        contentType: "application/problem+json",
        body: JSON.stringify({ detail: "The disk is full." }),
      });
    } else void request.continue();
  });
  await view.go(path);
  return {
    ...view,
    /** @param {RegExp} what */
    keep: (what) => {
      keep = what;
    },
    /** @param {RegExp | null} what */
    refuse: (what) => {
      refuse = what;
    },
    asked: () => until(() => waiting.length > 0, { what: "it is asked" }),
    /** The kept questions go on. */
    answer: async () => {
      keep = null;
      const all = waiting;
      waiting = [];
      await Promise.all(all.map((one) => one.continue()));
    },
    body: () => view.text("main"),
    /** @param {string} text of a button */
    press: (text) =>
      view.page.evaluate((wanted) => {
        const all = [...document.querySelectorAll("main button")];
        /** @type {HTMLElement} */ (all.find((one) => one.textContent?.includes(wanted))).click();
      }, text),
  };
}

test("trends: days stay days, under their own heading, until the hours come", async () => {
  const view = await see("/trends?range=90d");
  await until(async () => (await view.count(".shares g")) === 90, { what: "90 days" });
  const tiles = await view.text(".tiles");
  view.keep(/^\/api\/hourly/);
  await view.press("24 h");
  await view.asked();
  await until(async () => (await view.count('.tiles[aria-busy="true"]')) === 1, { what: "busy" });
  assert.match(await view.body(), /all calls, 90 d, daily/);
  assert.equal(await view.count(".shares g"), 90);
  // What is added up is what was: the note below a number only.
  assert.equal(await view.text(".tiles"), tiles);
  await view.answer();
  await until(async () => (await view.count(".shares g")) === 24, { what: "24 hours" });
  assert.match(await view.body(), /all calls, 24 h, hourly/);
  view.refuse(/^\/api\/daily/);
  await view.press("30 d");
  await view.shows(/Not refreshed: The disk is full\. What is shown is \d+ s old, and of what was/);
  assert.match(await view.body(), /all calls, 24 h, hourly/);
  assert.equal(await view.count(".shares g"), 24);
  await view.axe();
  view.refuse(null);
  await view.press("Try again");
  await until(async () => (await view.count(".shares g")) === 30, { what: "30 days" });
  await view.close({ missing: true });
});

test("API: a search that found nothing is cleared without a word on how to begin", async () => {
  const view = await see("/http?q=nobody-asks-this");
  await view.shows("No endpoint matches");
  await view.page.$eval(".search input", (one) => one.setAttribute("data-same", ""));
  view.keep(/^\/api\/endpoints\?/);
  await view.press("Clear filter");
  await view.asked();
  await until(() => !view.page.url().includes("q="));
  assert.match(await view.body(), /“nobody-asks-this” in the routes/);
  assert.equal(await view.count(".search input[data-same]"), 1);
  await view.answer();
  await until(async () => (await view.count(".list tbody tr")) > 0, { what: "rows" });
  assert.equal(await view.count(".search input[data-same]"), 1);
  await view.close();
});

test("jobs and the alerts' history: no empty note of another question", async () => {
  const view = await see("/jobs?state=delayed");
  await view.shows("No job waits for its time");
  view.keep(/^\/api\/jobs/);
  await view.press("Show all");
  await view.asked();
  await until(async () => (await view.count(".skeleton")) === 1, { what: "grey rows" });
  assert.doesNotMatch(await view.body(), /Nothing to do|No job/);
  await view.answer();
  await view.shows("Done");
  await view.go("/alerts/history?rule=nobody");
  await view.shows("This rule never fired");
  view.keep(/^\/api\/alerts\?state=resolved/);
  await view.press("only nobody");
  await view.asked();
  await until(async () => (await view.count(".skeleton")) === 1, { what: "grey rows" });
  assert.doesNotMatch(await view.body(), /Nothing has fired|never fired/);
  await view.answer();
  await view.shows("Nothing has fired and ended yet");
  await view.close();
});

test("API: figures that do not come are no zeros; each part says why and asks again", async () => {
  const view = await see("/http", /series/);
  await view.shows("Requests over time cannot be shown");
  await view.shows("The disk is full.");
  assert.ok((await view.count(".list tbody tr")) > 0, "the list is there");
  assert.equal(await view.count(".tiles, .chart"), 0);
  await view.axe();
  view.refuse(null);
  view.keep(/series/);
  await view.press("Try again");
  await view.asked();
  assert.equal(await view.count(".tiles"), 0);
  await view.answer();
  await until(async () => (await view.count(".tiles, .chart canvas")) === 2, { what: "figures" });
  await view.page.click(".list tbody a");
  await view.shows("What went wrong");
  view.refuse(/series|errors|sort=statusClass/);
  await view.page.reload();
  const parts = ["The charts", "The classes of status", "Failures"];
  for (const part of parts) await view.shows(`${part} cannot be shown`);
  assert.equal(await view.count(".tiles"), 1);
  await view.axe();
  view.refuse(null);
  for (let left = parts.length; left > 0; left--) {
    await view.press("Try again");
    await until(async () => (await view.count(".note.error")) === left - 1, { what: "one less" });
  }
  await until(async () => (await view.count(".chart canvas")) === 4, { what: "four charts" });
  await view.close({ missing: true });
});

test("API: a time without requests keeps the bar; how to begin is for who has none", async () => {
  const view = await see("/http?range=1700000000000-1700003600000");
  await view.shows("No request in this time");
  await view.axe();
  await view.press("24 h");
  await until(async () => (await view.count(".list tbody tr")) > 0, { what: "rows" });
  await view.close();
});

test("API: a rate beside each count; a search says what it leaves alone", async () => {
  const view = await see("/http?range=1h&q=room");
  await view.shows("The figures and the chart are of all endpoints");
  await until(async () => (await view.count(".list tbody tr")) > 0, { what: "rows" });
  const { items, from } = await service.get("/api/endpoints?by=endpoint&range=1h&search=room");
  const heads = await view.texts(".list thead th");
  const at = heads.indexOf("/min");
  assert.ok(at > 0, `${heads}`);
  const cells = await view.texts(`.list tbody tr:first-child > :nth-child(${at + 1})`);
  const rate = items[0].count / ((Date.now() - from) / 60_000);
  assert.ok(Math.abs(Number(cells[0]) / rate - 1) < 0.05, `${cells}: ${rate}`);
  await view.page.click(".list tbody a");
  await view.shows("a minute");
  await view.close();
});

test("ages grow in sight and are not said aloud", async () => {
  const view = await see("/jobs");
  await view.shows("Done");
  await service.kill();
  await view.shows(/Not refreshed: .* old\./);
  await view.shows(/Reconnecting… data \d+ s old/);
  await view.page.evaluate(() => {
    const count = new MutationObserver((all) => {
      const said = all.filter(({ target }) =>
        (target instanceof Element ? target : target.parentElement)?.closest(
          '[role="status"], [role="alert"], [aria-live]',
        ),
      );
      document.body.dataset.said = String(Number(document.body.dataset.said ?? 0) + said.length);
    });
    count.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const age = async () => Number(/is (\d+) s old/.exec(await view.text(".banner"))?.[1]);
  const first = await age();
  await until(async () => (await age()) >= first + 10, { within: 20000, what: "ten seconds" });
  const said = Number(await view.attribute("body", "data-said"));
  assert.ok(said <= 1, `${said} times in ten seconds`);
  await service.start();
  await view.close({ missing: true });
});
