// @ts-check
/** Every screen: in the system's own colours, without motion, on a phone, and never without a word. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { closing, launchChromium, startService, until } from "./harness.mjs";
import { openDashboard } from "./lab/dashboard.mjs";
import { beginBefore, startFleet } from "./lab/fleet.mjs";
import { alertsFile, furnish } from "./lab/scenery.mjs";

/** @type {import("./lab/fleet.mjs").Session[]} */
const FLEET = [
  {
    meeting: "board-room",
    participant: "u1",
    name: "Ada",
    kind: "poor",
    seconds: 900,
    marks: { 500: "Screen shared" },
    receives: ["u2"],
  },
  {
    meeting: "board-room",
    participant: "u2",
    name: "Lin",
    seconds: 880,
    gap: [500, 620],
    receives: ["u1"],
  },
  { meeting: "board-room", participant: "u3", name: "Omar", kind: "fair", seconds: 820 },
  { meeting: "onboarding", participant: "x1", name: "Sam", kind: "failed", seconds: 40 },
];

/** @type {[string, string, string[]][]} path, what is waited for, what tells by its colour alone */
const SCREENS = [
  [
    "/",
    ".row[data-line]",
    [".row .shape", ".ratings .bar i", ".link i", ".sections [aria-current]::after"],
  ],
  [
    "/m/board-room",
    ".picture.ready",
    [
      ".lane .shape",
      ".ribbon path",
      ".ribbon .issue",
      ".hatch",
      ".picture .tick::before",
      ".flows .well",
    ],
  ],
  ["/m/board-room/p/u1", "#video footer", [".headline .shape", ".strip button"]],
  ["/http", ".list tbody tr", [".swatch line"]],
  ["/trends", ".columns-chart", [".columns-plot .shares rect:not(.here)", ".share-bar .fill"]],
  ["/jobs", ".list tbody tr", [".list .shape"]],
  ["/alerts", ".alert", [".alert .shape"]],
  ["/settings", ".setting", [".cost svg rect"]],
  ["/recording", ".first", []],
];

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  const alerts = open.add(alertsFile());
  service = open.add(await startService({ env: { CALLVITALS_ALERTS: alerts.path } }));
  chromium = open.add(await launchChromium());
  await service.stop();
  beginBefore(service.data, FLEET);
  await service.start();
  open.add(await startFleet(service.url, FLEET));
  await furnish(service);
});
after(open.close);

/** @param {string} path @param {string} ready @param {import("./lab/dashboard.mjs").Options} options */
async function see(path, ready, options = {}) {
  const view = await openDashboard(chromium, service.url, path, options);
  await until(async () => (await view.count(ready)) > 0, { what: `${path}: ${ready}` });
  await until(async () => !(await view.count(".busy, .skeleton, .picture.loading")), {
    what: `${path}: all is loaded`,
  });
  return view;
}

for (const scheme of /** @type {const} */ (["light", "dark"])) {
  test(`less motion and forced colours are obeyed by every screen, ${scheme}`, async () => {
    for (const [path, ready, tell] of SCREENS) {
      const view = await see(path, ready);
      // The reader chose the other theme: the system's colours come first.
      await view.page.evaluate(
        (other) => localStorage.setItem("callvitals-theme", other),
        scheme === "dark" ? "light" : "dark",
      );
      const world = await view.page.createCDPSession();
      await world.send("Emulation.setEmulatedMedia", {
        features: [
          { name: "prefers-color-scheme", value: scheme },
          { name: "prefers-reduced-motion", value: "reduce" },
          { name: "forced-colors", value: "active" },
        ],
      });
      await view.page.reload();
      await until(async () => (await view.count(ready)) > 0, { what: `${path}: ${ready}` });
      assert.equal(await view.page.evaluate(() => document.documentElement.dataset.theme), scheme);
      const moving = await view.page.evaluate(() =>
        [...document.querySelectorAll("*")].flatMap((one) =>
          [null, "::before", "::after"]
            .map((part) => getComputedStyle(one, part))
            .filter(
              (style) => style.animationName !== "none" || /[1-9]/.test(style.transitionDuration),
            )
            .map(() => one.outerHTML.slice(0, 80)),
        ),
      );
      assert.deepEqual(moving, [], path);
      for (const full of tell) {
        const [what = "", part] = full.split("::");
        await until(async () => (await view.count(what)) > 0, { what: `${path}: ${what}` });
        // The body's own is the same, but transparent, and so never equal to an ink.
        const paper = await view.page.$eval(".top", (one) => getComputedStyle(one).backgroundColor);
        const draw = (/** @type {Element[]} */ all, /** @type {string | undefined} */ part) =>
          all.map((one) => {
            const { fill, stroke, color, backgroundColor, backgroundImage } = getComputedStyle(
              one,
              part && `::${part}`,
            );
            if (one.tagName === "line") return stroke;
            if (one instanceof SVGElement) return fill;
            if (backgroundImage !== "none") return backgroundImage;
            return one.classList.contains("shape") ? color : backgroundColor;
          });
        const inks = await view.page.$$eval(what, draw, part);
        for (const ink of inks) {
          assert.notEqual(ink, paper, `${path}: ${what}`);
          assert.ok(!/^(none|rgba\(0, 0, 0, 0\))$/.test(ink), `${path}: ${what} ${ink}`);
        }
      }
      await world.detach();
      await view.close();
    }
  });
}

