/**
 * The demo meeting: open it in two tabs and they call each other; alone, the page calls itself. The
 * one line that matters to a real page is `embed`: the script tag.
 */

import { Line, loopback } from "./call.js";
import type { Damage } from "./damage.js";
import { capture, draw } from "./media.js";
import { join } from "./room.js";
import { type Facts, startTour } from "./tour.js";
import { labelReceiver, watchVitals } from "./vitals.js";

const NAMES = ["Robin", "Kim", "Sascha", "Noor", "Yuki", "Toni", "Alex", "Mika", "Jo", "Lou"];
const ALONE_MS = 1200;
const CUT_MS = 8000;
const HOLD_MS = 1000; // of jitter buffer at full damage
// Of the pictures less is dropped: a real call repairs most of that by sending it again.
const VIDEO_PART = 0.1;

const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const words = new URLSearchParams(location.search);
const room = words.get("room") || "demo-room";
const id = crypto.randomUUID?.() ?? Math.random().toString(36).slice(2);
const name = `${NAMES[Math.floor(Math.random() * NAMES.length)]} ${10 + Math.floor(Math.random() * 90)}`;

const participantOf = (tab: string) => `guest-${tab.slice(0, 8)}`;

/** Puts the script tag into the page, and shows it. */
function embed(): Promise<void> {
  const tag = document.createElement("script");
  tag.src = new URL("/sdk.js", location.href).href;
  tag.crossOrigin = "";
  tag.dataset.meeting = room;
  tag.dataset.participant = participantOf(id);
  tag.dataset.name = name;
  byId("tag").textContent = tag.outerHTML.replace('crossorigin=""', "crossorigin");
  return new Promise((done) => {
    tag.onload = tag.onerror = () => done();
    document.head.append(tag);
  });
}

const lines = new Map<string, Line>();
let aloneTimer: ReturnType<typeof setTimeout> | undefined;
let endLoopback: (() => void) | undefined;
let damager: Worker | null = null;
let damage = 0;
let cutUntil = 0;
let tell: (news: Partial<Facts>) => void = () => {};

function tile(key: string, caption: string): HTMLVideoElement {
  byId(`tile-${key}`)?.remove();
  const figure = document.createElement("figure");
  figure.id = `tile-${key}`;
  const video = document.createElement("video");
  video.autoplay = video.muted = video.playsInline = true;
  const text = document.createElement("figcaption");
  text.textContent = caption;
  figure.append(video, text);
  byId("others").append(figure);
  return video;
}

function open(key: string, caption: string, stream: MediaStream): Line {
  const line = new Line(stream, tile(key, caption));
  lines.set(key, line);
  for (const receiver of line.pc.getReceivers()) sift(receiver);
  line.pc.addEventListener("track", ({ receiver }) => {
    sift(receiver);
    labelReceiver(receiver, participantOf(key === "self" ? id : key));
  });
  people();
  return line;
}

function close(key: string): void {
  lines.get(key)?.close();
  lines.delete(key);
  byId(`tile-${key}`)?.remove();
  people();
}

function people(): void {
  tell({ others: lines.has("self") ? 0 : lines.size });
  byId("people").textContent = lines.has("self")
    ? "Nobody else is here, so this page calls itself. Open it in a second window to have a real partner."
    : `${lines.size + 1} in this meeting. The others are tabs of this browser.`;
}

/** Puts the damage into what this receiver gets. */
function sift(receiver: RTCRtpReceiver): void {
  if (!damager || receiver.transform) return;
  receiver.transform = new RTCRtpScriptTransform(damager, receiver.track.kind);
  hold(receiver);
}

function hold(receiver: RTCRtpReceiver): void {
  if ("jitterBufferTarget" in receiver) {
    receiver.jitterBufferTarget = damage > 0 ? Math.round(damage * HOLD_MS) : null;
  }
}

function applyDamage(): void {
  const cut = Date.now() < cutUntil;
  const drop: Damage = { audio: cut ? 1 : damage, video: cut ? 1 : damage * VIDEO_PART };
  damager?.postMessage(drop);
  for (const line of lines.values()) line.pc.getReceivers().forEach(hold);
  byId("percent").textContent = `${Math.round(damage * 100)} %`;
  tell({ damage });
}

function setDamage(percent: number): void {
  byId<HTMLInputElement>("amount").value = String(percent);
  damage = percent / 100;
  applyDamage();
}

