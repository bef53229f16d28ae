// @ts-check
/** The list and the service: which question an answer answers, how often it asks, what fails. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, until } from "./harness.mjs";
import { startCrowd } from "./lab/crowd.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { hide, lastSent, tapWire } from "./lab/wire.mjs";

const MEETINGS = 300;

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

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
async function see(path, options) {
  const view = await openDashboard(chromium, service.url, "/", options);
  await tapWire(view.page);
  await view.go(path);
  return view;
}
/** @typedef {Awaited<ReturnType<typeof see>>} View */
/** @param {View} view */
const full = (view) =>
  until(async () => (await view.lines()).length > 15 && (await view.count(".blank")) === 0, {
    what: "rows",
  });
/** @param {View} view @param {number} to px */
const scroll = (view, to) => view.page.$eval(".grid .body", (box, top) => box.scrollTo(0, top), to);
/** An empty message ends a subscription. @param {View} view @param {string} name @param {string} why */
const ends = (view, name, why) =>
  until(async () => Object.keys(await lastSent(view.page, name)).length === 0, {
    what: `${why} ends ${name}`,
  });

test("an answer to an earlier question is none to this one", async () => {
  const view = await see("/");
  await full(view);
  await view.page.hover('[data-line="3"]');
  const all = await view.lines();
  // What was on its way when the question was asked arrives after it.
  await view.page.evaluate(() => {
    const old = window.wire.heard.findLast(({ name }) => name === "list")?.value;
    window.wire.lose = (name, value) => {
      if (name === "list" && value.search) setTimeout(() => window.wire.say("list", old));
      return false;
    };
  });
  await view.page.keyboard.press("/");
  await view.page.keyboard.type("retro-13");
  await until(async () => (await view.lines()).every((name) => name.startsWith("retro-13")), {
    what: "only those asked for",
  });
  assert.ok(all.length > 15);
  await view.close();
});

test("a list that is dragged asks ten times a second at most, and at last for where it is", async () => {
  const view = await see("/");
  await full(view);
  await view.page.evaluate(async () => {
    const box = document.querySelector(".grid .body");
    for (let top = 0; top < 300 * 40; top += 150) {
      box?.scrollTo(0, top);
      await new Promise((next) => requestAnimationFrame(next));
    }
  });
  await full(view);
  const lists = await view.page.evaluate(() =>
    window.wire.sent.filter(({ name }) => name === "list").map(({ at }) => at),
  );
  const pauses = lists.slice(1).map((at, i) => at - (lists[i] ?? 0));
  assert.ok(lists.length >= 3, `${lists.length} messages`);
  assert.ok(
    pauses.every((ms) => ms > 90),
    `${pauses}`,
  );
  await view.close();
});

test("what the service refuses because it is too much is asked once more", async () => {
  const view = await see("/");
  await full(view);
  await view.page.evaluate(() => {
    window.wire.lose = (name) => {
      if (name !== "list") return false;
      window.wire.lose = null;
      for (let i = 0; i < 90; i++) window.wire.send("open", {});
      return false;
    };
  });
  await scroll(view, 8000);
  await until(
    () =>
      view.page.evaluate(() =>
        window.wire.heard.some(
          ({ name, value }) =>
            name === "error" && value.code === "too-many" && value.event === "list",
        ),
      ),
    { what: "it is refused" },
  );
  await full(view);
  await view.close();
});

test("a list that cannot be read says why, and asks again", async () => {
  const view = await see("/");
  await full(view);
  await view.page.evaluate(() => {
    window.wire.lose = (name, value) => {
      if (name !== "list" || value.live !== false) return false;
      const message = "history cannot be read: the disk is gone";
      const said = { code: "unavailable", message, event: "list", n: value.n };
      setTimeout(() => window.wire.say("error", said));
      return true;
    };
  });
  await view.page.keyboard.press("e");
  await view.shows("The list cannot be shown");
  await view.shows("History cannot be read: the disk is gone");
  assert.equal(await view.count(".skeleton, .grid"), 0);
  await view.axe();
  await view.page.evaluate(() => {
    window.wire.lose = null;
  });
  await view.page.click(".note button");
  await view.shows("No meeting has ended yet");
  await view.close();
});

