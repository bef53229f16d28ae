// Which stretch of time is shown: text in the address bar ⇄ a span of epoch milliseconds. Pure.

export type Range =
  | { kind: "all" }
  | { kind: "last"; ms: number }
  | { kind: "fixed"; from: number; to: number };

export interface Span {
  from: number;
  to: number;
}

const SHORTEST = 5_000;

export function parseRange(text: string): Range {
  const last = /^(\d{1,4})m$/.exec(text);
  if (last) return { kind: "last", ms: Number(last[1]) * 60_000 };
  const fixed = /^(\d{10,15})-(\d{10,15})$/.exec(text);
  if (fixed) {
    const [from, to] = [Number(fixed[1]), Number(fixed[2])];
    if (to > from) return { kind: "fixed", from, to: Math.max(to, from + SHORTEST) };
  }
  return { kind: "all" };
}

export function rangeText(range: Range): string {
  if (range.kind === "all") return "all";
  if (range.kind === "last") return `${Math.round(range.ms / 60_000)}m`;
  return `${Math.round(range.from)}-${Math.round(range.to)}`;
}

/** The same stretch of time for ever: the newest minutes are others tomorrow. `now`: epoch ms. */
export const lasting = (text: string, now: number): string => {
  const range = parseRange(text);
  return range.kind === "last"
    ? rangeText({ kind: "fixed", from: now - range.ms, to: now })
    : rangeText(range);
};

/** What a range means while the call reaches from `whole.from` to `whole.to`. */
export function spanOf(range: Range, whole: Span): Span {
  if (range.kind === "fixed") return range;
  const to = Math.max(whole.to, whole.from + SHORTEST);
  if (range.kind === "all") return { from: whole.from, to };
  return { from: Math.max(to - range.ms, Math.min(whole.from, to - SHORTEST * 2)), to };
}

/** Half as much or twice as much, around a moment; out to the whole call is "all" again. */
export function zoomed(
  span: Span,
  whole: Span,
  factor: number,
  at = (span.from + span.to) / 2,
): Range {
  const length = Math.max(SHORTEST, (span.to - span.from) * factor);
  const share = (at - span.from) / (span.to - span.from); // it keeps its place
  const from = Math.max(whole.from, at - length * share);
  const to = Math.min(Math.max(whole.to, from + SHORTEST), from + length);
  if (to - from >= (whole.to - whole.from) * 0.98) return { kind: "all" };
  return { kind: "fixed", from, to };
}

export const around = (from: number, to: number, margin = 30_000): Range => ({
  kind: "fixed",
  from: from - margin,
  to: to + margin,
});

/** The same length, moved by a share of it; never beyond the call. */
export function panned(span: Span, whole: Span, share: number): Range {
  const length = span.to - span.from;
  const move = length * share;
  const most = Math.max(whole.from, whole.to - length);
  const from = Math.min(most, Math.max(whole.from, span.from + move));
  return { kind: "fixed", from, to: from + length };
}
