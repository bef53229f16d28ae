"""The kinds of issues as a meeting sees them: what each is about, and its words for one and many.

A kind is an issue's type, with ":in" or ":out" behind it where the direction makes two troubles of
it. An issue's own sentence is made by the page that has it; these words are for several.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What an issue is about, as seen from the participant who has it.
RECEIVED = "received"  # harm to what comes in
SENT = "sent"  # harm to what goes out, on its way
SOURCE = "source"  # what goes out is bad from the start
DEVICE = "device"  # the participant's own device, whatever comes in
PATH = "path"  # the participant's connections
OTHER = ""  # none of these: whose fault it is cannot be told by it

# kind: (what it is about, "Ann and Bob …", "Ann …").
KINDS = {
    "audio-concealment": (RECEIVED, "hear sound with gaps", "hears sound with gaps"),
    "audio-desync": (RECEIVED, "hear stretched or hurried sound", "hears stretched sound"),
    "audio-jitter-buffer-stress": (RECEIVED, "hear sound late", "hears sound late"),
    "bandwidth-limited": (
        SENT,
        "have too little bandwidth for the video they send",
        "has too little bandwidth to send video",
    ),
    "capture-bottleneck": (
        SOURCE,
        "have cameras that give too few pictures",
        "has a camera that gives too few pictures",
    ),
    "capture-track-ended": (SOURCE, "lost a camera or microphone", "lost a camera or microphone"),
    "clock-jump": (DEVICE, "had clocks that jumped", "had a clock that jumped"),
    "connect-failed": (PATH, "cannot connect", "cannot connect"),
    "cpu-limited": (
        SOURCE,
        "have devices too busy for the video they send",
        "has a device too busy to send video",
    ),
    "dry-inbound-track": (
        RECEIVED,
        "receive nothing on an incoming track",
        "receives nothing on an incoming track",
    ),
    "dry-outbound-track": (SOURCE, "do not send what they capture", "sends not all it captures"),
    "encoder-bottleneck": (SOURCE, "encode video too slowly", "encodes video too slowly"),
    "frozen-video": (RECEIVED, "see video that stands still", "sees video that stands still"),
    "high-jitter": (RECEIVED, "receive sound unevenly", "receives sound unevenly"),
    "high-loss:in": (RECEIVED, "lose incoming packets", "loses incoming packets"),
    "high-loss:out": (SENT, "lose outgoing packets", "loses outgoing packets"),
    "high-rtt": (PATH, "have long round trips", "has long round trips"),
    "ice-connection-failed": (PATH, "have lost their connections", "has lost the connection"),
    "ice-disconnected": (PATH, "are interrupted", "is interrupted"),
    "ice-transport-stalled": (PATH, "send and get no answer", "sends and gets no answer"),
    "keyframe-storm": (
        RECEIVED,
        "keep asking for whole pictures",
        "keeps asking for whole pictures",
    ),
    "no-permission": (
        SOURCE,
        "cannot use a camera or microphone",
        "cannot use a camera or microphone",
    ),
    "one-way-audio:in": (RECEIVED, "hear nothing", "hears nothing"),
    "one-way-audio:out": (SENT, "are not heard", "is not heard"),
    "outage": (PATH, "are cut off", "is cut off"),
    "relay-tcp": (PATH, "are relayed over TCP", "is relayed over TCP"),
    "silent-audio-source": (SOURCE, "have silent microphones", "has a silent microphone"),
    "slow-connect": (PATH, "connect slowly", "connects slowly"),
    "stale-report": (OTHER, "are measured by old reports", "is measured by old reports"),
    "stuck-decoder": (DEVICE, "do not decode incoming video", "does not decode incoming video"),
    "synthesized-audio": (DEVICE, "play sound with breaks", "plays sound with breaks"),
    "unstable-ice-path": (
        PATH,
        "have connections that keep changing",
        "has a connection that keeps changing",
    ),
    "video-decoder-overloaded": (
        DEVICE,
        "have devices too slow for incoming video",
        "has a device too slow for incoming video",
    ),
    "video-recovery-failed": (
        RECEIVED,
        "ask for whole pictures in vain",
        "asks for whole pictures in vain",
    ),
}

# What the network alone brings about: no sender's device is to blame for it.
NETWORK = ("audio-jitter-buffer-stress", "high-jitter", "high-loss:in")
# Kinds of sound alone and of pictures alone: none of these explains one of those.
SOUND = (
    "audio-concealment",
    "audio-desync",
    "audio-jitter-buffer-stress",
    "high-jitter",
    "one-way-audio:in",
    "one-way-audio:out",
    "silent-audio-source",
)
PICTURES = (
    "capture-bottleneck",
    "cpu-limited",
    "encoder-bottleneck",
    "frozen-video",
    "keyframe-storm",
    "video-recovery-failed",
)
WAYS = {"in": "in", "inbound": "in", "out": "out", "outbound": "out"}


def kind_of(what: "str", direction: "Any") -> "str":
    """An issue's kind: its type, with the direction where that makes two troubles of it."""
    way = WAYS.get(direction, "") if isinstance(direction, str) else ""
    return what + ":" + way if way and what not in KINDS else what


def about(kind: "str") -> "str":
    """RECEIVED, SENT, SOURCE, DEVICE, PATH or OTHER. Of a kind that is not listed (a plug-in's
    rule, a newer page) the direction tells."""
    if kind in KINDS:
        return KINDS[kind][0]
    if kind.endswith(":in"):
        return RECEIVED
    return SENT if kind.endswith(":out") else OTHER


def explains(own: "str", harm: "str", network: "bool") -> "bool":
    """Does a sender's own trouble explain what its receivers suffer? network: whether trouble on
    the way counts, or only that of the sender's device."""
    if (own in SOUND and harm in PICTURES) or (own in PICTURES and harm in SOUND):
        return False
    if about(own) == SENT or own in ("outage", "ice-disconnected"):
        return network
    return about(own) == SOURCE and harm not in NETWORK


def words(kind: "str", count: "int") -> "str":
    """What `count` participants do who have it, without a subject."""
    if kind in KINDS:
        return KINDS[kind][2 if count == 1 else 1]
    what = kind.split(":")[0].replace("-", " ")
    return ("has" if count == 1 else "have") + ' the issue "' + what + '"'
