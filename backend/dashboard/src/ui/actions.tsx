// Copying to the clipboard, and where that is not allowed (a plain http address) showing the text.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys";

function ByHand({ text, close }: { text: string; close: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    box.current?.showModal();
    area.current?.select();
  }, []);
  return (
    <dialog ref={box} class="sheet by-hand" onClose={close} aria-labelledby="by-hand-title">
      <h2 id="by-hand-title">Copy this text</h2>
      <p class="dim">The browser lets no page copy by itself under this address.</p>
      <textarea ref={area} readOnly rows={14} aria-label="Text for the ticket">
        {text}
      </textarea>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

/** One press, one text that says it all. */
export function CopyTicket({ text }: { text: () => string }) {
  const [done, setDone] = useState(false);
  const [shown, setShown] = useState("");
  const copy = async (): Promise<void> => {
    const made = text();
    try {
      await navigator.clipboard.writeText(made);
      setDone(true);
      setTimeout(() => setDone(false), 2000);
    } catch {
      setShown(made);
    }
  };
  useKeys({ c: copy });
  return (
    <>
      <button type="button" onClick={copy} title="The sentence, the facts and the link (c)">
        {done ? "Copied" : "Copy for ticket"}
      </button>
      <span class="off-screen" aria-live="polite">
        {done ? "Copied for the ticket" : ""}
      </span>
      {shown && <ByHand text={shown} close={() => setShown("")} />}
    </>
  );
}

/** Files of what is shown, straight from the service. */
export function Export({ ask }: { ask: Record<string, string> }) {
  const box = useRef<HTMLDetailsElement>(null);
  const link = (more: Record<string, string>): string =>
    `/api/export?${new URLSearchParams({ ...ask, ...more })}`;
  const close = (): void => box.current?.removeAttribute("open");
  const files: [string, string][] = [
    ["Every tick, CSV", link({ what: "ticks", format: "csv" })],
    ["Every tick, NDJSON", link({ what: "ticks", format: "ndjson" })],
    ["Minutes, CSV", link({ what: "minutes", format: "csv" })],
    ["Events, NDJSON", link({ what: "events", format: "ndjson" })],
  ];
  return (
    <details
      class="menu"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !box.current?.open) return;
        event.preventDefault();
        event.stopPropagation();
        close();
        box.current.querySelector("summary")?.focus();
      }}
      onFocusOut={(event) => {
        const to = event.relatedTarget;
        if (to instanceof Node && !event.currentTarget.contains(to)) close();
      }}
    >
      <summary class="button">Export</summary>
      <ul>
        {files.map(([name, href]) => (
          <li key={name}>
            <a href={href} download onClick={close}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
