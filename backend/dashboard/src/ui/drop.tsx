// A file dropped anywhere on the page opens as a meeting.
import { useLayoutEffect, useState } from "preact/hooks";

const hasFiles = (event: DragEvent): boolean =>
  [...(event.dataTransfer?.types ?? [])].includes("Files");

export function DropZone() {
  const [over, setOver] = useState(false);
  const [lost, setLost] = useState("");
  useLayoutEffect(() => {
    // Children fire, too: what counts is how deep the pointer is.
    let depth = 0;
    const see = (by: number, event: DragEvent): void => {
      depth = Math.max(0, depth + by);
      setOver(depth > 0 && hasFiles(event));
    };
    const stop = new AbortController();
    const { signal } = stop;
    addEventListener("dragenter", (event) => see(1, event), { signal });
    addEventListener("dragleave", (event) => see(-1, event), { signal });
    addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault(), { signal });
    addEventListener(
      "drop",
      (event) => {
        depth = 0;
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (!file) return;
        event.preventDefault();
        setLost("");
        import("../recording/store").then(
          ({ open }) => open(file),
          () => setLost(file.name),
        );
      },
      { signal },
    );
    return () => stop.abort();
  }, []);
  if (lost && !over) {
    return (
      <p class="drop-lost" role="alert">
        <span>
          <bdi class="cut">{lost}</bdi> cannot be opened: a part of this page did not load. Try:
          reload the page, then drop the file again.
        </span>
        <button type="button" onClick={() => setLost("")}>
          Close
        </button>
      </p>
    );
  }
  if (!over) return null;
  return (
    <div class="drop" aria-hidden="true">
      <p>
        <b>Drop it here</b> to look at the call
        <small>webrtc-internals dump, rtcstats dump, or a recording of ours; nothing is kept</small>
      </p>
    </div>
  );
}
