// @ts-check
/** The dashboard: calls that never started, marks and flows, tickets, exports, hostile names, failures. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { startFleet } from "./lab/fleet.mjs";

const LONG = `long-${"x".repeat(507)}`; // as long as the service takes one
const TEXT = `${"\u{1f469}\u200d\u{1f680}".repeat(3)} \u202eevil <b>bold</b> ${"name ".repeat(2048)}`; // 10 kB

/** @type {import("./lab/fleet.mjs").Session[]} */
const FLEET = [
  {
    meeting: "board-room",
    participant: "u1",
    name: "Ada",
    kind: "poor",
    seconds: 600,
    receives: ["u2", "u3"],
    blames: "u2",
    marks: { 300: "Screen shared" },
    stars: 2,
  },
  { meeting: "board-room", participant: "u2", name: "Lin", seconds: 590, receives: ["u1", "u3"] },
  { meeting: "board-room", participant: "u3", name: "Omar", seconds: 580, receives: ["u1", "u2"] },
  { meeting: "onboarding", participant: "u4", name: "Sam", kind: "failed", seconds: 30 },
  { meeting: LONG, participant: LONG, name: TEXT, seconds: 40 },
];

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;
/** @type {Awaited<ReturnType<typeof startFleet>>} */
let fleet;
/** A participant's page. @type {Awaited<ReturnType<typeof see>>} */
let silent;

before(async () => {
  service = open.add(await startService());
  chromium = open.add(await launchChromium());
  fleet = open.add(await startFleet(service.url, FLEET));
  // Falls silent while the other tests run.
  const who = { meeting: "tunnel", participant: "t1", name: "Mara", seconds: 60 };
  const other = open.add(await startFleet(service.url, [who]));
  silent = await see("/m/tunnel/p/t1");
  await until(async () => (await silent.count(".chart canvas")) > 0, { what: "charts" });
  assert.equal(await silent.count(".vitals.stale"), 0);
  assert.doesNotMatch(await silent.text(".headline"), /lost/);
  await other.vanish();
});
after(open.close);

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);

test("calls that never started stand first, with the reason, and have a filter of their own", async () => {
  const view = await see("/", { theme: "dark" });
  await until(async () => (await view.lines()).length === 4, { what: "four rows" });
  assert.equal((await view.lines())[0], "onboarding");
  assert.match(
    await view.text('[data-line="0"]'),
    /Never started[\s\S]*Sam: The connection failed: the TURN/,
  );
  assert.match(await view.text(".chips"), /1\s+never started\s+1\s+poor/);
  await view.page.keyboard.press("5");
  await until(async () => (await view.lines()).join() === "onboarding", { what: "only it" });
  assert.equal(new URL(view.page.url()).search, "?rating=failed");
  await view.axe();
  await view.page.keyboard.press("5");
  await until(async () => (await view.lines()).length === 4, { what: "all again" });
  await view.go("/m/onboarding");
  await view.shows("cannot be reached from this network");
  await view.page.click(".advice summary");
  await view.shows("Try another network (a phone's hotspot).");
  await view.axe();
  await view.close();
});

test("who says nothing for a while is told so long before the connection counts as lost", async () => {
  await until(async () => /(^|\s)last heard \d+ s ago/.test(await silent.text(".headline")), {
    within: 30_000,
    what: "its age",
  });
  assert.doesNotMatch(await silent.text(".headline"), /lost/);
  assert.equal(await silent.count(".vitals.stale"), 1);
});

test("a screen whose chunk comes while the first picture is painted is shown all the same", async () => {
  const view = await see("/m/board-room"); // the browser has the chunks now
  await view.shows("Ada");
  // The browser is idle at once and paints late: the chunk is there before effects are run.
  await view.page.evaluateOnNewDocument(() => {
    Object.assign(window, {
      requestIdleCallback: (/** @type {() => void} */ work) => work(),
      requestAnimationFrame: (/** @type {() => void} */ work) => setTimeout(work, 90),
    });
  });
  for (let i = 0; i < 3; i++) {
    await view.go("/m/board-room");
    await view.shows("Ada");
  }
  await view.close();
});

test("live without flicker: rows change their words, never their place in the document", async () => {
  const view = await see("/");
  await until(async () => (await view.lines()).length === 4);
  await view.page.evaluate(() => {
    for (const row of document.querySelectorAll(".row[data-line]")) Object.assign(row, { kept: 1 });
  });
  const spark = () => view.page.$eval('[data-line="1"] .spark .line', (p) => p.getAttribute("d"));
  assert.match((await spark()) ?? "", /^M/);
  await fleet.change({ u3: "fair" });
  await fleet.change({ u3: "good" });
  await until(
    async () => /^\d+:(0[3-9]|[1-5]\d)/.test(await view.text('[data-line="0"] .c-length')),
    { what: "some beats" },
  );
  const kept = await view.page.$$eval(".row[data-line]", (rows) =>
    rows.map((row) => "kept" in row),
  );
  assert.deepEqual(kept, [true, true, true, true]);
  await view.close();
});