test("an address with too long a search is one with a shorter", async () => {
  const view = await see(`/?show=ended&q=${"x".repeat(600)}`);
  await view.shows("No ended meeting matches");
  assert.equal((await lastSent(view.page, "list")).search.length, 200);
  await view.close();
});

test("who does not look at the list is not sent it", async () => {
  const view = await see("/");
  await full(view);
  await hide(view.page, true);
  await ends(view, "list", "a hidden tab");
  await hide(view.page, false);
  await until(async () => (await lastSent(view.page, "list")).live === true, {
    what: "asked anew",
  });
  await view.page.click('[data-line="2"] .c-people');
  await view.shows("Participants");
  await ends(view, "list", "another screen");
  // The order of messages is kept: what follows the answer to this one is not a list.
  const heard = await view.page.evaluate(async () => {
    window.wire.send("nonsense", {});
    const { heard } = window.wire;
    while (!heard.some(({ value }) => value.code === "unknown-event"))
      await new Promise((next) => setTimeout(next, 20));
    return heard.length;
  });
  const later = () =>
    view.page.evaluate((from) => window.wire.heard.slice(from).map(({ name }) => name), heard);
  await view.page.click("a.lane");
  await until(async () => (await lastSent(view.page, "watch"))?.participantId, { what: "watched" });
  await until(async () => (await later()).includes("rows") || (await later()).includes("meeting"));
  assert.ok(!(await later()).includes("list"), `${await later()}`);
  await hide(view.page, true);
  await ends(view, "watch", "a hidden tab");
  await hide(view.page, false);
  await until(async () => (await lastSent(view.page, "watch")).participantId, { what: "again" });
  await view.close({ missing: true });
});

/**
 * The service says nothing more by itself; `window.turnOver()` says for it that the first
 * meeting is the last. @param {View} view
 */
const quiet = (view) =>
  view.page.evaluate(async () => {
    const { wire } = window;
    wire.lose = (name) => name === "list";
    wire.send("list", {});
    wire.send("nonsense", {}); // answered in order: no list comes after it
    while (!wire.heard.some(({ value }) => value.code === "unknown-event"))
      await new Promise((next) => setTimeout(next, 20));
    Object.assign(window, {
      turnOver: async () => {
        // Each line gets another meeting, whichever of them are drawn.
        const last = wire.heard.findLast(({ name }) => name === "list")?.value;
        const [first, ...others] = last.items;
        wire.say("list", { ...last, items: [...others, first] });
        for (let i = 0; i < 3; i++) await new Promise((next) => requestAnimationFrame(next));
      },
    });
  });

test("a list that only scrolls keeps its order without a word", async () => {
  const view = await see("/");
  await full(view);
  await view.page.mouse.move(5, 5);
  await quiet(view);
  const [before, passing, chips, after] = await view.page.evaluate(async () => {
    const box = document.querySelector(".grid .body");
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    const name = () => document.querySelector('[data-line="12"] .c-name a')?.textContent;
    const before = name();
    const rest = new Promise((ended) => box?.addEventListener("scrollend", ended, { once: true }));
    box?.scrollTo({ top: 400, behavior: "smooth" });
    while ((box?.scrollTop ?? 0) < 10) await frame();
    await /** @type {any} */ (window).turnOver();
    const seen = [
      document.querySelectorAll(".passing").length,
      document.querySelectorAll(".moved").length,
      name(),
    ];
    await rest;
    return [before, ...seen];
  });
  assert.deepEqual([passing, chips, after], [1, 0, before]);
  const now = () => view.text('[data-line="12"] .c-name a');
  await until(async () => (await now()) !== before, { what: "the new order" });
  await view.close();
});

