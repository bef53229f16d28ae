"""What happened to each stream over the last ten seconds, and since when something holds.

The rules look at this, never at a single sample. A window is four slices of 2.5 s on the clock's
own grid, so that ticks of one second and of five fill it alike; its sums move with it. All is kept
in the stream's record: "window" (None or [slice's number, sums, [slice, ...]]) and "notes" (since
when what holds, ms; only what holds is there). Only streams remembered in full are followed.
"""

from . import sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item, Memory

SLICES = 4
SLICE_MS = 2500
HARM_GAP_MS = 3000  # harm that pauses for longer begins anew
KEEP_MS = 12000
STORM = 15  # PLI a hundred seconds: less than this ends a storm of key frame requests
STORM_MOST = 50

# What a window sums up, by direction and kind; integers of fields.py.
COLUMNS = {
    "inboundaudio": (
        "us",
        "packets",
        "lost",
        "expected",
        "concealed",
        "samples",
        "stretched",  # samples put in or taken out to fit the far clock and the buffer
        "target",  # jitterBufferTargetDelay, us
        "emitted",
        "synthesized",  # us
        "jitter",  # 0.1 ms times packets
    ),
    "inboundvideo": (
        "us",
        "packets",
        "lost",
        "expected",
        "frames",
        "received",
        "dropped",
        "decode",  # us
        "pli",
    ),
    "outboundvideo": (
        "us",
        "packets",
        "cpu",  # us limited by it
        "bandwidth",
        "source",  # frames that the camera gave
        "sourceUs",  # time in which it gave some
        "encoded",
        "encode",  # us
    ),
}
# Over all streams and connections: names of the tick's sums (see the Session).
POOL = (
    "lostIn",
    "expectedIn",
    "lostOut",
    "expectedOut",
    "rttSum",
    "rttWeight",
)


def push(window: "Any", t: "int", rise: "list[int]") -> "list[Any]":
    """The window with a tick's rises in it. window: as it was, or None; may be changed."""
    at = t // SLICE_MS
    width = len(rise)
    steps = SLICES if window is None else at - window[0]
    if steps < 0 or steps >= SLICES:
        window = [at, [0] * width, [[0] * width for _ in range(SLICES)]]
    totals = window[1]
    slices = window[2]
    while window[0] < at:
        gone = slices.pop(0)
        for index in range(width):
            totals[index] -= gone[index]
        slices.append([0] * width)
        window[0] += 1
    newest = slices[-1]
    for index in range(width):
        number = rise[index]
        if number:
            totals[index] += number
            newest[index] += number
    return window  # type: ignore[no-any-return]


