// Questions to the host, with their answers by number; a question never waits for ever.

import type { Json } from "./messages";

const ANSWER_MS = 2000;

export interface Questions {
  /** `post` sends the question with its number; null when no answer came in time. */
  ask(post: (id: number) => void): Promise<Json>;
  answer(id: number, value: Json): void;
}

export function createQuestions(later: (ms: number, run: () => void) => () => void): Questions {
  const open = new Map<number, (value: Json) => void>();
  let count = 0;
  return {
    ask: (post) =>
      new Promise((resolve) => {
        const id = ++count;
        const cancel = later(ANSWER_MS, () => settle(null));
        const settle = (value: Json): void => {
          cancel();
          open.delete(id);
          resolve(value);
        };
        open.set(id, settle);
        post(id);
      }),
    answer: (id, value) => open.get(id)?.(value),
  };
}
