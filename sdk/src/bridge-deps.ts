// What the bridge is given by the session, and what it tells of itself.

import type { Edge } from "./hosts";
import type { HostOptions, RingEvent, ServerConfig, Told, Where } from "./messages";
import type { EngineChoice, Mode } from "./public";
import type { Store } from "./ring";

export type Phase =
  | "idle"
  | "spawning"
  | "alive"
  | "booting"
  | "ready"
  | "none"
  | "stranded"
  | "ended";

export const PLACES: Record<Where, string> = { worker: "the worker", main: "the page's thread" };

export interface BridgeDeps {
  /** What the bridge wants of the browser; default: the real one, with hosts from `assets`. */
  edge?: Edge;
  /** Folder of the service's hashed files: an absolute URL with a trailing slash. */
  assets: string;
  store: Store;
  options: HostOptions;
  sessionId: string;
  /** Of the SDK. */
  version: string;
  /** The page's wish. */
  engine: EngineChoice;
  origin: number;
  base(): number;
  now(): number;
  hidden(): boolean;
  /** A peer connection of the session has been connected. */
  connected(): boolean;
  later(ms: number, run: () => void): () => void;
  enter(event: RingEvent): void;
  config(config: ServerConfig): void;
  wantTick(): void;
  mode(mode: Mode): void;
  /** What the host app listens to, and its callbacks. */
  wanted(): Told[];
  tell(event: Told, data: unknown): void;
  /** No host can be had: the service is not reachable from here but by a plain POST. */
  stranded(why: string): void;
  /** No socket can be opened, `conn` was the last try: this is to be told by a plain POST. */
  cut(mode: Mode, conn: number): void;
  /** The host ended by itself: superseded or refused. */
  ended(why: string): void;
}