function tour(): void {
  const dashboard = byId<HTMLAnchorElement>("dashboard");
  const looked = () => tell({ looked: true });
  dashboard.addEventListener("click", looked);
  const copy = async () => {
    const text = byId("tag").textContent ?? "";
    const button = byId("copy");
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      // Not allowed here: it is selected, for the keyboard to copy.
      getSelection()?.selectAllChildren(byId("tag"));
      button.textContent = "Selected: copy it by keyboard";
    }
    tell({ copied: true });
  };
  byId("copy").addEventListener("click", copy);
  tell = startTour({
    ...(damager ? { damage: { name: "Damage it for me", run: () => setDamage(25) } } : {}),
    look: {
      name: "Open the dashboard",
      run: () => {
        looked();
        window.open(dashboard.href, "_blank", "noopener");
      },
    },
    ...(damager ? { heal: { name: "Heal it for me", run: () => setDamage(0) } } : {}),
    others: {
      name: "Open a second window",
      run: () => window.open(location.href, "_blank", "noopener,width=1100,height=800"),
    },
    tag: { name: "Copy the tag", run: copy },
  });
}

function controls(): void {
  const amount = byId<HTMLInputElement>("amount");
  const cut = byId<HTMLButtonElement>("cut");
  if (typeof RTCRtpScriptTransform === "undefined") {
    amount.disabled = cut.disabled = true;
    byId("effect").textContent = "This browser has no RTCRtpScriptTransform: no damage to be done.";
  } else {
    damager = new Worker(byId<HTMLLinkElement>("damage-worker").href, { type: "module" });
    byId("effect").textContent =
      "Drops this share of the sound that arrives here, and a tenth as much of the pictures, before " +
      "they are decoded. The packets did arrive, so packet loss stays at 0.";
  }
  amount.addEventListener("input", () => {
    damage = Number(amount.value) / 100;
    applyDamage();
  });
  cut.addEventListener("click", () => {
    cutUntil = Date.now() + CUT_MS;
    cut.disabled = true;
    applyDamage();
    setTimeout(() => {
      cut.disabled = false;
      applyDamage();
    }, CUT_MS + 50);
  });
  byId("listen").addEventListener("click", () => {
    const on = byId("listen").getAttribute("aria-pressed") !== "true";
    byId("listen").setAttribute("aria-pressed", String(on));
    for (const video of document.querySelectorAll("video")) video.muted = !on;
  });
}

/** Browsers start sound only after a gesture. */
function unlock(sound: AudioContext): void {
  const resume = () => {
    sound.resume().then(tell, tell);
  };
  const tell = () => {
    byId("sound").hidden = sound.state === "running";
  };
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, resume);
  sound.addEventListener("statechange", tell);
  resume();
  tell();
}

async function main(): Promise<void> {
  byId("room").textContent = room;
  byId("me").textContent = name;
  byId<HTMLAnchorElement>("dashboard").href = `/m/${encodeURIComponent(room)}`;
  controls();
  tour();
  await embed(); // before the first RTCPeerConnection, as on any page
  const canvas = byId<HTMLCanvasElement>("self");
  draw(canvas, name, Math.floor(Math.random() * 360));
  const { stream, sound } = capture(canvas);
  unlock(sound);
  watchVitals((news) => tell(news));

  const alone = async () => {
    if (lines.size > 0) return;
    const near = open("self", "You again, after the trip through the network.", stream);
    endLoopback = await loopback(stream, near);
  };
  const notAlone = () => {
    clearTimeout(aloneTimer);
    if (!lines.has("self")) return;
    endLoopback?.();
    close("self");
  };
  const leave = join(room, id, name, {
    call(other, called) {
      notAlone();
      return open(other, called, stream).offer();
    },
    called(other, called, sdp) {
      notAlone();
      return open(other, called, stream).answer(sdp);
    },
    async answered(other, sdp) {
      await lines.get(other)?.accept(sdp);
    },
    left(other) {
      close(other);
      aloneTimer = setTimeout(alone, ALONE_MS);
    },
  });
  aloneTimer = setTimeout(alone, ALONE_MS);
  addEventListener("pagehide", leave);
}

main().catch((error: unknown) => {
  byId("sentence").textContent = `The call could not start: ${error}`;
});
