// Engines, hosts and paths in words. Pure.
import type { Connection } from "./types";

const ENGINES: Record<string, string> = {
  pyodide: "Pyodide",
  micropython: "MicroPython",
  cpython: "CPython",
  relay: "Relay",
};
const HOSTS: Record<string, string> = {
  worker: "in the page's worker",
  main: "on the main thread",
  server: "on the server",
};

/** "Pyodide in the page's worker". */
export function engineText(
  engine: string | undefined | null,
  host: string | undefined | null,
): string {
  if (!engine) return "not told yet";
  if (engine === "starting") return `starting ${HOSTS[host ?? ""] ?? ""}`.trim();
  if (engine === "none") return "none: this page can run no engine";
  return `${ENGINES[engine] ?? engine} ${HOSTS[host ?? ""] ?? host ?? ""}`.trim();
}

/** "srflx → relay · UDP · relay TLS". */
export function pathText(pc: Connection): string {
  const ends = pc.local || pc.remote ? `${pc.local ?? "?"} → ${pc.remote ?? "?"}` : "";
  const way = [
    pc.protocol?.toUpperCase(),
    pc.relayProtocol && `relay ${pc.relayProtocol.toUpperCase()}`,
    pc.networkType,
  ];
  return [ends, ...way].filter(Boolean).join(" · ");
}
