// @ts-check
// What the dashboard's bench does inside pages. Each function is sent there by itself.

/** Before any script: when did the list's data come, when were rows drawn; likewise the charts. */
export function hear() {
  const own = /** @type {any} */ (window);
  own.listDrawn = 0;
  own.chartsDrawn = 0;
  own.answered = 0;
  own.answerTimes = [];
  /** Until something holds and the frame that shows it is out. @param {() => unknown} holds @param {(at: number) => void} done */
  const painted = (holds, done) => {
    const look = () => {
      if (!holds()) {
        requestAnimationFrame(look);
        return;
      }
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      requestAnimationFrame(() => port2.postMessage(0));
    };
    requestAnimationFrame(look);
  };
  window.WebSocket = class extends WebSocket {
    /** @param {string | URL} url */
    constructor(url) {
      super(url);
      let first = true;
      this.addEventListener("message", ({ data }) => {
        if (!first || !String(data).startsWith('42/watch,["list"')) return;
        first = false;
        const came = performance.now();
        const rows = () => document.querySelector(".row[data-line] .c-name a");
        painted(rows, (at) => {
          own.listDrawn = at - came;
        });
      });
    }
  };
  const fetching = window.fetch;
  window.fetch = async (...asked) => {
    const began = performance.now();
    const answer = await fetching(...asked);
    // The page asks for `upload` alone once, to know where the call begins: that is no chart.
    if (!/\/series\?metrics=(?!upload&)/.test(String(asked[0]))) return answer;
    const reading = answer.json.bind(answer);
    answer.json = async () => {
      const value = await reading();
      const came = performance.now();
      own.answered++;
      own.answerTimes.push(came - began);
      if (own.answered === 4) {
        painted(
          () =>
            document.querySelectorAll(".chart canvas").length && !document.querySelector(".busy"),
          (at) => {
            own.chartsDrawn = at - came;
          },
        );
      }
      return value;
    };
    return answer;
  };
}

/** Every frame from now on: when it came, and how many rows there were. */
export function watchFrames() {
  const own = /** @type {any} */ (window);
  own.frames = { gaps: [], nodes: 0, going: true };
  const rows = document.getElementsByClassName("row"); // live: no search in every frame
  let last = 0;
  const step = (/** @type {number} */ now) => {
    if (last) own.frames.gaps.push(now - last);
    last = now;
    own.frames.nodes = Math.max(own.frames.nodes, rows.length);
    if (own.frames.going) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

/** Ends it. @returns {{gaps: number[], nodes: number}} */
export function framesSeen() {
  const { frames } = /** @type {any} */ (window);
  frames.going = false;
  return frames;
}

/** The control: a page that does nothing but scroll. */
export function empty() {
  document.body.innerHTML = '<div id="box"><div id="all"></div></div>';
  const [box, all] = /** @type {HTMLElement[]} */ ([
    document.getElementById("box"),
    document.getElementById("all"),
  ]);
  Object.assign(box?.style ?? {}, { height: "860px", overflow: "auto" });
  Object.assign(all?.style ?? {}, { height: "200000px", background: "#f6f8fa" });
}

/** The same rows as one writes them without thinking: all of them, as a table. @param {any[]} rows */
export async function naive(rows) {
  const own = /** @type {any} */ (window);
  own.draw = () => {
    const text = rows.map(
      (
        row,
      ) => `<tr class="row"><td>${row.rating}<td><a href="/m/${row.meetingId}">${row.meetingId}</a>
        <td>${row.participants}<td>${row.score}<td>${row.sentence}<td>
        ${new Date(row.startedAt).toLocaleTimeString()}<td>${Date.now() - row.startedAt}`,
    );
    /** @type {any} */ (document.getElementById("all")).innerHTML =
      `<table>${text.join("")}</table>`;
  };
  /** @type {any} */ (document.getElementById("all")).style.height = "";
  const began = performance.now();
  own.draw();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - began;
}

/** What each further beat costs it. */
export async function again() {
  const out = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    /** @type {any} */ (window).draw();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    out.push(performance.now() - began);
  }
  return out;
}

/** Another address of the same page, as a link within it would. @param {string} address */
export function show(address) {
  const own = /** @type {any} */ (window);
  own.answered = 0;
  own.answerTimes = [];
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** How many pixels of the first line's ink are in the top sixth of a chart. @param {string} selector */
export function inkAtTop(selector) {
  const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(selector));
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--line-a").trim();
  const wanted = [1, 3, 5].map((at) => Number.parseInt(ink.slice(at, at + 2), 16));
  const context = canvas.getContext("2d");
  if (!context) return 0;
  const { data } = context.getImageData(70, 0, canvas.width - 70, Math.round(canvas.height / 6));
  let found = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (wanted.every((value, k) => Math.abs((data[i + k] ?? 0) - value) < 40)) found++;
  }
  return found;
}
