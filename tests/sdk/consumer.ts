// An app that uses the npm package, for its types; checked by package.test.mjs.
import { type Api, debug, init, type Mode, on, type Score, score, stop, watch } from "callvitals";

init({ meeting: "m", participant: "p", host: "https://cv.example", meta: { plan: "pro" } });
// @ts-expect-error: a meeting is needed
init({ participant: "p" });
// @ts-expect-error: no such engine
init({ meeting: "m", engine: "abacus" });

const off: () => void = on("mode", ({ engine, why }: Mode) => console.log(engine, why));
// @ts-expect-error: no such event
on("nonsense", () => {});

watch(new RTCPeerConnection());
const newest: Promise<Score | null> = score();
const state: Promise<unknown> = debug.state();
export const all: [() => void, Promise<unknown>, Promise<unknown>, Promise<void>, Api["init"]] = [
  off,
  newest,
  state,
  stop(),
  init,
];
