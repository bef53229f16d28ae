// A lane per participant, all on one time axis: the ribbon is the score (height) and its rating
// (colour), below it lie the issues; nothing measured is hatched.
import { useState } from "preact/hooks";
import { age, clockSeconds, score as scoreText } from "../format";
import { href } from "../route";
import type { Meeting, Rating } from "../types";
import { AsTable } from "../ui/astable";
import { kindOf, Shape, WORD } from "../ui/rating";
import { type Lane, NO_LANE, tableOf, wordsOf } from "./lane";
import { type Ribbon, ribbon, type Span, ticks } from "./ribbon";
import { headSession } from "./store";

const ORDER: readonly Rating[] = ["good", "fair", "poor", "unknown"];

export function RibbonPicture({ shape, lane, span }: { shape: Ribbon; lane: Lane; span: Span }) {
  const { bands, marks } = lane;
  const x = (t: number): number => (1000 * (t - span.from)) / (span.to - span.from);
  return (
    <>
      {shape.gaps.map(([a, b]) => (
        <i
          key={a}
          class="hatch"
          style={{ left: `${a / 10}%`, width: `${Math.max(0.1, (b - a) / 10)}%` }}
        />
      ))}
      <svg class="ribbon" viewBox="0 0 1000 44" preserveAspectRatio="none" aria-hidden="true">
        {ORDER.map(
          (rating) =>
            shape.paths[rating] && (
              <path key={rating} class={`is-${rating}`} d={shape.paths[rating]} />
            ),
        )}
        {bands.map((band, place) => {
          const from = Math.max(0, x(band.from));
          const to = Math.min(1000, x(Math.min(band.to ?? span.to, span.to)));
          return to > 0 && from < 1000 ? (
            <rect
              key={band.key ?? place}
              class={band.severity === "major" ? "issue is-poor" : "issue is-fair"}
              x={from}
              width={Math.max(2, to - from)}
              y="36"
              height="5"
            />
          ) : null;
        })}
      </svg>
      {marks
        .filter(({ t }) => t >= span.from && t <= span.to)
        .map((mark) => (
          <i
            key={mark.key ?? `${mark.t} ${mark.name}`}
            class="tick"
            style={{ left: `${x(mark.t) / 10}%` }}
            title={`${clockSeconds(mark.t)}  ${mark.name}`}
          />
        ))}
    </>
  );
}

const PRESENCE: Record<string, string> = {
  lost: "connection lost",
  left: "left",
  ended: "ended",
};

/** The time above lanes. */
export function LaneAxis({ span }: { span: Span }) {
  return (
    <div class="lane axis" aria-hidden="true">
      <span />
      <div class="ticks">
        {ticks(span).map((tick) => (
          <span key={tick.t} style={{ left: `${100 * tick.at}%` }}>
            {tick.text}
          </span>
        ))}
      </div>
    </div>
  );
}

/** What a lane says of its history where that is not all there; never in place of what is drawn. */
const STATE: Partial<Record<Lane["state"], string>> = {
  failed: "history unreadable",
  stale: "not refreshed",
};

export function Lanes({
  meeting,
  lanes,
  now,
}: {
  meeting: Meeting;
  lanes: ReadonlyMap<string, Lane>;
  now: number;
}) {
  const span = spanOf(meeting, lanes, now);
  return (
    <div class="lanes">
      <LaneAxis span={span} />
      <ul>
        {meeting.participants.map((p) => {
          const lane = lanes.get(p.participantId) ?? NO_LANE;
          const head = headSession(p.sessions);
          const said = head?.presence ?? "ended";
          const presence = meeting.live || said === "left" ? said : "ended";
          const to = href({
            page: "participant",
            meetingId: meeting.meetingId,
            participantId: p.participantId,
            ...(meeting.live ? {} : { started: String(meeting.startedAt ?? "") }),
            session: "",
            range: "all",
          });
          const issues = Object.values(head?.state?.issues ?? {});
          const kind = kindOf(p.rating, issues);
          const open = presence === "live" ? issues.map(({ type }) => type) : [];
          const gone = presence === "live" ? "" : (PRESENCE[presence] ?? presence);
          return (
            <li key={p.participantId}>
              <a class={`lane is-${kind} ${presence}`} href={to}>
                <span class="who">
                  <span class="line">
                    <Shape rating={kind} />
                    <b class="name">
                      <bdi>{p.name || p.participantId}</bdi>
                    </b>
                    <span class="num mark-score">{scoreText(p.score)}</span>
                  </span>
                  <span class="line dim">
                    {gone && presence !== "lost" ? (
                      gone
                    ) : (
                      <bdi title={p.sentence ?? ""}>
                        {gone || p.sentence || (p.name ? p.participantId : "no trouble")}
                      </bdi>
                    )}
                  </span>
                </span>
                <span
                  class={`picture ${lane.state}`}
                  role="img"
                  aria-label={wordsOf(lane, WORD[kind], open)}
                >
                  <RibbonPicture
                    shape={ribbon(lane.t, lane.score, span, presence)}
                    lane={lane}
                    span={span}
                  />
                  {STATE[lane.state] && <em>{STATE[lane.state]}</em>}
                </span>
              </a>
            </li>
          );
        })}
      </ul>
      <LaneTable
        names={namesOf(meeting)}
        lanes={meeting.participants.map((p) => lanes.get(p.participantId) ?? NO_LANE)}
        span={span}
      />
    </div>
  );
}

/** Two of the same name are told apart. */
function namesOf({ participants }: Meeting): string[] {
  const names = participants.map((p) => p.name || p.participantId);
  return names.map((name, i) =>
    names.indexOf(name) === names.lastIndexOf(name)
      ? name
      : `${name} (${participants[i]?.participantId})`,
  );
}

/** The scores of lanes as a table, once it is asked for. */
export function LaneTable({
  names,
  lanes,
  span,
}: {
  names: readonly string[];
  lanes: readonly Lane[];
  span: Span;
}) {
  const [shown, show] = useState(false);
  const { step, rows } = shown ? tableOf(lanes, span) : { step: 0, rows: [] };
  return (
    <>
      <footer class="dim">
        <button type="button" class="quiet" aria-expanded={shown} onClick={() => show(!shown)}>
          {shown ? "Hide table" : "Show as table"}
        </button>
      </footer>
      {shown && (
        <AsTable
          title="Scores"
          caption={`The worst score of each ${age(step)}`}
          columns={names}
          rows={rows}
        />
      )}
    </>
  );
}

/** The axis: from the first thing measured to now, or to the end. */
function spanOf(meeting: Meeting, lanes: ReadonlyMap<string, Lane>, now: number): Span {
  const starts = [...lanes.values()].flatMap((lane) => lane.t[0] ?? []);
  const from = Math.min(meeting.startedAt ?? now - 60_000, ...starts);
  const to = meeting.live ? now : (meeting.endedAt ?? now);
  return { from, to: Math.max(to, from + 10_000) };
}
