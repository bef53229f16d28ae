// Starts a host of the engine: in a module worker, or on the page's own thread. All that touches
// the browser is here; when to start which is the bridge's to say.

import type { Device } from "./choose";
import { canWasm, device, facts } from "./device";
import type { CreateHost, HostMessage, JsonObject, PageMessage, Where } from "./messages";

export interface HostHandle {
  post(message: PageMessage, transfer?: Transferable[]): void;
  /** Ends it at once: nothing more is heard of it. */
  end(): void;
}

/** `heard`: its messages, in order. `broke`: it could not start, and why, once at most. */
export type Spawn = (
  where: Where,
  heard: (message: HostMessage) => void,
  broke: (why: string) => void,
) => HostHandle;

/** All that the bridge wants of the browser. */
export interface Edge {
  spawn: Spawn;
  device: Device;
  facts: JsonObject;
  /** May the page itself compile WebAssembly? */
  canWasm(): boolean;
}

/**
 * `assets`: the folder of worker.js and host.js, an absolute URL with a trailing slash;
 * `version`: of the SDK, for the facts.
 */
export function createEdge(assets: string, version: string): Edge {
  return {
    spawn: (where, heard, broke) =>
      where === "worker"
        ? spawnWorker(`${assets}worker.js`, heard, broke)
        : spawnMain(`${assets}host.js`, heard, broke),
    device: device(navigator),
    facts: facts(navigator, version),
    canWasm,
  };
}

type Birth = { type: "refused"; why: string };

/**
 * A worker of another origin has to be born from a blob. The import in it is a dynamic one, because
 * static imports fall under worker-src; its failures and violations come back as messages.
 */
function birth(url: string): string {
  return `const say=(why)=>postMessage({type:"refused",why});
addEventListener("securitypolicyviolation",(e)=>say(e.effectiveDirective+" blocks "+e.blockedURI));
import(${JSON.stringify(url)}).catch((e)=>setTimeout(say,50,"the worker's import failed: "+e.message))`;
}

interface Policy {
  createScriptURL(url: string): string;
}
type Page = typeof globalThis & {
  trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
};
let policy: Policy | undefined;

/**
 * Pages with Trusted Types let a worker be born of nothing but what a policy has vouched for. Where
 * theirs allows none of the name `callvitals`, there is no worker.
 */
function vouched(url: string): string {
  try {
    policy ??= (globalThis as Page).trustedTypes?.createPolicy("callvitals", {
      createScriptURL: (ours) => ours,
    });
  } catch {
    // The worker's constructor will say it better.
  }
  return policy?.createScriptURL(url) ?? url;
}

function spawnWorker(
  url: string,
  heard: (message: HostMessage) => void,
  broke: (why: string) => void,
): HostHandle {
  let worker: Worker | undefined;
  let blob = "";
  let alive = false;
  let violation = "";
  const onViolation = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void => {
    const ours = blockedURI === "blob" || url.startsWith(blockedURI);
    if (ours && /worker|script/.test(effectiveDirective))
      violation = `${effectiveDirective} blocks ${blockedURI === "blob" ? "blob:" : blockedURI}`;
  };
  document.addEventListener("securitypolicyviolation", onViolation);

  function settle(): void {
    document.removeEventListener("securitypolicyviolation", onViolation);
    if (blob) URL.revokeObjectURL(blob);
    blob = "";
  }
  function fail(why: string): void {
    if (alive) return; // an error in a running worker is the worker's to tell
    // The violation's event may come after the worker's.
    setTimeout(() => {
      settle();
      if (!alive && worker) broke(violation || why);
    }, 100);
  }

  const handle: HostHandle = {
    post: (message, transfer) => worker?.postMessage(message, transfer ?? []),
    end() {
      settle();
      worker?.terminate();
      worker = undefined;
    },
  };
  const sameOrigin = new URL(url).origin === origin;
  try {
    // From its own URL the worker lives under its own Content-Security-Policy, which is better.
    let from = url;
    if (origin === "null") {
      // A sandboxed frame or a file: Chromium gives their blobs to no worker.
      from = `data:text/javascript,${encodeURIComponent(birth(url))}`;
    } else if (!sameOrigin) {
      blob = URL.createObjectURL(new Blob([birth(url)], { type: "text/javascript" }));
      from = blob;
    }
    worker = new Worker(vouched(from), { type: "module", name: "callvitals" });
  } catch (error) {
    // Firefox fires `error` where Chromium throws; asynchronous both ways for the bridge.
    setTimeout(() => {
      settle();
      broke(violation || `no worker: ${(error as Error).message}`);
    }, 100);
    return handle;
  }
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message || "the worker's script was refused");
  };
  worker.onmessage = ({ data }: MessageEvent<HostMessage | Birth>) => {
    if (!worker) return;
    if (data.type === "refused") return fail(data.why);
    if (data.type === "alive") {
      alive = true;
      settle();
    }
    heard(data);
  };
  return handle;
}

function spawnMain(
  url: string,
  heard: (message: HostMessage) => void,
  broke: (why: string) => void,
): HostHandle {
  let ended = false;
  let receive: ((message: PageMessage) => void) | undefined;
  import(url).then(
    (module: { createHost: CreateHost }) => {
      if (ended) return;
      // Messages arrive later, as from a worker: nobody is called while he speaks.
      const host = module.createHost((message) => {
        queueMicrotask(() => ended || heard(message));
      }, "main");
      receive = (message) => host.receive(message);
    },
    (error: Error) => ended || broke(`the page's import failed: ${error.message}`),
  );
  return {
    post: (message) => receive?.(message),
    end() {
      receive?.({ type: "stop" });
      ended = true;
    },
  };
}
