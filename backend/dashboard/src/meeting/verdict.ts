// The meeting's issues with the participants who have them: one or all, and whose fault. Pure.
import type { Issue, Meeting, MeetingIssue } from "../types";

/** An issue that is open in a participant's session. */
export interface OpenIssue extends Issue {
  who: string;
  participantId: string;
  key: string;
}

/** One line of the panel: an issue of the meeting, and what those who have it say themselves. */
export interface Line {
  key: string;
  issue: MeetingIssue;
  people: Person[];
}

export interface Person {
  participantId: string;
  name: string;
  sentence: string;
  /** It closed a moment ago and is only held. */
  over: boolean;
}

/** All that is open, the newest first. */
function openIssues(meeting: Meeting): OpenIssue[] {
  const all: OpenIssue[] = [];
  for (const p of meeting.participants) {
    for (const s of p.sessions) {
      if (s.presence !== "live") continue;
      for (const [key, issue] of Object.entries(s.state?.issues ?? {})) {
        all.push({
          ...issue,
          who: p.name || p.participantId,
          participantId: p.participantId,
          key: `${s.sessionId} ${key}`,
        });
      }
    }
  }
  return all.sort((a, b) => b.since - a.since);
}

const way = (issue: OpenIssue): string => {
  const direction = issue.evidence?.direction;
  return typeof direction === "string" ? direction : "";
};

/** The panel's lines, the worst first as the service orders them. */
export function linesOf(meeting: Meeting): Line[] {
  const open = openIssues(meeting);
  const names = new Map(meeting.participants.map((p) => [p.participantId, p.name]));
  return (meeting.issues ?? []).map((issue) => ({
    key: `${issue.type} ${issue.direction ?? ""}`,
    issue,
    people: issue.participants.map((participantId) => {
      const own = open.find(
        (one) =>
          one.participantId === participantId &&
          one.type === issue.type &&
          (!issue.direction || way(one).startsWith(issue.direction)),
      );
      return {
        participantId,
        name: names.get(participantId) || participantId,
        sentence: own?.sentence ?? "",
        over: !own,
      };
    }),
  }));
}

/** The issue that the meeting's sentence is about, if it affects everyone. */
export const forAll = (meeting: Meeting): MeetingIssue | undefined =>
  meeting.issues?.find((one) => one.scope === "everyone" && one.sentence === meeting.sentence);

/** How many have it, in two or three words. */
export const reach = (issue: MeetingIssue): string =>
  issue.participants.length >= issue.present
    ? "everyone"
    : `${issue.participants.length} of ${issue.present}`;

/** A few words on the side that is at fault; "" while it is unknown. */
export function sideOf(issue: MeetingIssue, nameOf: (id: string) => string): string {
  const { side, participant } = issue.fault;
  if (side === "path") return "Common path";
  if (side === "unknown") return "";
  const what = side === "sender" ? "Sender" : "Receiver";
  return participant === undefined ? what : `${what}: ${nameOf(participant)}`;
}