test("a finger opens the meeting it touched, whatever comes meanwhile", async () => {
  const view = await see("/", { width: 390, height: 844 });
  await view.page.setViewport({ width: 390, height: 844, hasTouch: true });
  await view.go("/");
  await full(view);
  await quiet(view);
  const name = () => view.text('[data-line="3"] .c-name a');
  const { x, y, width, height } = await view.box('[data-line="3"]');
  const before = await name();
  // Another order comes as the finger arrives: while it rests, and when scrolling takes it over.
  await view.page.evaluate(() =>
    addEventListener("pointerdown", () => /** @type {any} */ (window).turnOver()),
  );
  const world = await view.page.createCDPSession();
  const touchPoints = [{ x: x + width / 2, y: y + height / 2 }];
  await world.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  await view.page.evaluate(async () => {
    for (let i = 0; i < 5; i++) await new Promise((next) => requestAnimationFrame(next));
  });
  assert.equal(await name(), before);
  assert.equal(await view.count(".moved"), 0, "held without a word");
  await world.send("Input.dispatchTouchEvent", { type: "touchCancel", touchPoints: [] });
  await until(async () => (await name()) !== before, { what: "the new order" });
  await world.detach();
  const then = await name();
  await view.page.touchscreen.tap(x + width / 2, y + height / 2);
  await until(() => new URL(view.page.url()).pathname === `/m/${then}`, {
    what: "what it touched",
  });
  await view.close({ missing: true });
});

test("who comes back from a meeting finds the list, the filter and the row as they were", async () => {
  const view = await see("/?rating=fair");
  await full(view);
  await scroll(view, 2000);
  await until(
    async () => (await view.count('.row[data-line="55"]')) === 1 && !(await view.count(".passing")),
  );
  await full(view);
  // The order lives until a row is opened: which it is, where it stands and the click are one.
  const openRow = (/** @type {string} */ selector) =>
    view.page.$eval(selector, (row) => {
      const link = /** @type {HTMLAnchorElement} */ (row.querySelector(".c-name a"));
      const found = { name: link.textContent, top: row.getBoundingClientRect().y };
      link.click();
      return found;
    });
  const { name, top } = await openRow('[data-line="55"]');
  const focused = () =>
    view.page.evaluate(() => document.activeElement?.querySelector(".c-name a")?.textContent);
  for (const way of ["Escape", "crumb", "g m"]) {
    await view.shows("Participants");
    if (way === "crumb") await view.page.click(".crumbs a");
    else for (const key of way.split(" ")) await view.page.keyboard.press(/** @type {any} */ (key));
    await until(async () => (await focused()) === name, { what: `${way} leads to the row` });
    assert.equal(new URL(view.page.url()).search, "?rating=fair", way);
    const line = await view.page.evaluate(() => document.activeElement?.getBoundingClientRect().y);
    assert.ok(Math.abs((line ?? 0) - top) < 2, `${way}: ${line}, was ${top}`);
    if (way !== "g m") await openRow(".row:focus");
  }
  await view.close({ missing: true });
});

test("on a phone the list ends where the screen does, and its columns have names", async () => {
  const view = await see("/", { width: 390, height: 844 });
  await full(view);
  const [page, end] = await view.page.evaluate(() => [
    document.documentElement.scrollHeight,
    document.querySelector(".grid")?.getBoundingClientRect().bottom,
  ]);
  assert.equal(page, 844);
  assert.ok(end && end <= 844, `${end}`);
  /** @type {string[]} */
  const names = [];
  const walk = (/** @type {any} */ node) => {
    if (node.role === "columnheader") names.push(node.name);
    node.children?.forEach(walk);
  };
  walk(await view.page.accessibility.snapshot({ interestingOnly: false }));
  assert.deepEqual(names.slice(0, 2), ["Rating", "Meeting"]);
  await view.axe();
  await view.close();
});
