// @ts-check
/** A meeting's name may come again, and who was in it may come back: each time shows its own. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { silentSince, startFleet } from "./lab/fleet.mjs";

const CALL = { meeting: "standup", participant: "ada", name: "Ada" };
/** Ada is there twice; then nobody; then she is there again. @type {import("./lab/fleet.mjs").Session[]} */
const FIRST = [
  { ...CALL, kind: "poor", seconds: 240, age: 900, left: true, marks: { 60: "The first mark" } },
  { ...CALL, kind: "poor", seconds: 100, age: 660, left: true },
];
/** Behind two others, since a session's id follows from its place. @type {typeof FIRST} */
const SECOND = [
  { meeting: "other", participant: "bob", seconds: 20 },
  { meeting: "other", participant: "cleo", seconds: 20 },
  { ...CALL, seconds: 90, marks: { 30: "The second mark" } },
];

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;
/** When the first time of it began. */
let started = 0;
/** @type {string[]} */
let sessions = [];

before(async () => {
  service = open.add(await startService());
  chromium = open.add(await launchChromium());
  const first = await startFleet(service.url, FIRST);
  const all = (await service.get("/api/meetings/standup")).participants[0].sessions;
  sessions = all.map((/** @type {any} */ one) => one.sessionId);
  assert.equal(sessions.length, 2);
  await first.close();
  await service.stop();
  silentSince(service.data);
  await service.start();
  open.add(await startFleet(service.url, SECOND));
  const { items } = await service.until(
    "/api/meetings/standup/occurrences",
    ({ items }) => items.length === 2,
  );
  started = items[1].startedAt;
});
after(open.close);

/** @param {string} path */
const see = (path) => openDashboard(chromium, service.url, path);
/** @param {Awaited<ReturnType<typeof see>>} view */
const drawn = (view) =>
  until(async () => (await view.count(".picture.ready")) === 1, { what: "the lane" });

test("an earlier meeting of a name has its own lanes, issues, marks and files", async () => {
  const now = await see("/m/standup");
  await drawn(now);
  await now.shows("The second mark");
  assert.equal(await now.count(".ribbon .is-poor"), 0);
  assert.equal(await now.count(".issues.past"), 0);
  await now.close();

  const view = await see(`/m/standup?started=${started}`);
  await drawn(view);
  await view.shows("The first mark");
  assert.doesNotMatch(await view.text("main"), /The second mark/);
  assert.equal(await view.count(".ribbon path.is-poor"), 1);
  assert.match(await view.text(".issues.past"), /Ada High loss/);
  const links = await view.page.$$eval(".issues.past .what a", (all) =>
    all.map((one) => new URLSearchParams(one.search).get("session")),
  );
  assert.deepEqual(
    [...new Set(links)].sort(),
    [...sessions].sort(),
    "who came back: both sessions",
  );
  const file = await view.page.$eval(".menu a", (one) => one.getAttribute("href"));
  const rows = (await (await fetch(`${service.url}${file}`)).text()).trim().split("\r\n").slice(1);
  assert.equal(rows.length, 340);
  assert.deepEqual([...new Set(rows.map((row) => row.split(",")[2]))].sort(), [...sessions].sort());
  await view.axe();
  await view.close();
});

test("back and forth between two times of a name shows the one that the address names", async () => {
  const view = await see(`/m/standup?started=${started}`);
  await view.shows("The first mark");
  await view.page.evaluate(() => {
    history.pushState(null, "", "/m/standup");
    dispatchEvent(new PopStateEvent("popstate"));
  });
  await view.shows("The second mark");
  await view.page.goBack();
  await view.shows("The first mark");
  assert.match(await view.text(".headline"), /Ended/);
  // As an alert leads there: by a moment in it.
  await view.go(`/m/standup?started=${started + 1}`);
  await view.shows("The first mark");
  await view.close();
});

test("a ticket's link means this time of the meeting and these minutes for ever", async () => {
  const { startedAt } = await service.get("/api/meetings/standup");
  const view = await see("/m/standup/p/ada?range=5m");
  await until(async () => (await view.count(".chart canvas")) === 8, { what: "charts" });
  // Without a clipboard the text is shown.
  await view.page.evaluate(() =>
    Object.defineProperty(navigator, "clipboard", { value: undefined }),
  );
  await view.page.click(".crumbs button");
  await view.page.waitForSelector(".by-hand[open]");
  const text = await view.page.$eval(".by-hand textarea", (one) => one.value);
  const link = new URL(text.split("\n").at(-1) ?? "");
  assert.equal(link.searchParams.get("started"), String(startedAt));
  const [from, to] = (link.searchParams.get("range") ?? "").split("-").map(Number);
  assert.equal(Number(to) - Number(from), 300_000);
  await view.go(link.pathname + link.search);
  await view.shows("points");
  assert.doesNotMatch(await view.text("main"), /not known here/);
  await view.go(`/m/standup/p/ada?session=${sessions[0]}`);
  await view.shows("The session that this address names is not known here");
  await view.axe();
  await view.close();
});

