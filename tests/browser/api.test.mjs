// @ts-check
/** The API's screens against the real service: all endpoints, one of them, and every state. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { SHOP, tellRequests } from "./lab/requests.mjs";

const HTML = "/<img src=x onerror=alert(1)>/\u202eevil";
const LONG = `/${"long/".repeat(50)}`;

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService({ env: { CALLVITALS_WATCH_SELF: "0" } }));
  chromium = open.add(await launchChromium());
});
after(open.close);

/** @param {string} path @param {import("./lab/dashboard.mjs").Options} [options] */
const see = (path, options) => openDashboard(chromium, service.url, path, options);
/** @param {Awaited<ReturnType<typeof see>>} view */
const routes = (view) => view.texts(".list tbody .endpoint > bdi");
/** @param {Awaited<ReturnType<typeof see>>} view */
const rows = (view) => until(async () => (await routes(view)).length > 0, { what: "rows" });

// First: the others need requests.
test("nothing counted yet: how it begins, in both themes", async () => {
  for (const theme of /** @type {const} */ (["light", "dark"])) {
    const view = await see("/http", { theme });
    await view.shows("See your API beside your calls");
    await view.shows(`app.add_middleware(ApiMetricsMiddleware, sink="${service.url}")`);
    await view.axe();
    await view.close();
  }
  const kinds = [
    ...SHOP,
    { route: HTML, rate: 2, ms: 5 },
    { route: LONG, rate: 2, ms: 5, streamed: 0.5 },
  ];
  await tellRequests(service.url, kinds);
});

test("endpoints: what REST says, busiest first, streamed ones marked", async () => {
  const view = await see("/http");
  await rows(view);
  const { items, total } = await service.get("/api/endpoints?by=endpoint&range=24h");
  assert.deepEqual(
    await routes(view),
    items.map((/** @type {any} */ one) => one.route),
  );
  const first = (await view.texts(".list tbody tr"))[0] ?? "";
  const { p95 } = items[0].latency;
  assert.ok(first.replaceAll(",", "").includes(String(items[0].count)), first);
  assert.ok(first.includes(`${(p95 * 1000).toFixed(1)} ms`), `${first}: ${p95}`);
  await view.shows(`showing ${total} of ${total} endpoints`);
  const marked = await view.page.$$eval(".list tbody tr", (all) =>
    all
      .filter((row) => row.querySelector(".tag"))
      .map((row) => row.querySelector("bdi")?.textContent),
  );
  const streamed = items.filter((/** @type {any} */ one) => one.streamed);
  assert.deepEqual(
    marked,
    streamed.map((/** @type {any} */ one) => one.route),
  );
  assert.ok(marked.length >= 4);
  assert.ok(await view.painted("#requests canvas"));
  await view.axe();
  await view.close();
});

test("sorting, searching and choosing stand in the address, and the link shows the same", async () => {
  const view = await see("/http");
  await rows(view);
  const heads = await view.texts(".list thead th");
  const p95 = heads.findIndex((text) => text.startsWith("p95"));
  await view.page.click(`.list thead th:nth-child(${p95 + 1}) button`);
  await until(async () => (await routes(view))[0] === "/v1/chat/{room}/events");
  assert.equal(
    await view.attribute(`.list thead th:nth-child(${p95 + 1})`, "aria-sort"),
    "descending",
  );
  await view.page.keyboard.press("/");
  await view.page.keyboard.type("room}/");
  await until(async () => (await routes(view)).length === 5, { what: "five routes" });
  await view.page.select(".choose select", "chat");
  await until(async () => (await routes(view)).length === 3, { what: "three of chat" });
  const where = view.page.url().slice(service.url.length);
  assert.equal(where, "/http?sort=-p95&q=room%7D%2F&service=chat");
  const link = await see(where, { theme: "dark" });
  await until(async () => (await routes(link)).length === 3);
  assert.equal((await routes(link))[0], "/v1/chat/{room}/events");
  await link.axe();
  await link.page.keyboard.press("Escape");
  await until(async () => (await routes(link)).length > 5, { what: "Esc clears" });
  await link.close();
  await view.close();
  const nothing = await see("/http?q=nobody-asks-this&status=5xx");
  await nothing.shows("No endpoint matches");
  await nothing.axe();
  await nothing.page.click(".note button");
  await rows(nothing);
  await nothing.close();
});

