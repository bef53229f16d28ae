// An app that uses the npm package, for its types; checked by package.test.mjs.
import {
  type Api,
  debug,
  type Issue,
  init,
  label,
  type Mode,
  on,
  type Rating,
  type Sample,
  type Score,
  score,
  stop,
  watch,
} from "callvitals";

init({ meeting: "m", participant: "p", host: "https://cv.example", meta: { plan: "pro" } });
// @ts-expect-error: a meeting is needed
init({ participant: "p" });
// @ts-expect-error: no such engine
init({ meeting: "m", engine: "abacus" });

const off: () => void = on("mode", ({ engine, why }: Mode) => console.log(engine, why));
// @ts-expect-error: no such event
on("nonsense", () => {});
on("sample", ({ t, values }: Sample) => console.log(t, values.rtt));
on("score", ({ value, rating }: Score) => {
  // @ts-expect-error: null while it is unknown
  value.toFixed();
  const word: Rating = rating;
  console.log(value?.toFixed(2), word);
});
on("issue", ({ kind, until, evidence }: Issue) => console.log(kind === "close", until, evidence));

const transceiver = new RTCPeerConnection().addTransceiver("video");
label(transceiver.receiver, { participant: "ada", source: "camera" });
label(transceiver.sender, { source: "screen" });
label(transceiver.receiver.track, {});
label("a-tracks-id", { participant: "ada" });
// @ts-expect-error: neither a track nor an id
label(5, {});

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
