// What REST says to a screen, asked again every so often: the old answer stays while a new one is on
// its way or does not come. Another question's answer stays too, and says what it is of: a screen puts
// it under its own heading, never under that of what is asked now.
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api";
import { useLink } from "../live";

export interface Answered<T, A = unknown> {
  answer: T | null;
  /** What was asked for this answer; without one, what is asked now. */
  about: A;
  /** The answer is to another question than the one asked now. */
  other: boolean;
  /** Why the newest one did not come; "" if it did. */
  error: string;
  /** A newer answer, or that to this question, is on its way. */
  busy: boolean;
  /** Epoch ms of the answer. */
  at: number;
  again: () => void;
}

/**
 * `every`: ms between two looks while the page is seen; 0: only once. `about`: what the path asks, in
 * the screen's words; it changes with the path only.
 */
export function useAnswer<T, A = undefined>(path: string, every = 0, about?: A): Answered<T, A> {
  const [got, setGot] = useState<{ answer: T; path: string; about: A; at: number } | null>(null);
  const [failed, setFailed] = useState<{ text: string; path: string } | null>(null);
  const [busy, setBusy] = useState(true);
  const [round, setRound] = useState(0);
  const { returns } = useLink();
  const timer = useRef(0);
  useEffect(() => {
    const stop = new AbortController();
    const later = (): void => {
      clearTimeout(timer.current);
      if (every && !stop.signal.aborted) timer.current = window.setTimeout(look, every);
    };
    let first = true; // the first look is for who opened the page in the background, too
    const look = (): void => {
      if (document.hidden && !first) {
        later();
        return;
      }
      first = false;
      get<T>(path, stop.signal).then(
        (answer) => {
          setGot({ answer, path, about: about as A, at: Date.now() });
          setFailed(null);
          setBusy(false);
          later();
        },
        (reason: Error) => {
          if (stop.signal.aborted) return;
          setFailed({ text: reason.message, path });
          setBusy(false);
          later();
        },
      );
    };
    setBusy(true);
    look();
    return () => {
      stop.abort();
      clearTimeout(timer.current);
    };
  }, [path, every, round, returns]);
  const other = got !== null && got.path !== path;
  const error = failed?.path === path ? failed.text : "";
  return {
    answer: got?.answer ?? null,
    about: got ? got.about : (about as A),
    other,
    error,
    busy: busy || (other && !error),
    at: got?.at ?? 0,
    again: () => setRound((n) => n + 1),
  };
}
