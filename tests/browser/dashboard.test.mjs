// @ts-check
/** The dashboard against the real service: every screen and state, live, by mouse and keyboard. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { silentSince, startFleet } from "./lab/fleet.mjs";
import { weights } from "./lab/weight.mjs";

const OUT = fileURLToPath(new URL("../out/", import.meta.url));
const HTML = "<img src=x onerror=alert(1)>";
const RTL = `\u202eevil \u{1f600} ${"long ".repeat(60)}`;
const CALL = "board-room";

/** @type {import("./lab/fleet.mjs").Session[]} */
const FLEET = [
  { meeting: CALL, participant: "u1", name: "Ada", kind: "poor", seconds: 600 },
  { meeting: CALL, participant: "u2", name: "Lin", seconds: 590, gap: [200, 260] },
  { meeting: CALL, participant: "u6", name: "Noor", seconds: 300, age: 90, left: true },
  { meeting: CALL, participant: "u3", name: "Grace", seconds: 400, video: false },
  {
    meeting: "standup",
    participant: "u4",
    name: "Omar",
    kind: "fair",
    seconds: 60,
    engine: ["micropython", "main", "worker-src blocks blob:"],
  },
  { meeting: "sales", participant: "u5", name: "Jules", seconds: 60 },
  { meeting: "sales", participant: "u7", name: "Mika", seconds: 60, receives: ["u5", "u8"] },
  { meeting: "sales", participant: "u8", name: "Theo", seconds: 60, receives: ["u5", "u7"] },
  { meeting: "sales", participant: "u9", name: "Ines", seconds: 60, receives: ["u5", "u7"] },
  { meeting: "sales", participant: "u10", name: "Priya", seconds: 60, receives: ["u5", "u7"] },
  { meeting: HTML, participant: HTML, name: RTL, seconds: 30 },
];

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;
/** @type {Awaited<ReturnType<typeof startFleet>>} */
let fleet;

before(async () => {
  mkdirSync(OUT, { recursive: true });
  service = open.add(await startService());
  chromium = open.add(await launchChromium());
});
after(open.close);

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);

test("the script fits its budget: what any screen loads is 60 KB at most", async (t) => {
  const { html, entry, screens, all } = await weights(service.url);
  const kb = (/** @type {number} */ n) => (n / 1000).toFixed(1);
  const worst = Math.max(...screens);
  t.diagnostic(
    `brotli kB: entry ${kb(entry)}, ${screens.length} screens up to ${kb(worst)}, all ${kb(all)}`,
  );
  assert.ok(screens.length >= 3 && worst > 20_000 && worst <= 60_000, `${screens}`);
  assert.ok(!/<script(?![^>]*src=)|<style|style=|\son\w+=/.test(html), "nothing inline");
});

// The next test wants a service that has never heard of a call; all others the fleet.
test("first run: the next step instead of an empty table, gone with the first session", async () => {
  const view = await see("/");
  await view.shows("Waiting for the first call");
  const tag = await view.text(".copy code");
  assert.equal(
    tag,
    `<script src="${service.url}/sdk.js" crossorigin data-meeting="my-room"></script>`,
  );
  await view.axe();
  fleet = open.add(await startFleet(service.url, FLEET));
  await until(async () => (await view.lines()).includes(CALL), { what: "the first row" });
  assert.equal(await view.count(".first"), 0);
  await view.close();
});

test("meetings: worst first, each with shape, word, number and sentence", async () => {
  const view = await see("/");
  await until(async () => (await view.lines()).length === 4, { what: "four rows" });
  const lines = await view.lines();
  assert.deepEqual(lines.slice(0, 2), [CALL, "standup"]);
  const first = await view.text('[data-line="0"]');
  assert.match(first, /Poor/);
  assert.match(first, /Only Ada: Losing \d+\.\d % of incoming packets\./);
  assert.equal(await view.attribute(".grid", "aria-rowcount"), "5");
  assert.equal(await view.attribute('[data-line="0"]', "aria-rowindex"), "2");
  assert.match(await view.text(".chips"), /1\s+poor\s+1\s+fair\s+2\s+good\s+0\s+unknown/);
  // What people call themselves is text, whatever it looks like.
  assert.ok(lines.includes(HTML));
  assert.equal(await view.count("main img"), 0);
  await view.axe();
  await view.close();
});