test("the first row that is drawn answers to its keys at once", async () => {
  const view = await see("/");
  await view.page.evaluateOnNewDocument(() => {
    // Between the drawing and the frame that shows it: no key can be pressed earlier.
    new MutationObserver((_, watcher) => {
      if (!document.querySelector("[data-row]")) return;
      watcher.disconnect();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
    }).observe(document, { childList: true, subtree: true });
  });
  await view.go("/http");
  await rows(view);
  await until(
    () => view.page.evaluate(() => document.activeElement === document.querySelector("[data-row]")),
    { what: "the first row has the focus" },
  );
  await view.close();
});

test("a row opens by keyboard: charts, classes, failures; zooming asks for finer periods", async () => {
  const view = await see("/http?sort=-errors&range=24h");
  await rows(view);
  await view.page.keyboard.press("j");
  await view.page.keyboard.press("Enter");
  await view.shows("What went wrong");
  assert.equal(new URL(view.page.url()).searchParams.get("route"), "/v1/turn/credentials");
  await until(async () => (await view.count(".chart canvas")) === 4, { what: "four charts" });
  await view.shows("hourly");
  const [classes, failures] = await Promise.all([
    view.texts('[aria-label="By status"] tbody th'),
    view.texts('[aria-label="What went wrong"] tbody tr'),
  ]);
  assert.deepEqual(classes, ["2xx", "5xx"]);
  assert.match(failures[0] ?? "", /503\s+raised/);
  await view.axe();
  await view.page.click("#latency footer button");
  await until(async () => (await view.count("#latency table tbody tr")) >= 24);
  await view.page.focus("#latency .plots[role=slider]");
  await view.page.keyboard.press("End");
  const said = async () => (await view.attribute("#latency .plots", "aria-valuetext")) ?? "";
  await until(async () => /\d\d:\d\d: Median/.test(await said()), { what: "the last period" });
  const last = await said();
  await view.page.keyboard.press("ArrowLeft");
  await until(async () => (await said()) !== last, { what: "the one before" });
  await view.page.keyboard.press("Escape");
  await until(async () => /^all: Median/.test(await said()), { what: "the cursor is left" });
  const canvas = await view.box("#latency .u-over");
  await view.page.mouse.move(canvas.x + canvas.width * 0.9, canvas.y + 20);
  await view.page.mouse.down();
  await view.page.mouse.move(canvas.x + canvas.width * 0.97, canvas.y + 20, { steps: 5 });
  await view.page.mouse.up();
  await until(() => /range=\d+-\d+/.test(view.page.url()), { what: "the range in the address" });
  await view.shows("per minute");
  await view.page.keyboard.press("Escape");
  await rows(view);
  await view.close();
});

test("hostile and long names are text, cut gracefully; the phone shows all of it", async () => {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ]) {
    const view = await see("/http", { width, height });
    await rows(view);
    assert.ok((await routes(view)).includes(HTML));
    assert.equal(await view.count("main img"), 0);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `nothing sticks out: ${wide}`);
    await view.axe();
    const to = `/http/endpoint?${new URLSearchParams({ method: "GET", route: HTML })}`;
    await view.go(to);
    await view.shows("By status");
    await view.shows("<img src=x onerror=alert(1)>");
    assert.equal(await view.count("main img"), 0);
    await view.close();
  }
  const gone = await see("/http/endpoint?method=GET&route=%2Fnot-there");
  await gone.shows("Nobody asked for it in this time");
  await gone.axe();
  await gone.close();
});

test("the service is away: what is shown stays and says its age; back, it heals", async () => {
  const view = await see("/http");
  await rows(view);
  await service.kill();
  await view.page.select(".choose select", "chat").catch(() => {});
  await view.shows(/Not refreshed: The service does not answer\. What is shown is \d+ s old/);
  assert.ok((await routes(view)).length > 0);
  await service.start();
  await until(async () => (await view.count(".banner")) === 0, { what: "refreshed by itself" });
  await view.close({ missing: true });
});
