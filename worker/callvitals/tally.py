"""What a tick adds to the last ten seconds, on which scores and pooled rules stand.

Integers and all of them sums, so that ten ticks of one second and two of five say the same. Only
what grows by itself is added, or a momentary value times the time or packets it stands for.
Pictures weigh by their area: a frozen thumbnail harms less than a frozen speaker.
"""

from . import emodel, sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item

WINDOW_MS = 10000  # ours: short enough to follow a call, long enough to be calm
MERGE_MS = 500  # ticks that follow each other this fast share an entry
MAX_ENTRIES = 48
NORMAL_TILES = 300  # 320 x 240, where the browser does not tell the size

SUMS = (
    "ms",  # time
    "dead",  # of it, an outage let nothing through (session)
    "rttSum",
    "rttWeight",
    # sound that comes
    "audioMs",
    "audioLost",
    "audioExpected",
    "concealed",
    "samples",
    "buffer",  # jitterBufferDelay, us
    "emitted",
    "jitterSum",
    "jitterWeight",
    "playoutDelay",  # us, of the device
    "playoutSamples",
    "synthesized",  # us, put in because the device starved
    "playoutUs",
    "audioIe",  # 0.1 R times ms; the next likewise
    "audioBpl",
    # sound that goes
    "audioOutMs",
    "audioOutLost",
    "audioOutExpected",
    "jitterOutSum",
    "jitterOutWeight",
    "audioOutIe",
    "audioOutBpl",
    # pictures that come; tiles are areas of 256 pixels
    "videoMs",  # tiles times ms
    "frozen",  # of it
    "videoLost",
    "videoExpected",
    "videoBuffer",
    "videoEmitted",
    "videoJitterSum",
    "videoJitterWeight",
    "motionMs",  # tiles times ms of what should move
    "motion",  # tiles times frames of it
    "quantized",  # tiles times frames times place on the codec's scale, 0.001
    "quantizedFrames",  # tiles times frames whose quantizer is told
    "bits",  # of pictures whose quantizer is not told, times the codec's factor
    "pixels",
    "corrupted",  # sum of probabilities, 0.000001
    "corruptedCount",
    # pictures that go, the highest layer of each source
    "videoOutLost",
    "videoOutExpected",
    "shownMs",  # tiles times ms
    "sizeAsked",  # the same by the source's tiles; and what was sent of them
    "sizeSent",
    "shownMotionMs",  # tiles times ms of what should move
    "sourceFrames",  # tiles times frames of it
    "sentFrames",
    "limitMs",  # ms for which limits are told, and of them limited by
    "cpuMs",
    "bandwidthMs",
    "quantizedOut",
    "quantizedOutFrames",
    "bitsOut",
    "pixelsOut",
    # the network, over all streams, without what belongs to an outage
    "lostIn",
    "expectedIn",
    "lostOut",
    "expectedOut",
)
_RANGE = range(1, len(SUMS) + 1)  # an entry's sums, after its t
_MS = 1 + SUMS.index("ms")
_DEAD = 1 + SUMS.index("dead")

# Where a codec's quantizer begins to show and where the picture is as coarse as its encoder lets it
# become before it sends a smaller one: libwebrtc's thresholds for scaling down and up again.
QUANTIZERS = {
    "vp8": (29, 95),
    "vp9": (149, 205),
    "av1": (145, 205),
    "h264": (24, 37),
    "h265": (24, 37),  # ours: the same scale as H.264
}
# What a bit is worth beside VP8's, in percent: VP9 as in rtcscore; the others ours.
WORTH = {"vp9": 120, "av1": 140, "h265": 140}


def blank() -> "dict[str, int]":
    """No sums yet."""
    return {name: 0 for name in SUMS}


def _ms(us: "int") -> "int":
    return sample.half_up(us, 1000)


