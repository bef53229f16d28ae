// The vital signs: the newest numbers, large, as a monitor at a bedside shows them.
import { show, type Unit } from "../format";
import type { State } from "../types";

interface Sign {
  name: string;
  unit: Unit;
  of: (state: State) => number | undefined;
}

const SIGNS: readonly Sign[] = [
  { name: "Down", unit: "bits", of: (s) => s.net?.download },
  { name: "Up", unit: "bits", of: (s) => s.net?.upload },
  { name: "Round trip", unit: "seconds", of: (s) => s.net?.rtt },
  { name: "Loss in", unit: "share", of: (s) => s.net?.lossIn },
  { name: "Loss out", unit: "share", of: (s) => s.net?.lossOut },
  { name: "Jitter", unit: "seconds", of: (s) => s.net?.jitter },
  { name: "Frames in", unit: "fps", of: (s) => s.video?.fpsIn ?? s.net?.fpsIn },
];

export function Vitals({ state, stale }: { state: State; stale: boolean }) {
  const size =
    state.video?.width && state.video.height ? `${state.video.width} × ${state.video.height}` : "";
  return (
    <dl class={`vitals${stale ? " stale" : ""}`} aria-label="Vital signs, newest values">
      {SIGNS.map((sign) => {
        const { value, unit } = show(sign.unit, sign.of(state));
        return (
          <div key={sign.name} class={unit ? "" : "absent"}>
            <dt>{sign.name}</dt>
            <dd>
              <b class="num">{value}</b> <small>{unit}</small>
              {sign.unit === "fps" && size && <small class="size">{size}</small>}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
