"""One plain sentence for an issue, as a support engineer would say it: the same on the dashboard,
in JavaScript events, on the command line and in a ticket.

SAID: issue -> (while it is open, when it has closed). {name} stands for evidence in its own unit
(UNITS), {from} for the participant it comes from. Where one issue has several causes, CAUSE names
the evidence that tells them apart, and SAID is asked for "issue:cause" first.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SAID = {
    "outage": (
        "Nothing has arrived for {silentMs}: the network is down.",
        "Nothing arrived for {silentMs}: the network was down.",
    ),
    "outage:out": (
        "Nothing that is sent has arrived for {silentMs}: the network is down in that direction.",
        "Nothing that was sent arrived for {silentMs}: the network was down in that direction.",
    ),
    "high-loss": (
        "Losing {loss} of incoming packets{from}.",
        "Lost up to {loss} of incoming packets{from}.",
    ),
    "high-loss:out": (
        "Losing {loss} of outgoing packets.",
        "Lost up to {loss} of outgoing packets.",
    ),
    "high-rtt": (
        "The round trip takes {rtt}: people talk over each other.",
        "The round trip took up to {rtt}: people talked over each other.",
    ),
    "high-jitter": (
        "Incoming sound{from} arrives unevenly: jitter is {jitter}.",
        "Incoming sound{from} arrived unevenly: jitter was up to {jitter}.",
    ),
    "bandwidth-limited": (
        "Outgoing video is held back: the network has too little bandwidth.",
        "Outgoing video was held back: the network had too little bandwidth.",
    ),
    "stale-report": (
        "The far end has not reported on what is sent for {ageMs}: its loss and delay are unknown.",
        "The far end did not report on what was sent for {ageMs}.",
    ),
    "stale-report:browser": (
        "The browser has repeated an old report for {ageMs}: what is shown may be out of date.",
        "The browser repeated an old report for {ageMs}.",
    ),
    "one-way-audio": (
        "Sound goes one way only: nothing{from} has been heard for {silentMs}, though it is sent.",
        "Sound went one way only: nothing{from} was heard for {silentMs}, though it was sent.",
    ),
    "one-way-audio:out": (
        "Sound goes one way only: for {silentMs} the far end has received none of what is sent.",
        "Sound went one way only: for {silentMs} the far end received none of what was sent.",
    ),
    "audio-concealment": (
        "Incoming sound{from} has gaps: {concealed} of it is made up.",
        "Incoming sound{from} had gaps: up to {concealed} of it was made up.",
    ),
    "audio-desync": (
        "Incoming sound{from} is stretched or hurried: {stretched} of it does not play as spoken.",
        "Incoming sound{from} was stretched or hurried: up to {stretched} did not play as spoken.",
    ),
    "audio-jitter-buffer-stress": (
        "Incoming sound{from} is held back by {jitterBuffer}: its packets come unevenly.",
        "Incoming sound{from} was held back by up to {jitterBuffer}: its packets come unevenly.",
    ),
    "synthesized-audio": (
        "This device plays sound with breaks: it is too busy to play it in time.",
        "This device played sound with breaks: it was too busy to play it in time.",
    ),
    "silent-audio-source": (
        "The microphone is open and has given no sound at all for {silentMs}.",
        "The microphone was open and gave no sound at all for {silentMs}.",
    ),
    "frozen-video": (
        "Incoming video{from} stood still for {frozenMs} within 10 s.",
        "Incoming video{from} stood still for up to {frozenMs} within 10 s.",
    ),
    "video-recovery-failed": (
        "Incoming video{from} has stood still for {frozenMs}: "
        "it asked for {keyFramesAsked} key frames and none came.",
        "Incoming video{from} stood still for {frozenMs}: no key frame came, though asked for.",
    ),
    "stuck-decoder": (
        "Incoming video{from} has stood still for {frozenMs}: "
        "its frames arrive and this browser decodes none.",
        "Incoming video{from} stood still for {frozenMs}: the browser did not decode its frames.",
    ),
    "keyframe-storm": (
        "Incoming video{from} keeps asking for whole pictures: {keyFramesAsked} in 10 s.",
        "Incoming video{from} kept asking for whole pictures: up to {keyFramesAsked} in 10 s.",
    ),
    "video-decoder-overloaded": (
        "This device is too slow for the incoming video: {dropped} of its frames are dropped.",
        "This device was too slow for the incoming video: up to {dropped} of it was dropped.",
    ),
    "dry-inbound-track": (
        "Nothing of incoming {media}{from} has arrived for {silentMs}, though it is sent.",
        "Nothing of incoming {media}{from} arrived for {silentMs}, though it was sent.",
    ),
    "dry-outbound-track": (
        "Outgoing {media} is captured and has not been sent for {silentMs}.",
        "Outgoing {media} was captured and not sent for {silentMs}.",
    ),
    "cpu-limited": (
        "Outgoing video is held back: this device's processor is too busy.",
        "Outgoing video was held back: this device's processor was too busy.",
    ),
    "encoder-bottleneck": (
        "This device encodes video too slowly: only {encoded} of the camera's frames are sent.",
        "This device encoded video too slowly: not all of the camera's frames were sent.",
    ),
    "capture-bottleneck": (
        "The camera gives only {fps} frames per second.",
        "The camera gave only {fps} frames per second.",
    ),
    "capture-track-ended": (
        "The browser has ended the {kind} capture: unplugged, or taken by another program.",
        "The browser had ended the {kind} capture: unplugged, or taken by another program.",
    ),
    "clock-jump": (
        "The clock jumped by {jumpMs}: the device slept, or its clock was set.",
        "The clock jumped by {jumpMs}: the device slept, or its clock was set.",
    ),
    "connect-failed": (
        "The connection failed: no way to the far end was found.",
        "The connection failed at first: no way to the far end was found.",
    ),
    "connect-failed:no-candidates": (
        "The connection failed: this device found no network address to use.",
        "The connection failed at first: this device found no network address to use.",
    ),
    "connect-failed:turn-unreachable": (
        "The connection failed: the TURN server cannot be reached from this network.",
        "The connection failed at first: the TURN server could not be reached.",
    ),
    "connect-failed:turn-refused": (
        "The connection failed: the TURN server refuses its credentials.",
        "The connection failed at first: the TURN server refused its credentials.",
    ),
    "connect-failed:no-remote-candidates": (
        "The connection failed: the far end told no network address.",
        "The connection failed at first: the far end told no network address.",
    ),
    "connect-failed:dtls-failed": (
        "The connection failed: the encryption handshake did not succeed.",
        "The connection failed at first: the encryption handshake did not succeed.",
    ),
    "connect-failed:abandoned": (
        "The connection was given up before it was made.",
        "The connection was given up at first, before it was made.",
    ),
    "ice-connection-failed": (
        "The connection is lost, and the browser has given up on it.",
        "The connection was lost, and came back after a restart.",
    ),
    "ice-disconnected": (
        "The connection has been interrupted for {silentMs}; the browser looks for another way.",
        "The connection was interrupted for {silentMs}.",
    ),
    "ice-transport-stalled": (
        "Packets go out and nothing has come back for {silentMs}: a firewall, or nobody is there.",
        "Packets went out and nothing came back for {silentMs}.",
    ),
    "unstable-ice-path": (
        "The connection changed its way {switches} times within 30 s.",
        "The connection changed its way up to {switches} times within 30 s.",
    ),
    "relay-tcp": (
        "Media goes through a relay over TCP, which makes every lost packet a delay.",
        "Media went through a relay over TCP, which makes every lost packet a delay.",
    ),
    "slow-connect": (
        "Connecting takes long: {waitMs} so far.",
        "Connecting took long: {waitMs}.",
    ),
    "no-permission": (
        "The page got no {device}: {error}.",
        "The page got no {device} at first: {error}.",
    ),
    "no-permission:NotAllowedError": (
        "The page may not use the {device}: permission was denied.",
        "The page could not use the {device} at first: permission was denied.",
    ),
    "no-permission:NotFoundError": (
        "No {device} was found on this device.",
        "No {device} was found on this device at first.",
    ),
    "no-permission:NotReadableError": (
        "The {device} cannot be opened: another program may be using it.",
        "The {device} could not be opened at first: another program may have used it.",
    ),
    "no-permission:OverconstrainedError": (
        "No {device} here is what the page asked for.",
        "No {device} here was what the page asked for at first.",
    ),
    "no-permission:SecurityError": (
        "The page may not use the {device}: a policy of the page or the browser forbids it.",
        "The page could not use the {device} at first: a policy forbade it.",
    ),
}

# Issues whose second sentence says that it came right: not to be said of what never did.
CAME_RIGHT = ("no-permission", "connect-failed", "ice-connection-failed")

# The evidence that tells an issue's causes apart.
CAUSE = {
    "outage": "direction",
    "high-loss": "direction",
    "stale-report": "source",
    "one-way-audio": "direction",
    "connect-failed": "why",
    "no-permission": "error",
}

# How evidence is written; what is not here is written as it is.
UNITS = {
    "loss": "%",
    "concealed": "%",
    "stretched": "%",
    "dropped": "%",
    "encoded": "%",
    "rtt": "ms",
    "jitter": "ms",
    "jitterBuffer": "ms",
    "fps": "tenths",
    "silentMs": "s",
    "frozenMs": "s",
    "ageMs": "s",
    "waitMs": "s",
    "jumpMs": "s",
}


def _percent(steps: "int") -> "str":
    tenths = (steps + 5) // 10
    return str(tenths // 10) + "." + str(tenths % 10) + " %"


def _shown(name: "str", value: "Any") -> "str":
    unit = UNITS.get(name, "")
    if unit == "" or isinstance(value, str):
        return str(value)
    if unit == "%":
        return _percent(value)
    if unit == "ms":
        return str((value + 5) // 10) + " ms"
    if unit == "tenths":
        return str(value // 10) + "." + str(value % 10)
    size = abs(value)
    if size >= 120000:
        return str((size + 30000) // 60000) + " min"
    return str((size + 500) // 1000) + " s"


def _device(evidence: "dict[str, Any]") -> "str":
    if evidence.get("what") == "getDisplayMedia":
        return "screen"
    if evidence.get("video") and not evidence.get("audio"):
        return "camera"
    if evidence.get("audio") and not evidence.get("video"):
        return "microphone"
    return "camera or microphone"


def sentence(what: "str", evidence: "dict[str, Any]", over: "bool" = False) -> "str":
    """The sentence of an issue by its evidence (integers in the wire's steps); over: it has
    closed. An issue that is not known here is its own name."""
    cause = str(evidence.get(CAUSE.get(what, ""), ""))
    said = SAID.get(what + ":" + cause, SAID.get(what))
    if said is None:
        return what
    parts = said[1 if over else 0].split("{")
    out = [parts[0]]
    for part in parts[1:]:
        name, rest = part.split("}", 1)
        if name == "from":
            who = evidence.get("participant")
            out.append(" from " + who if who else "")
        elif name == "media":
            out.append("sound" if evidence.get("kind") == "audio" else "video")
        elif name == "device":
            out.append(_device(evidence))
        elif name == "error":
            out.append(str(evidence.get("error", "")) or "no reason was told")
        else:
            out.append(_shown(name, evidence.get(name, 0)))
        out.append(rest)
    return "".join(out)


# The causes that `score` knows, as a sentence goes on.
CAUSES = {
    "bandwidth": "too little upload for the outgoing video",
    "codec": "incoming sound of a low bitrate",
    "codecOut": "outgoing sound of a low bitrate",
    "concealment": "gaps in the incoming sound",
    "corruption": "a broken picture",
    "cpu": "a processor too slow for the outgoing video",
    "delay": "a long delay",
    "frameRate": "a low frame rate",
    "frameRateOut": "a low frame rate of the outgoing video",
    "frozen": "a picture that stands still",
    "jitter": "packets that come unevenly",
    "loss": "lost incoming packets",
    "lossOut": "lost outgoing packets",
    "outage": "a network that was down",
    "picture": "a coarse picture",
    "pictureOut": "a coarse outgoing picture",
    "playout": "a device that plays sound with gaps",
}


def blame(reasons: "dict[str, int]") -> "str":
    """What a score suffers from that no issue explains: its dearest cause, and the next where it
    costs at least half as much. reasons: points lost by cause."""
    costs = sorted([(-reasons[name], name) for name in reasons if reasons[name] > 0])
    named = [CAUSES.get(name, name) for cost, name in costs[:2] if 2 * cost <= costs[0][0]]
    return "Quality suffers from " + " and ".join(named) + "." if named else ""