def _tiles(width: "int", height: "int") -> "int":
    return max(1, width * height // 256) if width and height else NORMAL_TILES


def is_screen(stream: "Item", labels: "dict[str, Any]") -> "bool":
    """Whether it shows a screen: slides stand still, and that is no fault."""
    if stream.get("contentType") == "screenshare":
        return True
    label = labels.get(stream.get("trackIdentifier", ""), {})
    return label.get("source", "")[:6] == "screen"  # type: ignore[no-any-return]


def add(
    sums: "dict[str, int]",
    what: "dict[str, int]",
    stream: "Item",
    excused: "bool",
    dead: "bool",
    labels: "dict[str, Any]",
) -> "None":
    """Add what happened to a stream to the tick's sums; outgoing pictures: `add_shown`.

    excused: the loss belongs to an outage, which has its own issue. dead: an outage is on.
    labels: track -> {"source"?}.
    """
    inbound = stream["direction"] == "inbound"
    audio = stream["kind"] == "audio"
    lost = what.get("lost", 0)
    expected = what.get("expected", 0)
    far = stream if inbound else stream.get("remote", {})
    part = ("audio" if audio else "video") + ("" if inbound else "Out")
    sums[part + "Lost"] += lost
    sums[part + "Expected"] += expected
    if not excused:
        sums["lostIn" if inbound else "lostOut"] += lost
        sums["expectedIn" if inbound else "expectedOut"] += expected
    active = what["packets"] > 0
    if active and "jitter" in far and (inbound or audio):
        jitter = "videoJitter" if not audio else ("jitter" if inbound else "jitterOut")
        sums[jitter + "Sum"] += far["jitter"] * what["packets"]
        sums[jitter + "Weight"] += what["packets"]
    if not (active or (dead and inbound)):
        return
    if audio:
        ms = _ms(what["us"])
        sums[part + "Ms"] += ms
        ie, bpl = emodel.codec(stream)
        sums[part + "Ie"] += ie * ms
        sums[part + "Bpl"] += bpl * ms
        if inbound:
            _sound(sums, what)
    elif inbound and "frames" in what:
        _picture(sums, what, stream, is_screen(stream, labels))


def _sound(sums: "dict[str, int]", what: "dict[str, int]") -> "None":
    if "concealed" in what and "samples" in what:
        sums["concealed"] += what["concealed"]
        sums["samples"] += what["samples"]
    if "buffer" in what and "emitted" in what:
        sums["buffer"] += what["buffer"]
        sums["emitted"] += what["emitted"]
    if "totalPlayoutDelay" in what and "playoutSamples" in what:
        sums["playoutDelay"] += what["totalPlayoutDelay"]
        sums["playoutSamples"] += what["playoutSamples"]
    if "synthesizedSamplesDuration" in what:
        sums["synthesized"] += what["synthesizedSamplesDuration"]
        sums["playoutUs"] += what["us"]


def _picture(
    sums: "dict[str, int]", what: "dict[str, int]", stream: "Item", screen: "bool"
) -> "None":
    tiles = _tiles(stream.get("frameWidth", 0), stream.get("frameHeight", 0))
    ms = _ms(what["us"])
    frames = what["frames"]
    sums["videoMs"] += tiles * ms
    if "buffer" in what and "emitted" in what:
        sums["videoBuffer"] += what["buffer"]
        sums["videoEmitted"] += what["emitted"]
    if what.get("corruptionMeasurements"):
        sums["corrupted"] += what.get("totalCorruptionProbability", 0)
        sums["corruptedCount"] += what["corruptionMeasurements"]
    if not screen:
        # Browsers take the rest between two slides for a freeze, too.
        sums["frozen"] += tiles * _ms(what.get("frozen", 0))
        # A camera that was switched off still sends some black frames: they need not move. By what
        # was sent, or much loss would look like it.
        lost = what.get("lost", 0)
        came = max(1, what.get("expected", 1) - lost)
        sent = what.get("bytes", sample.LIVE_BITRATE * ms) * (came + lost) * 8000 // came
        if sent >= sample.LIVE_BITRATE * ms:
            sums["motionMs"] += tiles * ms
            sums["motion"] += tiles * frames
    _quality(sums, what, stream, frames, tiles, "", screen)


def _quality(
    sums: "dict[str, int]",
    what: "dict[str, int]",
    stream: "Item",
    frames: "int",
    tiles: "int",
    way: "str",
    screen: "bool",
) -> "None":
    """How coarse the picture is: by its quantizer, else by its bits per pixel."""
    codec = stream.get("codec", "").lower()
    scale = QUANTIZERS.get(codec)
    if scale is not None and "qpSum" in what:
        above = 1000 * (what["qpSum"] - scale[0] * frames)
        sums["quantized" + way] += tiles * (above // (scale[1] - scale[0]))
        sums["quantized" + way + "Frames"] += tiles * frames
    elif "bytes" in what and "frameWidth" in stream and frames and not screen:
        sums["bits" + way] += what["bytes"] * 8 * WORTH.get(codec, 100) // 100
        sums["pixels" + way] += frames * tiles * 256


def add_shown(sums: "dict[str, int]", moved: "list[Any]", labels: "dict[str, Any]") -> "None":
    """Add the outgoing pictures: of each source the highest layer that was sent.

    moved: [(record, stream, what happened), ...] of all streams.
    """
    groups: "dict[str, list[Any]]" = {}
    for record, stream, what in moved:
        if stream["kind"] == "video" and stream["direction"] == "outbound" and what:
            name = stream.get("mediaSourceId") or stream.get("mid") or str(stream.get("ssrc"))
            groups.setdefault(record["pc"] + "\n" + name, []).append((stream, what))
    for name in sorted(groups):
        best: "Any" = None
        for stream, what in groups[name]:
            area = stream.get("frameWidth", 0) * stream.get("frameHeight", 0)
            if what.get("frames") and (best is None or area > best[0]):
                best = (area, stream, what)
        if best is not None:
            _shown(sums, best[1], best[2], groups[name], is_screen(best[1], labels))


def _shown(
    sums: "dict[str, int]",
    stream: "Item",
    what: "dict[str, int]",
    layers: "list[Any]",
    screen: "bool",
) -> "None":
    tiles = _tiles(stream.get("frameWidth", 0), stream.get("frameHeight", 0))
    ms = _ms(what["us"])
    frames = what["frames"]
    sums["shownMs"] += tiles * ms
    source = stream.get("source", {})
    asked = _tiles(source.get("width", 0), source.get("height", 0)) if "width" in source else tiles
    sums["sizeAsked"] += max(asked, tiles) * ms
    sums["sizeSent"] += tiles * ms
    if not screen:
        sums["shownMotionMs"] += tiles * ms
        sums["sentFrames"] += tiles * frames
        sums["sourceFrames"] += tiles * max(frames, what.get("sourceFrames", 0))
    cpu = what.get("qualityLimitationDurations.cpu")
    if cpu is not None:
        sums["limitMs"] += ms
        sums["cpuMs"] += min(ms, _ms(cpu))
        bandwidth = min(ms, _ms(what.get("qualityLimitationDurations.bandwidth", 0)))
        # Chromium calls a source unlimited while the rate does not reach for its highest layer.
        for layer, rise in layers:
            if layer.get("active") and not rise["packets"] and len(layers) > 1:
                bandwidth = ms - min(ms, _ms(cpu))
        sums["bandwidthMs"] += bandwidth
    _quality(sums, what, stream, what.get("framesEncoded", frames), tiles, "Out", screen)


# ---------------------------------------------------------------------------------------------
# the window: [[t, sums in the order of SUMS], ...], oldest first


def push(entries: "list[list[int]]", t: "int", sums: "dict[str, int]") -> "list[list[int]]":
    """The window with this tick in it and what is too old left out. May change entries."""
    ms = sums["ms"]
    if entries and ms > 0 and entries[-1][_MS] > 0 and entries[-1][_MS] + ms <= MERGE_MS:
        last = entries[-1]
        for index in _RANGE:
            last[index] += sums[SUMS[index - 1]]
        last[0] = t
    else:
        entries.append([t] + [sums[name] for name in SUMS])
    return [one for one in entries if t - WINDOW_MS < one[0] <= t][-MAX_ENTRIES:]


def total(entries: "list[list[int]]", t: "int") -> "dict[str, int]":
    """The sums over the window. Of an entry that began before it, the share that lies within."""
    whole = [0] * (len(SUMS) + 1)
    for one in entries:
        ms = one[_MS]
        inside = one[0] - t + WINDOW_MS
        cut = ms > inside
        for index, value in enumerate(one):
            if value:
                whole[index] += (2 * value * inside + ms) // (2 * ms) if cut else value
    return {SUMS[index - 1]: whole[index] for index in _RANGE}


def add_dead(entries: "list[list[int]]", ms: "int") -> "None":
    """Add time of an outage to the newest entry."""
    entries[-1][_DEAD] += ms
