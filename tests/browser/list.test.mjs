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
      if (name === "list" && value.search) window.wire.say("list", old);
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
      window.wire.say("error", { code: "unavailable", message, event: "list", n: value.n });
      return true;
    };
  });
  await view.page.keyboard.press("e");
  await view.shows("The list cannot be shown");
  await view.shows("history cannot be read: the disk is gone");
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