test("filters: by search and rating, in the address, cleared by Esc; nothing matching says so", async () => {
  const view = await see("/");
  await until(async () => (await view.lines()).length === 4);
  await view.page.keyboard.press("/");
  await view.page.keyboard.type("jules");
  await until(async () => (await view.lines()).join() === "sales", {
    what: "found by participant",
  });
  assert.equal(new URL(view.page.url()).search, "?q=jules");
  await view.page.keyboard.type("x");
  await view.shows("No live meeting matches");
  await view.axe();
  await view.page.keyboard.press("Escape");
  await until(async () => (await view.lines()).length === 4, { what: "all again" });
  await view.page.click(".chip.is-poor");
  await until(async () => (await view.lines()).join() === CALL);
  await view.close();
  const link = await see("/?rating=fair");
  await until(async () => (await link.lines()).join() === "standup", { what: "the permalink" });
  await link.close();
});

test("rows never jump under the pointer; let go, they take the new order", async () => {
  const view = await see("/");
  await until(async () => (await view.lines()).length === 4);
  const before = await view.lines();
  await view.page.hover('[data-line="3"]');
  await fleet.change({ u5: "poor" });
  const held = before.indexOf("sales");
  const words = () => view.text(`[data-line="${held}"]`);
  await until(async () => /Poor/.test(await words()), { what: "its words change in place" });
  assert.deepEqual(await view.lines(), before);
  await view.shows(/\d+ moved · refresh order/);
  await view.page.mouse.move(5, 5);
  await until(async () => (await view.lines()).indexOf("sales") < 2, { what: "the new order" });
  await fleet.change({ u5: "good" });
  await view.close();
});

test("one or all: what several have at once is told once, with who and whose fault", async () => {
  const view = await see("/m/sales");
  await until(async () => (await view.count("a.lane")) === 5, { what: "five lanes" });
  await fleet.change({ u7: "poor" });
  await view.shows(/Only Mika: Losing \d+\.\d % of incoming packets\. The trouble is on Mika's/);
  assert.match(await view.text(".issues li"), /Receiver: Mika/);
  assert.equal(await view.count(".badge.all"), 0);
  await fleet.change({ u8: "poor", u9: "poor", u10: "poor" });
  await until(async () => (await view.count(".headline .badge.all")) === 1, { what: "the badge" });
  const said = "4 of 5 participants lose incoming packets: the trouble is at the service";
  await view.shows(said);
  assert.match(await view.text(".headline .badge.all"), /^Affects 4 of 5 since [\d:]+$/);
  assert.equal(await view.count(".issues.open > ul > li"), 1, "one trouble, one line");
  assert.match(await view.text(".issues.open"), /4 of 5[\s\S]*Mika[\s\S]*Ines[\s\S]*Common path/);
  await view.axe();
  const list = await see("/");
  await list.shows(said);
  await list.close();
  await fleet.change({ u7: "good", u8: "good", u9: "good", u10: "good" });
  await view.close();
});

test("keyboard: rows, opening, back, the sheet, the theme", async () => {
  const view = await see("/");
  await until(async () => (await view.lines()).length === 4);
  await view.page.keyboard.press("j");
  await view.page.keyboard.press("j");
  const focused = () =>
    view.page.evaluate(() => document.activeElement?.getAttribute("data-line") ?? "");
  await until(async () => (await focused()) === "1", { what: "the second row has the focus" });
  await view.page.keyboard.press("k");
  await until(async () => (await focused()) === "0");
  const name = (await view.lines())[0];
  await view.page.keyboard.press("Enter");
  await view.shows("Participants");
  assert.equal(new URL(view.page.url()).pathname, `/m/${name}`);
  await view.page.keyboard.press("Escape");
  await until(() => new URL(view.page.url()).pathname === "/");
  await view.page.keyboard.press("?");
  await view.shows("Pause and resume live charts");
  await view.axe();
  await view.page.keyboard.press("e"); // no key of the screen behind acts
  await view.page.keyboard.press("Escape");
  await until(async () => (await view.count("dialog")) === 0, { what: "the sheet is gone" });
  assert.equal(view.page.url(), `${service.url}/`);
  await view.go(`/m/${CALL}`);
  await view.shows("Participants");
  await view.page.keyboard.press("?");
  await view.shows("Pause and resume live charts");
  await view.page.keyboard.press("Escape");
  await until(async () => (await view.count("dialog")) === 0, { what: "the sheet is gone" });
  assert.equal(new URL(view.page.url()).pathname, `/m/${CALL}`, "only the sheet");
  const theme = () => view.page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), "light");
  await view.page.keyboard.press("t"); // auto → light
  await view.page.keyboard.press("t"); // light → dark
  await until(async () => (await theme()) === "dark");
  await view.page.reload();
  await until(async () => (await theme()) === "dark", { what: "the choice is kept" });
  await view.page.evaluate(() => localStorage.clear());
  await view.close();
});

