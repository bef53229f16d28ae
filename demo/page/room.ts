/** Signalling between tabs of one browser over a BroadcastChannel. */

interface Message {
  kind: "hello" | "here" | "bye" | "offer" | "answer";
  from: string;
  /** Absent: for all. */
  to?: string;
  name: string;
  /** With "offer" and "answer". */
  sdp?: string;
}

/** What the room asks of the page. Ids are random; the smaller one makes the offer. */
export interface Guest {
  /** Call `id`: gives the offer. */
  call(id: string, name: string): Promise<string>;
  /** `id` calls with this offer: gives the answer. */
  called(id: string, name: string, sdp: string): Promise<string>;
  answered(id: string, sdp: string): Promise<void>;
  left(id: string): void;
}

const MAX_OTHERS = 3;

/** Joins `room` and introduces everyone to everyone. Gives what to call when leaving. */
export function join(room: string, id: string, name: string, guest: Guest): () => void {
  const channel = new BroadcastChannel(`callvitals-demo/${room}`);
  const others = new Set<string>();
  const post = (message: Message) => channel.postMessage(message);

  const meet = async (other: string, called: string) => {
    if (others.has(other) || others.size >= MAX_OTHERS) return;
    others.add(other);
    if (id < other) {
      const sdp = await guest.call(other, called);
      post({ kind: "offer", from: id, to: other, name, sdp });
    }
  };

  const hear = async (message: Message) => {
    if (message.from === id || (message.to && message.to !== id)) return;
    if (message.kind === "hello") {
      post({ kind: "here", from: id, to: message.from, name });
      await meet(message.from, message.name);
    } else if (message.kind === "here") {
      await meet(message.from, message.name);
    } else if (message.kind === "bye") {
      if (others.delete(message.from)) guest.left(message.from);
    } else if (!others.has(message.from) || !message.sdp) {
      return;
    } else if (message.kind === "offer") {
      const sdp = await guest.called(message.from, message.name, message.sdp);
      post({ kind: "answer", from: id, to: message.from, name, sdp });
    } else {
      await guest.answered(message.from, message.sdp);
    }
  };

  channel.addEventListener("message", (event: MessageEvent<Message>) => {
    hear(event.data).catch((error: unknown) => console.warn("demo call:", error));
  });
  post({ kind: "hello", from: id, name });
  return () => {
    post({ kind: "bye", from: id, name });
    channel.close();
  };
}