test("a meeting that has just ended is being summed up; what it came to comes by itself", async () => {
  const view = await see("/");
  let early = true;
  await view.page.setRequestInterception(true);
  view.page.on("request", async (request) => {
    if (!early || !request.url().includes("/api/meetings/standup?")) return request.continue();
    const told = await service.get(`/api/meetings/standup?started=${started}`);
    const body = JSON.stringify({ ...told, summary: null });
    await request.respond({ status: 200, contentType: "application/json", body });
  });
  await view.go(`/m/standup?started=${started}`);
  await view.shows("Being summed up");
  await view.axe();
  early = false;
  await until(async () => /Verdict\s+Poor/.test(await view.text(".summary")), { what: "summary" });
  await view.page.setRequestInterception(false);
  await view.page.close();
});

test("lanes: a failed refresh keeps what was drawn, in one sentence each, and all as a table", async () => {
  const view = await see("/");
  let broken = false;
  /** @type {string[]} */
  const asked = [];
  await view.page.setRequestInterception(true);
  view.page.on("request", (request) => {
    if (request.url().includes("/series?")) asked.push(request.url());
    if (!broken || !request.url().includes("/series?")) return void request.continue();
    void request.respond({ status: 503, contentType: "application/json", body: "{}" });
  });
  await view.go("/m/other");
  await until(async () => (await view.count(".picture.ready")) === 2, { what: "lanes" });
  const label = await view.attribute(".picture", "aria-label");
  assert.match(label ?? "", /^Good; poor for 0 % of the time; no open issue\.$/);
  await view.page.click(".lanes footer button");
  await view.shows(/The worst score of each \d+ s/);
  assert.match(await view.text(".as-table tbody"), /4\.\d/);
  await view.axe();

  // Somebody joins: only they are asked for.
  asked.length = 0;
  const dan = { meeting: "other", participant: "dan", seconds: 20 };
  const late = await startFleet(service.url, [...Array(3).fill({ ...dan, meeting: "x" }), dan]);
  await until(async () => (await view.count(".picture.ready")) === 3, { what: "the third lane" });
  assert.ok(asked.length > 0 && asked.every((url) => url.includes("/dan/")), asked.join());

  broken = true;
  await until(async () => (await view.count(".picture.stale")) > 0, {
    within: 45_000, // lanes are asked for anew each half minute
    what: "a stale lane",
  });
  assert.ok(await view.count(".picture.stale .ribbon path.is-good"), "what was drawn stays");
  await view.axe();
  broken = false;
  await until(async () => (await view.count(".picture.stale")) === 0, {
    within: 45_000,
    what: "fresh again",
  });
  await late.close();
  await view.page.setRequestInterception(false);
  await view.page.close();
});

test("a service that cannot read history says so on the page that waits for it, until it can", async () => {
  const view = await see("/");
  let hangs = true;
  await view.page.setRequestInterception(true);
  view.page.on("request", (request) => {
    if (!hangs || !request.url().includes("/api/meetings/standup")) void request.continue();
  });
  // What the service says to `open` in that state; its pushes are of another time of this name.
  await view.page.evaluateOnNewDocument(() => {
    globalThis.WebSocket = class extends WebSocket {
      /** @param {string | URL} url */
      constructor(url) {
        super(url);
        Object.assign(globalThis, { link: this });
      }
    };
  });
  await view.go(`/m/standup?started=${started}`);
  await view.page.waitForSelector(".skeleton.lanes");
  await until(async () => (await view.text(".link")) === "Live", { what: "the link" });
  await view.page.evaluate(() => {
    const said = { code: "unavailable", message: "history cannot be read: disk" };
    const data = `42/watch,${JSON.stringify(["error", said])}`;
    Reflect.get(globalThis, "link").onmessage(new MessageEvent("message", { data }));
  });
  await view.shows("The meeting cannot be shown");
  await view.shows("History cannot be read: disk");
  await view.axe();
  hangs = false;
  await until(async () => /Ended/.test(await view.text(".headline")), { what: "it came" });
  await view.page.setRequestInterception(false);
  await view.page.close();
});

test("a reader's clock that is wrong moves no axis and no length: the service's counts", async () => {
  const { startedAt } = await service.get("/api/meetings/other");
  const view = await see("/");
  await view.page.evaluateOnNewDocument(() => {
    const real = Date.now;
    Date.now = () => real() - 300_000;
  });
  await view.go("/m/other");
  await until(async () => (await view.count(".picture.ready")) > 1, { what: "lanes" });
  const length = async () => {
    const [minutes, seconds] = (await view.texts(".facts-line span")).at(-1)?.split(":") ?? [];
    return 60_000 * Number(minutes) + 1000 * Number(seconds);
  };
  await until(async () => Math.abs((await length()) - (Date.now() - startedAt)) < 5000, {
    what: "the length by the service's clock",
  });
  // The scores are on the axis, not beyond its end.
  const wide = async () => {
    const path = (await view.attribute(".ribbon path.is-good", "d")) ?? "";
    const steps = [...path.matchAll(/M([\d.]+) 32V[\d.]+H([\d.]+)V/g)];
    return steps.some(([, from, to]) => Number(to) - Number(from) > 1);
  };
  await until(wide, { what: "scores on the axis" });
  await view.close();
});