test("reading goes on where one arrives: the skip link, and a screen that was opened", async () => {
  const view = await see("/");
  await until(async () => (await view.lines()).length === 4);
  const at = () => view.page.evaluate(() => document.activeElement?.id ?? "");
  await view.page.keyboard.press("Tab");
  assert.match(
    await view.page.evaluate(() => document.activeElement?.textContent ?? ""),
    /Skip to content/,
  );
  await view.page.keyboard.press("Enter");
  await until(async () => (await at()) === "main", { what: "the content has the focus" });
  await view.page.keyboard.press("j");
  await view.page.keyboard.press("Enter");
  await view.shows("Participants");
  await until(async () => (await at()) === "main", { what: "the new screen has it" });
  await view.close();
});

test("meeting: a lane each on one axis, issues under it, gaps hatched; opens a participant", async () => {
  for (const theme of /** @type {const} */ (["light", "dark"])) {
    const view = await see(`/m/${CALL}`, { theme });
    await until(async () => (await view.count("a.lane")) === 4, { what: "four lanes" });
    await until(async () => (await view.count(".picture.ready")) === 4, { what: "their history" });
    assert.match(
      await view.text(".issues li"),
      /Ada\s+High loss[\s\S]*Losing \d+\.\d % of incoming/,
    );
    assert.match(await view.text("a.lane.left"), /Noor[\s\S]*left/);
    assert.ok((await view.count(".ribbon .issue")) >= 2, "two bad times");
    assert.ok((await view.count(".picture .hatch")) >= 1, "the gap");
    assert.ok((await view.count(".ribbon path.is-poor")) >= 1);
    await view.axe();
    await view.shot(`meeting-${theme}`);
    if (theme === "dark") {
      await view.page.click("a.lane");
      await view.shows("Round trip");
    }
    await view.close();
  }
});

