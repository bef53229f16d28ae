// One meeting's line in the list. It is drawn for another meeting when its own has scrolled away.
import { Component } from "preact";
import { clock, length, NONE, score as scoreText } from "../format";
import { href, type Route } from "../route";
import type { Kind, MeetingRow } from "../types";
import { Rated } from "../ui/rating";
import { Share, Spark } from "../ui/spark";

export const routeTo = (row: MeetingRow): Route => ({
  page: "meeting",
  meetingId: row.meetingId,
  // Of an ended one the time it began: the name may be used again.
  ...(row.live || row.startedAt === null ? {} : { started: String(row.startedAt) }),
});

interface RowProps {
  row: MeetingRow | undefined;
  line: number;
  top: number;
  now: number;
  /** The one row that Tab stops at. */
  stop: boolean;
}

/** Drawn anew only when what it shows has changed: scrolling draws the rows that come, no others. */
export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { row, line, top, now, stop } = this.props;
    return (
      row !== next.row ||
      line !== next.line ||
      top !== next.top ||
      now !== next.now ||
      stop !== next.stop
    );
  }

  override render({ row, line, top, now, stop }: RowProps) {
    const style = { transform: `translateY(${top}px)` };
    if (!row) return <div class="row blank" role="presentation" style={style} />;
    const end = row.live ? now : row.endedAt;
    const lasted = row.startedAt === null || end === null ? null : end - row.startedAt;
    const kind: Kind = row.failed ? "failed" : row.rating;
    const said = row.summary?.sentence || row.sentence;
    const calm = !row.live || kind === "good" || !said;
    return (
      <div
        class="row"
        role="row"
        style={style}
        data-line={line}
        aria-rowindex={line + 2}
        tabIndex={stop ? 0 : -1}
      >
        <span role="gridcell" class="c-rating">
          <Rated rating={kind} />
        </span>
        <span role="gridcell" class="c-name">
          <a href={href(routeTo(row))} tabIndex={-1}>
            <bdi>{row.meetingId}</bdi>
          </a>
        </span>
        <span role="gridcell" class="c-people num">
          {row.participants}
        </span>
        <span role="gridcell" class="c-score">
          <b>{scoreText(row.score)}</b>
          {row.live && <Spark trend={row.trend ?? []} kind={kind} />}
          {!row.live && row.summary && row.summary.poorMinutes > 0 && (
            <span class="poor-time is-poor">
              <Share part={row.summary.poorMinutes} whole={row.summary.minutes} />
              <small>{share(row.summary.poorMinutes / row.summary.minutes)}</small>
            </span>
          )}
        </span>
        <span role="gridcell" class={calm ? "c-worst dim" : "c-worst"}>
          <bdi>{said || NONE}</bdi>
        </span>
        <span role="gridcell" class="c-start num">
          {clock(row.startedAt, now)}
        </span>
        <span role="gridcell" class="c-length num">
          {length(lasted)}
        </span>
      </div>
    );
  }
}

const share = (part: number): string =>
  part > 0 ? `${Math.max(1, Math.round(100 * part))} %` : "";
