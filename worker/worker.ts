// The worker: hosts the engine and the socket. It must listen before it says `alive`, and it imports
// little, because all of it is loaded before the first word.

import { createHost } from "../sdk/src/host/host";
import type { HostMessage, PageMessage } from "../sdk/src/messages";

const scope = self as unknown as {
  postMessage(message: HostMessage): void;
  onmessage: (event: MessageEvent<PageMessage>) => void;
};
const host = createHost((message) => scope.postMessage(message), "worker");
// A boot that failed leaves promises of the runtime behind which nobody can reach. Why it failed was
// told; the page's console has no use for it.
self.addEventListener("unhandledrejection", (event) => event.preventDefault());
scope.onmessage = (event) => host.receive(event.data);
