// The app of the test page: one peer connection with fake audio and video. The test carries the
// descriptions between tabs; they hold UDP candidates of 127.0.0.1 only (or of the machine's own
// addresses, where a browser gathers no loopback), so nothing leaves the loopback interface.
(() => {
  const near = (line, hosts) => {
    const [, , protocol, , address] = line.split(" ");
    return protocol.toLowerCase() === "udp" && hosts.includes(address);
  };
  const localOnly = (sdp, hosts) =>
    sdp
      .split("\r\n")
      .filter((line) => !line.startsWith("a=candidate") || near(line, hosts))
      .map((line) => (line.startsWith("c=IN ") ? "c=IN IP4 127.0.0.1" : line))
      .join("\r\n");

  const gathered = (pc) =>
    new Promise((done) => {
      const look = () => pc.iceGatheringState === "complete" && done();
      pc.addEventListener("icegatheringstatechange", look);
      look();
    });

  const described = async (pc, description, { hosts = ["127.0.0.1"] } = {}) => {
    await pc.setLocalDescription(description);
    await gathered(pc);
    return { type: pc.localDescription.type, sdp: localOnly(pc.localDescription.sdp, hosts) };
  };

  async function media({ audio = true, video = { width: 320, height: 240, frameRate: 10 } } = {}) {
    window.lab.stream ??= await navigator.mediaDevices.getUserMedia({ audio, video });
    return window.lab.stream;
  }

  async function open(options) {
    const stream = await media(options);
    const pc = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
    window.lab.pcs.push(pc);
    window.lab.pc = pc;
    for (const track of stream.getTracks()) pc.addTrack(track, stream);
    pc.ontrack = ({ streams }) => {
      document.querySelector("#remote").srcObject = streams[0];
    };
    return pc;
  }

  window.lab = {
    pcs: [],
    pc: null,
    stream: null,
    open,
    async offer(options) {
      const pc = await open(options);
      return described(pc, await pc.createOffer(), options);
    },
    async answer(offer, options) {
      const pc = await open(options);
      await pc.setRemoteDescription(offer);
      return described(pc, await pc.createAnswer(), options);
    },
    accept: (answer) => window.lab.pc.setRemoteDescription(answer),
    hangUp() {
      for (const pc of window.lab.pcs.splice(0)) pc.close();
      for (const track of window.lab.stream?.getTracks() ?? []) track.stop();
      window.lab.stream = null;
      window.lab.pc = null;
    },
  };
})();
