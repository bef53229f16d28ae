// What the scripts of the test pages put on `window`, for the tests' type checks.
interface Lab {
  pcs: RTCPeerConnection[];
  pc: RTCPeerConnection | null;
  stream: MediaStream | null;
  open(options?: object): Promise<RTCPeerConnection>;
  offer(options?: object): Promise<{ type: string; sdp: string }>;
  answer(offer: object, options?: object): Promise<{ type: string; sdp: string }>;
  accept(answer: object): Promise<void>;
  hangUp(): void;
}
interface Kept {
  pc: number;
  tick: number;
  ms: number;
  json: string;
}
interface Failed {
  ask(constraints: MediaStreamConstraints): Promise<string>;
  connect(configuration: RTCConfiguration): Promise<void>;
  pcs: RTCPeerConnection[];
}
interface Window {
  lab: Lab;
  failed: Failed;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API tells
  heard: { event: string; data: any }[];
  wire: import("../lab/wire.mjs").Wire;
  kept: Kept[];
  workers: Worker[];
  longTasks: { startTime: number; duration: number }[];
  // biome-ignore lint/suspicious/noExplicitAny: the tests use the API as a plain page does
  callvitals: any;
}