/**
 * What says by its state alone, where it is: path, what is waited for, the element, its state. Those
 * that need much to be reached are put there by hand.
 * @type {[string, string, string, string, string][]}
 */
const STATES = [
  ["/?rating=poor", ".row[data-line]", ".chip[aria-pressed='true']", "aria-pressed", ""],
  ["/", ".row[data-line]", ".switch > [aria-current]", "aria-current", ""],
  ["/trends", ".columns-chart", ".switch > [aria-pressed='true']", "aria-pressed", ""],
  [
    "/settings",
    ".setting",
    ".setting.draft",
    "class",
    '<section class="panel setting draft"></section>',
  ],
  [
    "/recording",
    ".first",
    ".sessions [aria-current]",
    "aria-current",
    '<div class="sessions"><a href="/" aria-current="true">A session</a></div>',
  ],
  [
    "/recording",
    ".first",
    ".recording .lane[aria-current]",
    "aria-current",
    '<div class="recording"><a href="/" class="lane" aria-current="true">A lane</a></div>',
  ],
  ["/recording", ".first", ".skeleton i", "", '<div class="skeleton rows"><i></i></div>'],
];

test("what is chosen, changed or still to come is seen in forced colours", async () => {
  for (const [path, ready, what, state, html] of STATES) {
    const view = await see(path, ready);
    const world = await view.page.createCDPSession();
    await world.send("Emulation.setEmulatedMedia", {
      features: [{ name: "forced-colors", value: "active" }],
    });
    const looks = await view.page.evaluate(
      (what, state, html) => {
        if (html) document.querySelector("main")?.insertAdjacentHTML("beforeend", html);
        const one = /** @type {Element} */ (document.querySelector(what));
        const look = () => {
          const { outline, border, boxShadow, backgroundColor, backgroundImage } =
            getComputedStyle(one);
          return [outline, border, boxShadow, backgroundColor, backgroundImage].join("; ");
        };
        const paper = getComputedStyle(/** @type {Element} */ (document.querySelector(".top")));
        const marked = look();
        if (state === "class") one.classList.remove("draft");
        else if (state) one.removeAttribute(state);
        else return [getComputedStyle(one).backgroundColor, paper.backgroundColor];
        return [marked, look()];
      },
      what,
      state,
      html,
    );
    assert.notEqual(looks[0], looks[1], `${path}: ${what}`);
    await world.detach();
    await view.page.close();
  }
});

test("a call that never started is called so in the list, in full", async () => {
  for (const width of [1440, 950, 600]) {
    const view = await see("/?rating=failed", ".row[data-line]", { width });
    assert.equal(await view.text(".row[data-line] .c-rating"), "Never started");
    const [cell, row] = await Promise.all(
      [".row[data-line] .c-rating", ".row[data-line]"].map((what) =>
        view.page.$eval(what, (one) => one.scrollWidth - one.clientWidth),
      ),
    );
    assert.ok((cell ?? 1) <= 0 && (row ?? 1) <= 0, `${width}: ${cell} ${row}`);
    const lines = await view.page.$eval(
      ".row[data-line] .c-rating .rated span",
      (one) => one.getClientRects().length,
    );
    assert.equal(lines, 1);
    await view.close();
  }
});

test("no screen is wider than a phone, none says only that there is no data", async () => {
  for (const [path, ready] of SCREENS) {
    const view = await see(path, ready, { width: 390, height: 844 });
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${path}: ${wide}`);
    assert.doesNotMatch(await view.text("body"), /no data/i);
    await view.axe();
    await view.close();
  }
});
