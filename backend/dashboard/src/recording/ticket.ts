// What goes into a ticket about a recording: its sentence and facts, and the file's name instead of a
// link, for a recording has no address. Pure.
import { said, score as scoreText } from "../format";
import { issueText, lines, NOW, utc } from "../ui/ticket";
import type { Analysis, RecordedConnection } from "./types";

/** one: the connection that is looked at; without any, the whole alone. */
export function recordingTicket(
  file: string,
  all: Analysis,
  one: RecordedConnection | undefined,
): string {
  const { browser, browserVersion, os } = all.facts;
  const issues = [...all.issues, ...(one?.issues ?? [])].sort((a, b) => a.since - b.since);
  const { local, remote, protocol, networkType } = one?.route ?? {};
  return [
    `${all.meeting || all.participant || file}: ${all.sentence || "No trouble found."}`,
    "",
    ...lines([
      ["File", file],
      ["Meeting", all.meeting ?? ""],
      ["Participant", all.participant ?? ""],
      ["When", `${utc(all.start)} to ${utc(all.end)}`],
      ["Score", `${scoreText(all.score)} (${all.rating})`],
      ["Connection", one ? `${one.pc}: ${scoreText(one.score)} (${one.rating})` : ""],
      [
        "Numbers",
        NOW.filter(([key]) => typeof one?.means[key] === "number")
          .map(([key, unit, word]) => `${word} ${said(unit, one?.means[key])}`)
          .join(", "),
      ],
      [
        "Issues",
        issues
          .slice(-8)
          .map((issue) => issueText({ ...issue, to: issue.open ? null : issue.until }))
          .join("; "),
      ],
      [
        "Path",
        [local && `${local} to ${remote}`, protocol, networkType].filter(Boolean).join(", "),
      ],
      ["Device", [browser, browserVersion, os].filter(Boolean).join(" ")],
      ["Missing", all.missing.join("; ")],
    ]),
  ].join("\n");
}
