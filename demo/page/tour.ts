/**
 * The tutorial: what there is to see on this page, one step after the other. A step is done when it
 * happened, whoever made it happen; nothing has to be clicked away.
 */

/** What has happened so far. */
export interface Facts {
  /** An engine computes: the tag has found the call. */
  found: boolean;
  rating: string;
  /** Share of the sound that is dropped now. */
  damage: number;
  /** Ids of the troubles that are open, and of those that were opened under damage. */
  open: readonly string[];
  hurt: readonly string[];
  sentence: string;
  /** People in the meeting beside this page. */
  others: number;
  looked: boolean;
  copied: boolean;
}

export const NOTHING: Facts = {
  found: false,
  rating: "unknown",
  damage: 0,
  open: [],
  hurt: [],
  sentence: "",
  others: 0,
  looked: false,
  copied: false,
};

export interface Step {
  id: string;
  title: string;
  /** What to do, or what is seen. */
  text: string;
  /** Said once it is done. */
  after: (facts: Facts) => string;
  done: (facts: Facts) => boolean;
}

export const STEPS: readonly Step[] = [
  {
    id: "found",
    title: "Be in a call",
    text: "The tag in this page finds the call by itself, starts Python in a worker, and begins to look at it.",
    after: () => "Found, and measured once a second.",
    done: (facts) => facts.found,
  },
  {
    id: "score",
    title: "Get a score",
    text: "After ten seconds of sound and pictures there is enough to judge by.",
    after: (facts) => `The call is ${facts.rating}.`,
    done: (facts) => facts.rating !== "unknown",
  },
  {
    id: "damage",
    title: "Damage your network",
    text: "Pull the slider to 25 % and wait some seconds: sound goes missing, and callvitals says so in words.",
    after: (facts) => facts.sentence || "A trouble was opened.",
    done: (facts) => facts.hurt.length > 0,
  },
  {
    id: "look",
    title: "Look at it as your support would",
    text: "Open this meeting on the dashboard: who suffers, since when, and whose fault it is.",
    after: () => "It moves while you watch.",
    done: (facts) => facts.looked,
  },
  {
    id: "heal",
    title: "Heal it",
    text: "Back to 0 %. A trouble closes once it is well again for a while, so that nothing flaps.",
    after: () => "Closed, and kept in the history.",
    done: (facts) => facts.hurt.length > 0 && !facts.hurt.some((id) => facts.open.includes(id)),
  },
  {
    id: "others",
    title: "Bring a second person",
    text: "Open this page in a second window. Where several suffer at once, callvitals says so.",
    after: (facts) => `${facts.others + 1} in this meeting.`,
    done: (facts) => facts.others > 0,
  },
  {
    id: "tag",
    title: "Take the tag home",
    text: "One line, before the scripts that make your calls. That is all there is to it.",
    after: () => "Copied.",
    done: (facts) => facts.copied,
  },
];

/** What is known after the news. A busy machine has troubles of its own: only what begins while there
 *  is damage is its doing. Pure. */
export function learn(before: Facts, news: Partial<Facts>): Facts {
  const facts = { ...before, ...news };
  if (facts.damage < 0.1) return facts;
  const fresh = facts.open.filter((id) => ![...before.open, ...before.hurt].includes(id));
  return { ...facts, hurt: [...before.hurt, ...fresh] };
}

/** Steps once done stay done; the first that is not is the one to do. Pure. */
export function progress(
  before: ReadonlySet<string>,
  facts: Facts,
): { done: Set<string>; current: string | undefined } {
  const done = new Set(before);
  for (const step of STEPS) if (step.done(facts)) done.add(step.id);
  return { done, current: STEPS.find((step) => !done.has(step.id))?.id };
}

const byId = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

/** Draws the steps; `act` has a button's work by step. Gives what to call when something happened. */
export function startTour(
  act: Readonly<Record<string, { name: string; run: () => void }>>,
): (news: Partial<Facts>) => void {
  let facts = NOTHING;
  let state = progress(new Set(), facts);
  const said = new Map<string, string>();
  const items = STEPS.map((step) => {
    const item = document.createElement("li");
    const title = document.createElement("b");
    const text = document.createElement("p");
    item.id = `step-${step.id}`;
    title.textContent = step.title;
    item.append(title, text);
    const work = act[step.id];
    if (work) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = work.name;
      button.addEventListener("click", work.run);
      item.append(button);
    }
    return { step, item, text };
  });
  byId("steps").append(...items.map(({ item }) => item));

  function show(): void {
    for (const { step, item, text } of items) {
      const done = state.done.has(step.id);
      if (done && !said.has(step.id)) said.set(step.id, step.after(facts));
      item.className = done ? "done" : step.id === state.current ? "current" : "";
      if (step.id === state.current) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      text.textContent = done ? (said.get(step.id) ?? "") : step.text;
    }
    const count = state.done.size;
    byId("tour-count").textContent =
      count === STEPS.length ? "All done" : `${count} of ${STEPS.length}`;
  }

  show();
  return (news) => {
    facts = learn(facts, news);
    state = progress(state.done, facts);
    show();
  };
}
