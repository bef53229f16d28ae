// The keyboard: one listener, screens register what their keys do; the newest layer is asked first.
import { useLayoutEffect, useRef } from "preact/hooks";

export type Keys = Record<string, (event: KeyboardEvent) => void>;
const layers: { current: Keys }[] = [];
let prefix = "";
let prefixAt = 0;

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

// A focused button or link keeps the keys that press it.
const presses = (target: EventTarget | null, key: string): boolean =>
  (key === "Enter" || key === " ") &&
  target instanceof HTMLElement &&
  ["BUTTON", "A", "SUMMARY"].includes(target.tagName);

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.isComposing) return;
  if (document.querySelector("dialog[open]")) return; // it has its own keys, Escape among them
  const fresh = event.timeStamp - prefixAt < 1000;
  const name = prefix && fresh ? `${prefix} ${event.key}` : event.key;
  prefix = "";
  if (typing(event.target) && event.key !== "Escape") return;
  if (presses(event.target, event.key)) return;
  if (event.key === "g" && name === "g") {
    prefix = "g";
    prefixAt = event.timeStamp;
    return;
  }
  for (let i = layers.length - 1; i >= 0; i--) {
    const act = layers[i]?.current[name];
    if (!act) continue;
    event.preventDefault();
    act(event);
    return;
  }
}

export function start(): void {
  document.addEventListener("keydown", onKey);
}

/** While the component lives, `keys` act; the functions of the last render are the ones called. */
export function useKeys(keys: Keys): void {
  const layer = useRef(keys);
  layer.current = keys;
  // With the drawing, not after it: what is seen answers to its keys at once.
  useLayoutEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}