test("participant: four charts, live, zoom asks again, the address holds it", async () => {
  const view = await see(`/m/${CALL}/p/u1`);
  await until(async () => (await view.count(".chart canvas")) === 8, { what: "eight plots" });
  const titles = await view.texts(".chart h2");
  assert.deepEqual(titles, ["Score", "Network", "Audio", "Video"]);
  const bandwidth = /Down\s*\d.* [kM]bit\/s\s*Up\s*\d.* [kM]bit\/s/;
  await until(async () => bandwidth.test(await view.text("#network .legend")), {
    what: "bandwidth down and up, first",
  });
  const shown = async () => {
    const said = /showing ([\d,]+) of ([\d,]+) points|all ([\d,]+) points/.exec(
      await view.text("#network footer"),
    );
    const number = (/** @type {string | undefined} */ text) => Number(text?.replace(",", ""));
    return { shown: number(said?.[1] ?? said?.[3]), total: number(said?.[2] ?? said?.[3]) };
  };
  await until(async () => (await shown()).shown > 0, { what: "how many points are shown" });
  const rest = await shown();
  assert.ok(rest.shown >= 40 && rest.shown <= 75, `about 50 at rest: ${rest.shown}`);
  assert.ok(rest.total >= 600, String(rest.total));
  await until(async () => (await shown()).total >= rest.total + 3, { what: "live rows" });
  for (const id of ["score", "network", "audio", "video"]) {
    await until(() => view.painted(`#${id} canvas`), { what: `${id} is drawn` });
  }
  assert.match(await view.text(".side"), /Pyodide in the page's worker/);

  // One cursor: pointing at one chart tells the time in all of them.
  const box = await view.box("#network .u-over");
  await view.page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  const times = () => view.texts(".chart header time");
  await until(async () => (await times()).every(Boolean), { what: "the synced cursor" });

  // A drag is a zoom: the service is asked for that stretch, and real resolution comes back.
  await view.page.mouse.down();
  await view.page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 4 });
  await view.page.mouse.up();
  await until(() => /range=\d+-\d+/.test(view.page.url()), { what: "the range in the address" });
  await until(async () => (await shown()).shown > 90, { what: "more points of less time" });
  const zoomed = await shown();
  assert.ok(zoomed.total < rest.total / 3, `${zoomed.total} of ${rest.total}`);
  const link = await see(view.page.url().slice(service.url.length));
  await until(async () => (await link.text("#network footer")).includes(String(zoomed.shown)), {
    what: "the permalink shows the same",
  });
  await link.close();
  await view.page.keyboard.press("0");
  await until(() => !view.page.url().includes("range="), { what: "the whole call again" });

  await view.page.click("#network footer button");
  await until(async () => (await view.count("#network table tbody tr")) >= 40, { what: "a table" });
  assert.match(await view.text("#network table thead"), /Loss out/);
  await view.axe();
  await view.close();
});

test("participant: the keyboard walks through the issues, zooms and pauses", async () => {
  const view = await see(`/m/${CALL}/p/u1`);
  await until(async () => (await view.count(".strip button")) === 2, { what: "two issues" });
  await view.page.keyboard.press("]");
  await until(() => /range=\d+-\d+/.test(view.page.url()));
  const first = view.page.url();
  await view.page.keyboard.press("]");
  await until(() => view.page.url() !== first, { what: "the next issue" });
  await view.page.keyboard.press("[");
  await until(() => view.page.url() === first, { what: "and back" });
  await view.page.keyboard.press("0");
  await view.page.keyboard.press("+");
  await until(() => /range=\d+-\d+/.test(view.page.url()));
  await view.page.keyboard.press("0");
  await view.page.keyboard.press("Space");
  await view.shows("Paused · resume");
  await view.page.keyboard.press("Space");
  await view.shows("Pause");
  await view.close();
});

test("participant: where and why the engine runs there", async () => {
  const view = await see("/m/standup/p/u4", { theme: "dark" });
  await view.shows("MicroPython on the main thread");
  await view.shows("worker-src blocks blob:");
  await view.axe();
  await view.close();
});

test("hostile names are text, cut gracefully", async () => {
  const id = encodeURIComponent(HTML);
  const view = await see(`/m/${id}/p/${id}`);
  await view.shows(HTML);
  assert.equal(await view.count("main img"), 0);
  const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `nothing sticks out: ${wide}`);
  await view.close();
});