def pack(window: "Any", t: "int") -> "Any":
    """A window for the checkpoint, without what can be added up again; None stays."""
    return None if window is None else [window[0] - t // SLICE_MS, window[2]]


def unpack(packed: "Any", t: "int") -> "Any":
    """The window that `pack` wrote."""
    if packed is None:
        return None
    totals = list(packed[1][0])
    for one in packed[1][1:]:
        for index in range(len(totals)):
            totals[index] += one[index]
    return [packed[0] + t // SLICE_MS, totals, packed[1]]


def pool(memory: "Memory", t: "int", tick: "dict[str, int]") -> "None":
    """Put the tick's sums into the window over everything, memory["pool"], and remember in
    memory["harms"] since when it does harm. tick: its sums, "ms" among them."""
    memory["pool"] = push(memory["pool"], t, [tick[name] for name in POOL])
    ms = tick["ms"]
    for side in ("In", "Out"):
        lost = tick["lost" + side]
        bad = lost > 0 and lost * 50 >= tick["expected" + side]
        harm(memory["harms"], "loses" + side.lower(), bad, t, ms)
    late = tick["rttWeight"] > 0 and tick["rttSum"] >= 3000 * tick["rttWeight"]
    harm(memory["harms"], "delays", late, t, ms)


def pooled(memory: "Memory") -> "dict[str, int]":
    """That window by name."""
    if memory["pool"] is None:
        return {name: 0 for name in POOL}
    totals = memory["pool"][1]
    return {POOL[index]: totals[index] for index in range(len(POOL))}


def harm(notes: "dict[str, Any]", name: "str", bad: "bool", t: "int", ms: "int") -> "None":
    """Remember when harm began and when it was last seen: notes[name] = [began, last]."""
    seen = notes.get(name)
    if bad:
        if seen is None or t - seen[1] > HARM_GAP_MS + ms:
            notes[name] = [t - ms, t]
        else:
            seen[1] = t
    elif seen is not None and t - seen[1] > KEEP_MS:
        del notes[name]


def hold(notes: "dict[str, Any]", name: "str", holds: "bool", t: "int") -> "None":
    """notes[name] = since when it holds; gone when it does not."""
    if holds:
        notes.setdefault(name, t)
    else:
        notes.pop(name, None)


def follow(
    record: "dict[str, Any]",
    stream: "Item",
    what: "dict[str, int]",
    t: "int",
    excused: "bool",
    aftermath: "bool",
    screen: "bool",
) -> "None":
    """Update a stream's window and notes with what happened to it since its former report.

    excused: loss told now belongs to an outage; aftermath: so do old reports and dropped frames.
    screen: it shows a screen, which may stand still.
    """
    notes = record["notes"]
    track = stream.get("trackIdentifier", "")[:64]
    if track and track != record["track"]:
        record["track"] = track
    if not what or not record["full"]:
        return
    ms = sample.half_up(what["us"], 1000)
    sort = record["direction"] + record["kind"]
    hold(notes, "screen", screen, t)
    rise = None
    if sort == "inboundaudio":
        rise = _heard(notes, stream, what, t, ms, excused)
    elif sort == "inboundvideo":
        rise = _seen(notes, what, t, ms, excused, aftermath)
    elif sort == "outboundvideo":
        rise = _shown(notes, what, t, ms)
    if stream["direction"] == "outbound":
        _sent(notes, stream, what, record["rtcp"], t, ms)
        if aftermath:
            notes.pop("unheard", None)
    else:
        _dry(notes, stream, what, t, ms)
    if rise is not None:
        active = what["packets"] > 0 or what.get("sourceFrames", 0) > 0
        if record["window"] is not None or active:
            record["window"] = push(record["window"], t, rise)
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
    harm(notes, "conceals", concealed * 100 >= samples > 0, t, ms)
    harm(notes, "stretches", stretched * 50 >= samples > 0, t, ms)
    harm(notes, "jitters", jitter >= 200, t, ms)
    harm(notes, "loses", lost > 0 and lost * 50 >= expected, t, ms)
    harm(notes, "synthesizes", synthesized > 0, t, ms)
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
    harm(notes, "loses", lost > 0 and lost * 50 >= expected, t, ms)
    harm(notes, "drops", dropped * 20 >= received > 0 or decode * 10 >= what["us"] * 6, t, ms)
    # Packets of media come and no frame is shown: what it was asked and what came meanwhile.
    media = what["packets"] - what.get("retransmittedPacketsReceived", 0)
    if "frames" not in what or frames > 0 or (media <= 0 and "stuck" not in notes):
        for name in ("stuck", "asked", "whole"):
            notes.pop(name, None)
    elif media <= 0:
        notes["dull"] = notes.get("dull", 0) + ms
        if notes["dull"] > HARM_GAP_MS:  # nothing comes any more
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
        pli,
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
    harm(notes, "narrow", bandwidth > 0, t, ms)
    harm(notes, "busy", cpu > 0, t, ms)
    source = what.get("sourceFrames", 0)
    encode = what.get("totalEncodeTime", 0)
    fps = sample.per_second(source * 10, what["us"])
    harm(notes, "crawls", 0 < fps < 70, t, ms)
    harm(notes, "labours", encode * 10 >= what["us"] * 6, t, ms)
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
    expected = what.get("expected", 0)
    if expected > 0:
        if what.get("lost", 0) * 20 >= expected * 19:
            notes.setdefault("deaf", t - ms)
        else:
            notes.pop("deaf", None)
    elif packets == 0:
        notes.pop("deaf", None)
    source = stream.get("source", {})
    runs = what.get("sourceFrames", 0) > 0 or what.get("sourceDuration", 0) > 0
    if runs and packets == 0 and stream.get("active") is not False:
        notes.setdefault("unsent", t - ms)
    else:
        notes.pop("unsent", None)
    if packets > 0:
        notes["sent"] = t
    # Only a page that says the track is not muted makes silence a fault.
    dead = what.get("sourceDuration", 0) > 0 and what.get("sourceAudioEnergy", 1) == 0
    if dead and source.get("enabled") is True:
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
