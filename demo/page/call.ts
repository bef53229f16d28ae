/** Peer connections of the demo page: to other tabs, and to itself while nobody else is there. */

type Constructor = typeof RTCPeerConnection;

/** A media connection with its tile on the page. */
export class Line {
  readonly pc: RTCPeerConnection;

  constructor(
    stream: MediaStream,
    private readonly video: HTMLVideoElement | null,
    make: Constructor = RTCPeerConnection,
  ) {
    // No servers: a demo stays on this machine or in this network.
    this.pc = new make({ iceServers: [] });
    for (const track of stream.getTracks()) this.pc.addTrack(track, stream);
    this.pc.addEventListener("track", (event) => {
      if (this.video) this.video.srcObject = event.streams[0] ?? null;
    });
  }

  /** The offer with all its candidates. */
  async offer(): Promise<string> {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    return this.gathered();
  }

  /** The answer to `sdp`, with all its candidates. */
  async answer(sdp: string): Promise<string> {
    await this.pc.setRemoteDescription({ type: "offer", sdp });
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    return this.gathered();
  }

  async accept(sdp: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: "answer", sdp });
  }

  close(): void {
    this.pc.close();
    if (this.video) this.video.srcObject = null;
  }

  private async gathered(): Promise<string> {
    if (this.pc.iceGatheringState !== "complete") {
      await new Promise<void>((done) => {
        setTimeout(done, 3000);
        this.pc.addEventListener("icegatheringstatechange", () => {
          if (this.pc.iceGatheringState === "complete") done();
        });
      });
    }
    return loopbackFirst(this.pc.localDescription?.sdp ?? "");
  }
}

/** Where 127.0.0.1 is among the candidates it is all that is needed: nothing leaves the machine. */
export function loopbackFirst(sdp: string): string {
  const lines = sdp.split("\r\n");
  const isCandidate = (line: string) => line.startsWith("a=candidate:");
  const isLocal = (line: string) => / udp \d+ 127\.0\.0\.1 /i.test(line);
  if (!lines.some((line) => isCandidate(line) && isLocal(line))) return sdp;
  return lines.filter((line) => !isCandidate(line) || isLocal(line)).join("\r\n");
}

/**
 * A call with a far end inside the same page. The far end lives in an empty frame, so that the tag
 * on this page measures one end of the call, as it would with a real partner.
 */
export async function loopback(stream: MediaStream, near: Line): Promise<() => void> {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "The far end of the loopback call";
  document.body.append(frame);
  const realm = frame.contentWindow as (Window & { RTCPeerConnection: Constructor }) | null;
  if (!realm) throw new Error("no frame for the far end");
  const far = new Line(stream, null, realm.RTCPeerConnection);
  // A receiver without a consumer is not decoded; the near end is the one that is looked at.
  await near.accept(await far.answer(await near.offer()));
  return () => {
    far.close();
    frame.remove();
  };
}