test("phone: no screen is wider than it", async () => {
  for (const path of ["/", `/m/${CALL}`, `/m/${CALL}/p/u1`]) {
    const view = await see(path, { width: 390, height: 844 });
    await until(async () => (await view.count("h1")) === 1);
    await until(async () => (await view.count(".grid, .lanes, .charts")) === 1);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${path}: ${wide}`);
    await view.axe();
    await view.close();
  }
});

test("unknown: a meeting, a participant, a page", async () => {
  const view = await see("/m/nobody");
  await view.shows("This meeting is not known here");
  await view.axe();
  await view.go(`/m/${CALL}/p/nobody`);
  await view.shows("This participant is not known here");
  // As a link that outlived what it was about.
  await view.go(`/m/${CALL}?started=1600000000000`);
  await view.shows("It did not go on at that time");
  await view.axe();
  await view.page.click("main .note a");
  await view.shows("Participants");
  assert.equal(new URL(view.page.url()).search, "");
  assert.equal((await view.go("/nowhere"))?.status(), 404);
  await view.shows("There is no such page");
  await view.axe();
  await view.close({ missing: true });
});

test("before the link stands, that is all it says: no age of data there is none of", async () => {
  const view = await see("/");
  await view.page.evaluateOnNewDocument(() => {
    Object.assign(window, { WebSocket: class extends EventTarget {} }); // never opens
  });
  await view.go("/");
  await view.shows("Connecting…");
  assert.equal(await view.text(".link"), "Connecting…");
  await view.close();
});

// These two restart the service: they come last.
test("link lost: the data stays and says its age; back, it heals by itself", async () => {
  const view = await see("/");
  await until(async () => (await view.lines()).length === 4);
  await view.shows("Live");
  await service.kill();
  await view.shows(/Reconnecting… data \d+ s old/);
  assert.equal((await view.lines()).length, 4);
  await service.start();
  await until(async () => (await view.text(".link")) === "Live", { what: "live again" });
  await view.close({ missing: true });
});

test("ended meetings: the same screens, without the live badge", async () => {
  await service.stop();
  silentSince(service.data);
  await service.start();
  const view = await see("/");
  await view.shows("All quiet: no call is live");
  await view.axe();
  await view.page.keyboard.press("/");
  assert.equal(await view.page.evaluate(() => document.activeElement?.tagName), "BODY");
  const stops = await view.page.$$eval("main input", (all) => all.filter((one) => !one.disabled));
  assert.equal(stops.length, 0, "no stop that is out of sight");
  await view.page.click("main a.button");
  await until(async () => (await view.lines()).length === 4, { what: "the ended ones" });
  await view.axe();
  await view.page.select("select", "1h");
  await until(() => view.page.url().endsWith("?show=ended&range=1h"));
  await until(async () => (await view.lines()).length === 4, { what: "all were within the hour" });
  await view.go(`/?show=ended&range=-${Date.now() - 86_400_000}`);
  await view.shows(/No ended meeting matches\s+until \d{4}-\d\d-\d\d/);
  await view.axe();
  await view.page.keyboard.press("Escape");
  await until(async () => (await view.lines()).length === 4, { what: "any time again" });
  const link = await view.page.$$eval(".c-name a", (all) => all.map((a) => a.getAttribute("href")));
  const call = link.find((href) => href?.startsWith(`/m/${CALL}?started=`));
  assert.ok(call, "an ended one's address names its time");
  await view.go(call);
  await view.shows("What it came to");
  assert.match(await view.text(".sufferers"), /Ada\s+Poor\s+[\d.]+ min of [\d.]+ min poor/);
  await until(
    async () => /Ada High loss[\s\S]*What to tell Ada/.test(await view.text(".issues.past")),
    { what: "the issues, from the lanes" },
  );
  await view.axe();
  await until(async () => (await view.count(".picture.ready")) === 4);
  assert.match(await view.text(".headline"), /Ended/);
  await view.go(`/m/${CALL}/p/u1`);
  await until(async () => (await view.count(".chart canvas")) === 8);
  await until(async () => /of [\d,]+ points/.test(await view.text("#network footer")));
  assert.equal(await view.count(".pause"), 0);
  await until(async () => /\d+:\d\d, until the end/.test(await view.text(".issues.own")), {
    what: "an issue that was open goes on no further",
  });
  await view.close();
});
