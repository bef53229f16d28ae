// What to tell the participant about an issue: the words of docs/issues.md.
import { tell } from "../core";

/** `open`: unfolded at first, for the worst of what goes on now. */
export function Advice({ type, who, open }: { type: string; who: string; open?: boolean }) {
  const words = tell[type];
  if (!words) return null;
  return (
    <details class="advice" open={open}>
      <summary>
        What to tell <bdi>{who}</bdi>
      </summary>
      <p>{words}</p>
    </details>
  );
}
