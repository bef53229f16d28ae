"""What happened to a stream since its former report -> its window and notes, which the rules read.

Notes say since when something holds (ms); only what holds is there. See `trend` for windows. Only
streams remembered in full are followed.
"""

from . import sample, trend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item

STORM = 15  # key frames asked for in 100 s: fewer end a storm of requests
STORM_MOST = 50


def is_paused(record: "dict[str, Any]", what: "dict[str, int]") -> "bool":
    """Whether fewer packets came than usual while a freeze was told afterwards: then the far end
    sent none, for whatever reason, and that is no freeze. Ask before `follow`."""
    window = record["window"]
    if not what.get("frames") or window is None or window[1][0] <= 0:
        return False
    usual: "int" = window[1][1] * what["us"] * 7
    came: "int" = what["packets"] * window[1][0] * 10
    return usual > came


def is_unheard(what: "dict[str, int]") -> "bool":
    """Whether the far end says that (nearly) nothing of an outgoing stream came."""
    expected = what.get("expected", 0)
    return expected > 0 and what.get("lost", 0) * 20 >= expected * 19


def follow(
    record: "dict[str, Any]",
    stream: "Item",
    what: "dict[str, int]",
    t: "int",
    excused: "bool",
    aftermath: "bool",
    screen: "bool",
    live: "bool",
) -> "None":
    """Update a stream's window and notes with what happened to it since its former report.

    excused: loss told now belongs to an outage; aftermath: so do old reports and dropped frames.
    screen: it shows a screen, which may stand still. live: the page says that it is not muted.
    """
    notes = record["notes"]
    track = stream.get("trackIdentifier", "")[:64]
    if track and track != record["track"]:
        record["track"] = track
    if not what or not record["full"]:
        return
    ms = sample.half_up(what["us"], 1000)
    sort = record["direction"] + record["kind"]
    trend.hold(notes, "screen", screen, t)
    rise = None
    if sort == "inboundaudio":
        rise = _heard(notes, stream, what, t, ms, excused)
    elif sort == "inboundvideo":
        rise = _seen(notes, what, t, ms, excused, aftermath)
    elif sort == "outboundvideo":
        rise = _shown(notes, what, t, ms)
    if stream["direction"] == "outbound":
        _sent(notes, stream, what, record["rtcp"], t, ms, live)
        if aftermath:
            notes.pop("unheard", None)
    else:
        _dry(notes, stream, what, t, ms)
    if rise is not None:
        active = what["packets"] > 0 or what.get("sourceFrames", 0) > 0
        if record["window"] is not None or active:
            record["window"] = trend.push(record["window"], t, rise)
            if record["window"][1][1] == 0 and not active:
                record["window"] = None  # idle: nothing to remember
            elif sort == "inboundvideo":
                _storm(notes, record, t)


def _heard(
    notes: "dict[str, Any]",
    stream: "Item",
    what: "dict[str, int]",
    t: "int",
    ms: "int",
    excused: "bool",
) -> "list[int]":
    packets = what["packets"]
    if packets == 0:
        return [what["us"]] + [0] * 10  # muted, held or gone: what is concealed now is no harm
    # What an outage left to be concealed is its own; so is what it lost.
    concealed = 0 if excused else what.get("concealed", 0)
    samples = 0 if excused else what.get("samples", 0)
    lost = 0 if excused else what.get("lost", 0)
    expected = 0 if excused else what.get("expected", 0)
    stretched = what.get("insertedSamplesForDeceleration", 0)
    stretched += what.get("removedSamplesForAcceleration", 0)
    jitter = stream.get("jitter", 0)
    synthesized = what.get("synthesizedSamplesDuration", 0)
    trend.harm(notes, "conceals", concealed * 100 >= samples > 0, t, ms)
    trend.harm(notes, "stretches", stretched * 50 >= samples > 0, t, ms)
    trend.harm(notes, "jitters", jitter >= 200, t, ms)
    trend.harm(notes, "loses", lost > 0 and lost * 50 >= expected, t, ms)
    trend.harm(notes, "synthesizes", synthesized > 0, t, ms)
    return [
        what["us"],
        packets,
        lost,
        expected,
        concealed,
        samples,
        stretched,
        what.get("jitterBufferTargetDelay", 0),
        what.get("emitted", 0),
        synthesized,
        jitter * packets,
    ]


