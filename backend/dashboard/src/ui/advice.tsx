// What to tell the participant about an issue: the words of docs/issues.md.
import { tell } from "../core";

export function Advice({ type, who }: { type: string; who: string }) {
  const words = tell[type];
  if (!words) return null;
  return (
    <details class="advice">
      <summary>
        What to tell <bdi>{who}</bdi>
      </summary>
      <p>{words}</p>
    </details>
  );
}
