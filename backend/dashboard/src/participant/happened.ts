// What an event of the log says, in a few words. Pure. The list of events: docs/internals.md.
import { engineText } from "../engine";
import { age } from "../format";
import type { CallEvent } from "../types";
import { titleOf } from "../ui/bands";

export type Tone = "poor" | "fair" | "good" | "mark" | "";

export interface Told {
  title: string;
  text: string;
  tone: Tone;
}

const text = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : "";

const STATES = ["connectionState", "iceConnectionState", "signalingState", "iceGatheringState"];
const PAGE: Record<string, string> = {
  hidden: "Page hidden",
  visible: "Page visible again",
  frozen: "Page frozen by the browser",
  resumed: "Page resumed",
  pagehide: "Page left",
  pageshow: "Page came back",
};

function media(event: CallEvent): Told {
  const kinds = [event.audio && "sound", event.video && "video"].filter(Boolean).join(" and ");
  if (event.what === "ended") {
    return { title: "Capture ended", text: text(event.kind), tone: "fair" };
  }
  const title = event.what === "getDisplayMedia" ? "Screen" : "Camera and microphone";
  if (event.asked) return { title, text: `asked for ${kinds}`, tone: "" };
  return event.ok
    ? { title, text: `granted: ${kinds}`, tone: "" }
    : { title, text: `refused: ${text(event.error)}`, tone: "poor" };
}

function connection(event: CallEvent): Told {
  const said = STATES.flatMap((key) => text(event[key]) || []);
  const switched = ["audio", "video"].flatMap((kind) =>
    event[kind] ? `${kind} ${event[kind] === "live" ? "on" : "off"}` : [],
  );
  const bad = said.includes("failed") || said.includes("disconnected");
  return {
    title: switched.length && !said.length ? "Sending" : "Connection",
    text: [...said, ...switched].join(", ") || "configured",
    tone: said.includes("failed") ? "poor" : bad ? "fair" : "",
  };
}

export function happened(event: CallEvent): Told {
  switch (event.type) {
    case "issue-open":
      return {
        title: titleOf(text(event.name)),
        text: text(event.sentence),
        tone: event.severity === "major" ? "poor" : "fair",
      };
    case "issue-close":
      return {
        title: `${titleOf(text(event.name))} over`,
        text: text(event.sentence),
        tone: "good",
      };
    case "rating":
      return {
        title: `Rating ${text(event.to)}`,
        text: event.from ? `was ${text(event.from)}` : "",
        tone: event.to === "poor" || event.to === "fair" || event.to === "good" ? event.to : "",
      };
    case "mark":
      return { title: text(event.name) || "Mark", text: rest(event.data), tone: "mark" };
    case "rate":
      return {
        title: `Rated ${"★".repeat(Math.max(0, Math.min(5, Number(event.stars) || 0)))}`,
        text: text(event.text),
        tone: "mark",
      };
    case "pc":
      return connection(event);
    case "media":
      return media(event);
    case "device":
      return { title: "Devices changed", text: "", tone: "" };
    case "page":
      return { title: PAGE[text(event.what)] ?? "Page", text: "", tone: "" };
    case "icecandidateerror":
      return {
        title: `${(text(event.kind) || "ICE").toUpperCase()} error ${text(event.errorCode)}`,
        text: text(event.transport),
        tone: "fair",
      };
    case "clock-jump": {
      const ms = Number(event.ms) || 0;
      return {
        title: "Clock jumped",
        text: `${ms < 0 ? "back" : "ahead"} ${age(Math.abs(ms))}`,
        tone: "",
      };
    }
    case "engine":
      return {
        title: "Engine",
        text: [engineText(text(event.engine), text(event.host)), reason(event.why)]
          .filter(Boolean)
          .join(", "),
        tone: "",
      };
    case "engine-reset":
      return { title: "Engine began anew", text: text(event.why), tone: "fair" };
    case "lost":
      return { title: "Dropped", text: `${text(event.count)} ${text(event.what)}`, tone: "fair" };
    case "stop":
      return { title: "Stopped", text: "", tone: "" };
    default: {
      const { type, t, tick, sessionId, ...more } = event;
      return { title: type, text: rest(more), tone: "" };
    }
  }
}

const reason = (why: unknown): string => (text(why) === "default" ? "" : text(why));

const rest = (value: unknown): string =>
  value === undefined || value === null
    ? ""
    : typeof value === "object"
      ? Object.entries(value)
          .map(([key, one]) => `${key} ${typeof one === "object" ? JSON.stringify(one) : one}`)
          .join(", ")
      : String(value);
