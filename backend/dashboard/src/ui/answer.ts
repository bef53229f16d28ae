// What REST says to a screen, asked again every so often: the old answer stays while a new one is on
// its way or does not come.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get } from "../api";
import { useLink } from "../live";

export interface Answered<T> {
  answer: T | null;
  /** Of which question the answer is. */
  path: string;
  /** Why the newest one did not come; "" if it did. */
  error: string;
  status: number;
  busy: boolean;
  /** Epoch ms of the answer. */
  at: number;
  again: () => void;
}

/** `every`: ms between two looks while the page is seen; 0: only once. */
export function useAnswer<T>(path: string, every = 0): Answered<T> {
  const [got, setGot] = useState<{ answer: T; path: string; at: number } | null>(null);
  const [failed, setFailed] = useState<{ text: string; status: number; path: string } | null>(null);
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
          setGot({ answer, path, at: Date.now() });
          setFailed(null);
          setBusy(false);
          later();
        },
        (reason: Error) => {
          if (stop.signal.aborted) return;
          const status = reason instanceof ApiError ? reason.status : 0;
          setFailed({ text: reason.message, status, path });
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
  return {
    answer: got?.answer ?? null,
    path: got?.path ?? "",
    error: failed?.path === path ? failed.text : "",
    status: failed?.path === path ? failed.status : 0,
    busy,
    at: got?.at ?? 0,
    again: () => setRound((n) => n + 1),
  };
}
