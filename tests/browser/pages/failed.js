// Calls that never start, made on purpose: no permission, no candidates, no TURN server.
window.failed = {
  /** The error's name, or "" where the devices were given. */
  async ask(constraints) {
    try {
      await navigator.mediaDevices.getUserMedia(constraints);
      return "";
    } catch (error) {
      return error.name;
    }
  },
  /** Tries to connect to itself by these means alone. */
  async connect(configuration) {
    const near = new RTCPeerConnection(configuration);
    // The far end lives in a frame, so that the tag sees one end, as with a real partner.
    const frame = document.createElement("iframe");
    frame.hidden = true;
    document.body.append(frame);
    const far = new frame.contentWindow.RTCPeerConnection();
    window.failed.pcs = [near, far];
    far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
    near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
    near.createDataChannel("any");
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription);
  },
};
