// The streams of a session that is watched: what its page measures of each, as last told.
import { said } from "../format";
import type { State, Stream } from "../types";

const size = ({ width, height }: Stream): string => (width && height ? `${width} × ${height}` : "");

/** Why the encoder sends less than it could, W3C's reasons. */
const limited = (one: Stream): string =>
  (["cpu", "bandwidth", "other"] as const)
    .filter((why) => (one[`${why}Limited`] ?? 0) > 0)
    .join(", ");

type Cell = readonly [string, (one: Stream) => string];
const CELLS: readonly Cell[] = [
  ["Bitrate", (s) => said("bits", s.bitrate)],
  ["Loss", (s) => said("share", s.loss)],
  ["jitter", (s) => said("seconds", s.jitter)],
  ["roundTripTime", (s) => said("seconds", s.rtt)],
  ["frameWidth × frameHeight", size],
  ["framesPerSecond", (s) => (s.fps === undefined ? "" : said("fps", s.fps))],
  ["qualityLimitationReason", limited],
];

/** Rows of name and value, of what is known of a stream. Pure. */
export const told = (one: Stream): [string, string][] =>
  CELLS.map(([name, of]): [string, string] => [name, of(one)]).filter(
    ([, value]) => value && value !== "–",
  );

export function Streams({ streams }: { streams: State["streams"] }) {
  const all = Object.entries(streams ?? {});
  if (!all.length) return null;
  return (
    <section class="panel streams" aria-labelledby="streams-title">
      <h2 id="streams-title">
        Streams <span class="dim num">{all.length}</span>
      </h2>
      {all.map(([key, one]) => (
        <details key={key}>
          <summary>
            {one.kind} {one.direction}{" "}
            <bdi class="dim">{[one.codec, one.rid].filter(Boolean).join(" · ")}</bdi>
          </summary>
          <dl class="rows">
            {told(one).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd class="num">{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </section>
  );
}
