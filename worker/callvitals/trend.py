"""What happened to each stream over the last ten seconds, and since when something holds.

The rules look at this, never at a single sample. A window is four slices of 2.5 s on the clock's
own grid, so that ticks of one second and of five fill it alike; its sums move with it. All is kept
in the stream's record: "window" (None or [slice's number, sums, [slice, ...]]) and "notes" (since
when what holds, ms; only what holds is there). Only streams remembered in full are followed.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Memory

SLICES = 4
SLICE_MS = 2500
HARM_GAP_MS = 3000  # harm that pauses for longer begins anew
KEEP_MS = 12000

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


def hold(notes: "dict[str, Any]", name: "str", holds: "bool", t: "int", ms: "int" = 0) -> "None":
    """notes[name] = since when it holds, ms before t; gone when it does not."""
    if holds:
        notes.setdefault(name, t - ms)
    else:
        notes.pop(name, None)
