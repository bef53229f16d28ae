// What goes into a support ticket: the one sentence, the facts, the link. Pure; plain text that any
// tracker takes. The sentence is the core's; here are only facts beside it.
import { engineText, pathText } from "../engine";
import { said, score as scoreText, type Unit } from "../format";
import type { Issue, Meeting, Participant, SessionInfo } from "../types";
import { titleOf } from "./bands";
import { WORD } from "./rating";

export const utc = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;

export const NOW: readonly (readonly [string, Unit, string])[] = [
  ["download", "bits", "down"],
  ["upload", "bits", "up"],
  ["rtt", "seconds", "round trip"],
  ["lossIn", "share", "loss in"],
  ["lossOut", "share", "loss out"],
  ["jitter", "seconds", "jitter"],
];

const times = (from: number | null | undefined, to: number | null | undefined): string =>
  from ? `${utc(from)} to ${to ? utc(to) : "now (live)"}` : "";

export const lines = (all: (readonly [string, string])[]): string[] =>
  all.filter(([, text]) => text).map(([name, text]) => `${name}: ${text}`);

export const issueText = (
  one: Pick<Issue, "type" | "since"> & { to?: number | null; who?: string },
): string =>
  `${one.who ? `${one.who}: ` : ""}${titleOf(one.type)} since ${utc(one.since)}${one.to ? `, over at ${utc(one.to)}` : ""}`;

export interface TicketIssue {
  type: string;
  since: number;
  to?: number | null;
}

export function participantTicket(
  meeting: Meeting,
  participant: Participant,
  session: SessionInfo | undefined,
  issues: readonly TicketIssue[],
  link: string,
): string {
  const state = session?.state ?? {};
  const { facts = {}, net = {} } = state;
  const name = participant.name || participant.participantId;
  const sentence = state.sentence || participant.sentence;
  const rating = state.rating ?? participant.rating;
  const live = meeting.live && (session?.presence === "live" || session?.presence === "lost");
  const device = [
    [facts.browser, facts.browserVersion].filter(Boolean).join(" "),
    facts.os,
    facts.connection,
    facts.cores && `${facts.cores} cores`,
    facts.memoryGb && `${facts.memoryGb} GB`,
  ];
  const now = NOW.filter(([key]) => typeof net[key] === "number").map(
    ([key, unit, word]) => `${word} ${said(unit, net[key])}`,
  );
  const paths = Object.values(state.pcs ?? {}).map((pc) =>
    [pc.state, pathText(pc)].filter(Boolean).join(", "),
  );
  return [
    sentence ? `${name}: ${sentence}` : name,
    "",
    ...lines([
      ["Meeting", meeting.meetingId],
      ["Participant", `${name}${participant.name ? ` (${participant.participantId})` : ""}`],
      ["Session", session?.sessionId ?? ""],
      ["When", times(session?.startedAt, live ? null : (state.t ?? session?.endedAt))],
      ["Score", `${scoreText(state.score ?? participant.score)} (${WORD[rating].toLowerCase()})`],
      ["Numbers", now.join(", ")],
      ["Issues", issues.slice(-8).map(issueText).join("; ")],
      ["Connection", paths.join("; ")],
      ["Device", device.filter(Boolean).join(", ")],
      ["Measured by", engineText(state.engine ?? session?.engine, state.host ?? session?.host)],
    ]),
    "",
    link,
  ].join("\n");
}

export function meetingTicket(meeting: Meeting, link: string): string {
  const names = new Map(
    meeting.participants.map((p) => [p.participantId, p.name || p.participantId]),
  );
  const suffering = meeting.participants
    .filter((p) => p.rating === "poor" || p.rating === "fair")
    .map((p) => `${p.name || p.participantId} ${scoreText(p.score)} (${p.rating})`);
  const issues = (meeting.issues ?? []).map((one) =>
    issueText({ ...one, who: one.participants.map((id) => names.get(id) ?? id).join(", ") }),
  );
  const sentence = meeting.summary?.sentence || meeting.sentence;
  return [
    sentence ? `${meeting.meetingId}: ${sentence}` : meeting.meetingId,
    "",
    ...lines([
      ["When", times(meeting.startedAt, meeting.live ? null : meeting.endedAt)],
      ["Participants", String(meeting.participants.length)],
      ["Score", `${scoreText(meeting.score)} (${WORD[meeting.rating].toLowerCase()})`],
      ["Suffering", suffering.slice(0, 8).join(", ")],
      ["Issues", issues.slice(0, 8).join("; ")],
      ["Whose fault", meeting.issues?.[0]?.fault.because ?? ""],
    ]),
    "",
    link,
  ].join("\n");
}