def _seen(
    notes: "dict[str, Any]",
    what: "dict[str, int]",
    t: "int",
    ms: "int",
    excused: "bool",
    aftermath: "bool",
) -> "list[int]":
    lost = 0 if excused else what.get("lost", 0)
    expected = 0 if excused else what.get("expected", 0)
    frames = what.get("frames", 0)
    received = what.get("framesReceived", 0)
    pli = what.get("pliCount", 0) + what.get("firCount", 0)
    dropped = what.get("framesDropped", 0)
    decode = what.get("totalDecodeTime", 0)
    trend.harm(notes, "loses", lost > 0 and lost * 50 >= expected, t, ms)
    trend.harm(notes, "asks", pli > 0 and "stuck" not in notes, t, ms)
    trend.harm(notes, "drops", dropped * 20 >= received > 0 or decode * 10 >= what["us"] * 6, t, ms)
    # Packets of media come and no frame is shown: what it was asked and what came meanwhile.
    media = what["packets"] - what.get("retransmittedPacketsReceived", 0)
    if "frames" not in what or frames > 0 or (media <= 0 and "stuck" not in notes):
        for name in ("stuck", "asked", "whole"):
            notes.pop(name, None)
    elif media <= 0:
        notes["dull"] = notes.get("dull", 0) + ms
        if notes["dull"] > trend.HARM_GAP_MS:  # nothing comes any more
            for name in ("stuck", "asked", "whole", "dull"):
                notes.pop(name, None)
    else:
        notes.pop("dull", None)
        notes.setdefault("stuck", t - ms)
        notes["asked"] = notes.get("asked", 0) + pli
        notes["whole"] = notes.get("whole", 0) + received
    return [
        what["us"],
        what["packets"],
        lost,
        expected,
        frames,
        0 if aftermath else received,
        0 if aftermath else dropped,
        decode,
        0 if "stuck" in notes else pli,
    ]


def _storm(notes: "dict[str, Any]", record: "dict[str, Any]", t: "int") -> "None":
    """Since when key frames are asked for at least once in 6.7 s, over the window."""
    totals = record["window"][1]
    rate = totals[8] * 100000000
    if totals[0] > 0 and rate >= STORM_MOST * totals[0]:
        notes.setdefault("storm", t)
    elif rate < STORM * totals[0] or totals[0] == 0:
        notes.pop("storm", None)


def _shown(notes: "dict[str, Any]", what: "dict[str, int]", t: "int", ms: "int") -> "list[int]":
    cpu = what.get("qualityLimitationDurations.cpu", 0)
    bandwidth = what.get("qualityLimitationDurations.bandwidth", 0)
    trend.harm(notes, "narrow", bandwidth > 0, t, ms)
    trend.harm(notes, "busy", cpu > 0, t, ms)
    source = what.get("sourceFrames", 0)
    encode = what.get("totalEncodeTime", 0)
    fps = sample.per_second(source * 10, what["us"])
    trend.harm(notes, "crawls", 0 < fps < 70, t, ms)
    trend.harm(notes, "labours", encode * 10 >= what["us"] * 6, t, ms)
    if fps > notes.get("best", 0) and what["us"] >= 900000:
        notes["best"] = fps
    return [
        what["us"],
        what["packets"],
        cpu,
        bandwidth,
        source,
        what["us"] if source else 0,
        what.get("framesEncoded", what.get("frames", 0)),
        encode,
    ]


def _sent(
    notes: "dict[str, Any]",
    stream: "Item",
    what: "dict[str, int]",
    rtcp: "Any",
    t: "int",
    ms: "int",
    live: "bool",
) -> "None":
    """Outgoing: does the far end report on it ("unheard"), does all of it get lost ("deaf"), does
    nothing go though the source runs ("unsent"), is the source dead though open ("silent")?"""
    packets = what["packets"]
    told = rtcp[0] if rtcp is not None else None
    if packets == 0 or told is None or told != notes.get("told"):
        notes.pop("unheard", None)
    else:
        notes.setdefault("unheard", t - ms)
    if told is not None and told != notes.get("told"):
        notes["told"] = told
    if what.get("expected", 0) > 0:
        trend.hold(notes, "deaf", is_unheard(what), t, ms)
    elif packets == 0:
        notes.pop("deaf", None)
    runs = what.get("sourceFrames", 0) > 0 or what.get("sourceDuration", 0) > 0
    if runs and packets == 0 and stream.get("active") is not False:
        notes.setdefault("unsent", t - ms)
    else:
        notes.pop("unsent", None)
    if packets > 0:
        notes["sent"] = t
    # Only a page that says the track is not muted makes silence a fault.
    dead = what.get("sourceDuration", 0) > 0 and what.get("sourceAudioEnergy", 1) == 0
    if dead and live:
        notes.setdefault("silent", t - ms)
    else:
        notes.pop("silent", None)


def _dry(
    notes: "dict[str, Any]", stream: "Item", what: "dict[str, int]", t: "int", ms: "int"
) -> "None":
    """Incoming: nothing comes ("dry"), though the far end's sender reports, two of them since,
    count on ("missed": packets that it sent meanwhile)."""
    if what["packets"] > 0:
        for name in ("dry", "report", "base", "missed"):
            notes.pop(name, None)
        notes["came"] = t
        return
    far = stream.get("remote", {})
    report = far.get("timestamp", 0)
    sent = far.get("packetsSent")
    if "dry" not in notes:
        notes["dry"] = notes.get("came", t - ms)
        notes["report"] = report
    elif sent is not None and report > notes["report"]:
        notes["report"] = report
        base = notes.setdefault("base", sent)
        notes["missed"] = max(0, sent - base)
