// The few lines of Socket.IO's text protocol that a reader of one namespace needs, on the browser's
// own WebSocket. (The client library would take a fifth of the dashboard's budget for polling,
// upgrades, acknowledgements and binary, none of which is used here.)
// Engine.IO 4: 0 open, 1 close, 2 ping, 3 pong, 4 message.
// Socket.IO 5, inside a message: 0 connect, 1 disconnect, 2 event, 4 refused.

export interface Handlers {
  up: () => void;
  /** `refused`: in the service's words, if it was the service that said no. */
  down: (refused: string) => void;
  /** Anything at all was heard, a ping too. */
  heard: () => void;
  event: (name: string, value: unknown) => void;
}

export interface Socket {
  emit: (name: string, value: unknown) => void;
}

const WAITS = [300, 600, 1200, 2500, 4000];

/** Connects, and connects again for ever: at once after a good link, slower while nothing answers. */
export function connect(namespace: string, on: Handlers): Socket {
  let link: WebSocket | null = null;
  let ready = false;
  let tries = 0;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  let patience = 10_000; // until the first word; then what the service says in its open packet

  const expect = (): void => {
    clearTimeout(deadline);
    deadline = setTimeout(() => drop(""), patience);
  };
  const drop = (refused: string): void => {
    if (!link) return;
    clearTimeout(deadline);
    link.onclose = link.onmessage = null;
    link.close();
    link = null;
    ready = false;
    on.down(refused);
    const wait = WAITS[Math.min(tries++, WAITS.length - 1)] ?? 4000;
    // A little chance, so that many dashboards do not all come back in the same instant.
    setTimeout(open, wait * (0.75 + Math.random() / 2));
  };
  const hear = (text: string): void => {
    on.heard();
    expect();
    if (text === "2") link?.send("3");
    else if (text[0] === "0") {
      const opened = parse(text.slice(1)) as { pingInterval?: number; pingTimeout?: number } | null;
      patience = (opened?.pingInterval ?? 25_000) + (opened?.pingTimeout ?? 20_000);
      expect();
      link?.send(`40${namespace},`);
    } else if (text[0] === "1") drop("");
    else if (text[0] === "4") message(text[1] ?? "", body(text, namespace));
  };
  const message = (type: string, value: unknown): void => {
    if (type === "0") {
      ready = true;
      tries = 0;
      on.up();
    } else if (type === "1") drop("");
    else if (type === "2" && Array.isArray(value)) on.event(String(value[0]), value[1]);
    else if (type === "4") drop((value as { message?: string } | null)?.message ?? "refused");
  };
  const open = (): void => {
    const url = new URL("/socket.io/?EIO=4&transport=websocket", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    link = new WebSocket(url);
    link.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === "string") hear(event.data);
    };
    link.onclose = () => drop("");
    patience = 10_000;
    expect();
  };

  // Back from sleep or on a new network: no reason to wait.
  addEventListener("online", () => ready || drop(""));
  open();
  return {
    emit: (name, value) => {
      if (ready) link?.send(`42${namespace},${JSON.stringify([name, value])}`);
    },
  };
}

/** The JSON of a message to our namespace; undefined for one to another. */
function body(text: string, namespace: string): unknown {
  const start = 2 + namespace.length;
  if (!text.startsWith(namespace, 2)) return undefined;
  return parse(text[start] === "," ? text.slice(start + 1) : "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
