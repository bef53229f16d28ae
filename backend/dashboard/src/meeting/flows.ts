// Who receives whom, where the host app's labels tell, and how well. Pure.
import type { Meeting, Participant } from "../types";

export type Flow = "well" | "fair" | "poor";

export interface Flows {
  /** Those who send or receive something that is labelled: the matrix's rows and columns. */
  people: { id: string; name: string }[];
  /** By receiver, by sender. */
  cells: Map<string, Map<string, { flow: Flow; issues: string[] }>>;
}

const live = (p: Participant) => p.sessions.filter((s) => s.presence === "live");

/** An issue is a sender's where it names one, and else all of theirs whom its owner receives. */
function trouble(cell: { flow: Flow; issues: string[] }, severity: string, type: string): void {
  if (severity === "major") cell.flow = "poor";
  else if (cell.flow === "well") cell.flow = "fair";
  if (!cell.issues.includes(type)) cell.issues.push(type);
}

export function flowsOf(meeting: Meeting): Flows {
  const names = new Map(
    meeting.participants.map((p) => [p.participantId, p.name || p.participantId]),
  );
  const cells: Flows["cells"] = new Map();
  const seen = new Set<string>();
  for (const p of meeting.participants) {
    const row = new Map<string, { flow: Flow; issues: string[] }>();
    for (const session of live(p)) {
      for (const label of Object.values(session.state?.labels ?? {})) {
        const sender = label.participant;
        if (!sender || sender === p.participantId || !names.has(sender)) continue;
        if (!row.has(sender)) row.set(sender, { flow: "well", issues: [] });
      }
      for (const issue of Object.values(session.state?.issues ?? {})) {
        const { participant, direction } = issue.evidence ?? {};
        if (typeof participant === "string") {
          const cell = row.get(participant);
          if (cell) trouble(cell, issue.severity, issue.type);
        } else if (direction === "in") {
          for (const cell of row.values()) trouble(cell, issue.severity, issue.type);
        }
      }
    }
    if (!row.size) continue;
    cells.set(p.participantId, row);
    seen.add(p.participantId);
    for (const sender of row.keys()) seen.add(sender);
  }
  const people = meeting.participants
    .filter((p) => seen.has(p.participantId))
    .map((p) => ({ id: p.participantId, name: names.get(p.participantId) ?? "" }));
  return { people, cells };
}

/** The troubled ones alone, for meetings too large for a matrix. */
export function badFlows({ people, cells }: Flows): {
  from: string;
  to: string;
  flow: Flow;
  issues: string[];
}[] {
  const name = new Map(people.map((p) => [p.id, p.name]));
  return [...cells].flatMap(([to, row]) =>
    [...row]
      .filter(([, cell]) => cell.flow !== "well")
      .map(([from, cell]) => ({ from: name.get(from) ?? from, to: name.get(to) ?? to, ...cell })),
  );
}