test("meeting: who receives whom, marks, what to tell, all in one ticket", async () => {
  const view = await see("/m/board-room");
  await until(async () => (await view.count(".picture.ready")) === 3, { what: "lanes" });
  assert.equal(await view.count(".flows tbody tr"), 3);
  await until(async () => (await view.count(".flows td:has(.is-poor)")) === 1, {
    what: "one sender, one receiver",
  });
  const title = await view.page.$eval(".flows td:has(.is-poor)", (td) => td.getAttribute("title"));
  assert.equal(title, "Ada receives Lin badly: High loss");
  assert.equal(await view.count(".picture .tick"), 2);
  assert.match(await view.text("a.lane"), /packets from Lin\./, "by name, not by id");
  assert.match(await view.text(".marks"), /Screen shared\s+Ada[\s\S]*Rated ★★/);
  await view.axe();

  // Where the clipboard is open, one key; where it is not, the text itself.
  await chromium
    .defaultBrowserContext()
    .overridePermissions(service.url, [
      "clipboard-read",
      "clipboard-write",
      "clipboard-sanitized-write",
    ]);
  await view.page.bringToFront();
  await view.page.keyboard.press("c");
  await view.shows("Copied");
  const copied = await view.page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^board-room: Only Ada: Losing \d+\.\d % of incoming packets/);
  const { startedAt } = await service.get("/api/meetings/board-room");
  assert.ok(copied.endsWith(`${service.url}/m/board-room?started=${startedAt}`));
  await view.page.evaluate(() =>
    Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }),
  );
  await until(async () => (await view.text(".crumbs button")) === "Copy for ticket");
  await view.page.click(".crumbs button");
  await view.page.waitForSelector(".by-hand[open]");
  await view.axe();
  await view.close();
});

test("participant: a shaded issue opens, the zoomed charts move, an event leads to its moment", async () => {
  const view = await see("/m/board-room/p/u1");
  await until(async () => (await view.count(".strip button")) === 2, { what: "two issues" });
  await until(async () => !(await view.count(".busy")));
  const strip = await view.box(".strip button");
  const over = await view.box("#network .u-over");
  await view.page.mouse.click(strip.x + strip.width / 2, over.y + over.height / 2);
  await until(() => /range=\d+-\d+/.test(view.page.url()), { what: "the issue's range" });
  const range = () => /range=(\d+)-(\d+)/.exec(view.page.url())?.slice(1).map(Number) ?? [];
  const before = range();
  await view.page.keyboard.press("ArrowRight");
  await until(() => (range()[0] ?? 0) > (before[0] ?? 0), { what: "later" });
  const [a = 0, b = 0] = before;
  const [c = 0, d = 0] = range();
  assert.ok(Math.abs(d - c - (b - a)) <= 2, "as long as before");
  await view.page.keyboard.press("0");
  await until(() => !view.page.url().includes("range="));
  assert.match(await view.text(".events"), /Rated ★★[\s\S]*High loss[\s\S]*Screen shared/);
  await view.page.$$eval(".events li button", (all) =>
    all.find((one) => one.textContent?.includes("Screen shared"))?.click(),
  );
  await until(() => /range=\d+-\d+/.test(view.page.url()), { what: "the mark's moment" });
  assert.match(await view.text(".issues.own"), /High loss[\s\S]*What to tell Ada/);
  assert.match(
    (await view.attribute("#network .plots", "aria-label")) ?? "",
    /Round trip median \d+ ms, worst \d+ ms at [\d:]+/,
  );
  await view.axe();

  await view.page.click(".menu summary");
  const csv = await view.page.$eval(
    ".menu a",
    (link) => /** @type {HTMLAnchorElement} */ (link).href,
  );
  const answer = await fetch(csv);
  assert.equal(answer.status, 200);
  const text = await answer.text();
  assert.match(text.split("\n")[0] ?? "", /(^|,)rtt(,|$)/);
  await view.close();
});

test("hostile names: text wherever they stand, cut, found by search", async () => {
  const view = await see("/");
  await until(async () => (await view.lines()).includes(LONG));
  await view.page.keyboard.press("/");
  await view.page.keyboard.type("evil <b>");
  await until(async () => (await view.lines()).join() === LONG, { what: "found" });
  for (const path of ["/", `/m/${LONG}`, `/m/${LONG}/p/${LONG}`]) {
    for (const width of [1440, 390]) {
      await view.page.setViewport({ width, height: 844 });
      await view.go(path);
      await until(async () => (await view.count(".grid, .lanes, .charts")) === 1);
      const wide = await view.page.evaluate(
        () => document.documentElement.scrollWidth - innerWidth,
      );
      assert.ok(wide <= 0, `${path.slice(0, 12)} ${width}: ${wide}`);
      assert.equal(await view.count("main b b, main bdi b"), 0, "no markup came through");
    }
  }
  await view.close();
});

test("history that cannot be read costs a chart, not the page; again is a button", async () => {
  const view = await see("/");
  let broken = true;
  await view.page.setRequestInterception(true);
  view.page.on("request", (request) => {
    if (!broken || !request.url().includes("/series?")) return void request.continue();
    const body = JSON.stringify({ title: "Service Unavailable", detail: "the disk is full" });
    void request.respond({ status: 503, contentType: "application/problem+json", body });
  });
  await view.go("/m/board-room/p/u2");
  await view.shows("History unreadable: the disk is full");
  assert.match(await view.text(".headline"), /Lin/);
  await view.axe();
  broken = false;
  await view.page.click("#network .trouble button");
  await until(async () => /points/.test(await view.text("#network footer")), {
    what: "it is back",
  });
  await view.page.setRequestInterception(false);
  await view.page.close();
});

test("a participant whose page fell silent: what was last heard stays, with its age", async () => {
  await until(async () => /connection lost, last heard/.test(await silent.text(".headline")), {
    within: 90_000, // lost means a minute without a word (wire.md 20)
    what: "lost is told on the open page",
  });
  assert.equal(await silent.count(".vitals.stale"), 1);
  assert.match((await silent.texts(".vitals b"))[0] ?? "", /\d/, "its numbers stay");
  const age = async () => /last heard (.+?) ago/.exec(await silent.text(".headline"))?.[1] ?? "";
  assert.match(await age(), /^1 min|^\d+ s/);
  await silent.axe();
  await silent.go("/m/tunnel");
  await silent.shows("connection lost");
  await silent.axe();
  await silent.close();
});
