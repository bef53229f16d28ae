// @ts-check
/** The Content-Security-Policy that the README tells a site to have, read from the README itself. */
import { readFileSync } from "node:fs";

const README = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

/** @param {string} service its URL @returns {Record<string, string>} directive → sources */
function documented(service) {
  const block = /Content-Security-Policy[^`]*```\n([^`]+)```/.exec(README)?.[1] ?? "";
  const text = block
    .replaceAll("https://vitals.example.com", service)
    .replaceAll("wss://vitals.example.com", service.replace("http", "ws"));
  const lines = text.split(";").map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(
    lines.filter(([name]) => name).map(([name = "", ...sources]) => [name, sources.join(" ")]),
  );
}

/**
 * The documented policy on a site that allows itself and nothing else.
 * @param {string} service its URL
 * @param {Record<string, string>} [other] what a site may have made of it
 */
export function policy(service, other = {}) {
  const told = documented(service);
  const names = ["connect-src", "script-src", "worker-src"];
  if (Object.keys(told).sort().join() !== names.join()) throw new Error("README: no such policy");
  const directives = {
    "default-src": "'self'",
    "script-src": `'self' ${told["script-src"]}`,
    "worker-src": told["worker-src"],
    "connect-src": `'self' ${told["connect-src"]}`,
    "img-src": "data:",
    "media-src": "blob: mediastream:",
    ...other,
  };
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}
