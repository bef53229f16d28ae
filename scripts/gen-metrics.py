# ruff: noqa: RUF001 (formulas are written with minus and multiplication signs)
"""docs/metrics.md, out of the table of metrics itself.

python scripts/gen-metrics.py > docs/metrics.md
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "worker"))

import metrics_notes as notes
from callvitals import catalog, fields, setup

STATS = "https://www.w3.org/TR/webrtc-stats/#dom-"

HEAD = """# Metrics

<!-- Made of worker/callvitals/catalog.py by `python scripts/gen-metrics.py > docs/metrics.md`. -->

Every number callvitals derives, how, and who tells what it takes. Reports come from `getStats()`;
a metric is of the interval between two of them, by the reports' own timestamps. Counters are
integers from the door on (`fields.py`), so that every engine computes the same.

- **What is not told makes no metric.** Nothing is 0 because a browser is silent; over a hole (15 s
  and more), over a counter that begins anew, over the browser's cached report there is no value.
- **Steps**: what one unit of the base unit is in the integers of wire and storage. REST, `--json`
  and JavaScript show base units: s, bit/s, shares from 0 to 1.
- **Told by**: Chromium 156, Firefox 153, Safari (by WebKit's interface definitions), aiortc 1.16;
  the first two and aiortc are held against recorded calls by a test. In brackets: only in use.
- **Worse**: the side that hurts; a chart that has to leave points out keeps the extremes of it.
- Metrics with a ★ are kept as series, every 10 s (every tick while watched or in trouble). All are
  in the state's `streams` and `pcs` while the participant is watched (of the first 32 streams and
  16 connections), and in what `callvitals analyze` prints.

## What the formulas are made of

Names are W3C's ([webrtc-stats](https://www.w3.org/TR/webrtc-stats/)): their rise over the interval.
These are ours:

| name | what it is |
|---|---|
"""

OURS = (
    ("s", "seconds between the reports"),
    ("bytes", "`bytesReceived + headerBytesReceived`, or `bytesSent + headerBytesSent`"),
    ("packets", "`packetsReceived` or `packetsSent` (Chromium counts video's retransmissions in)"),
    (
        "lost",
        "in: rises of `packetsLost` above its highest so far (it may fall and be negative, "
        "RFC 3550 section 6.4.1); out: the same of the far end's report",
    ),
    (
        "expected",
        "in: `packetsReceived - retransmittedPacketsReceived + lost`; out: the far end's "
        "`packetsReceived + lost`, where it tells them, else media packets sent between two of its "
        "reports",
    ),
    (
        "untold",
        "packets that the sender says it sent (`remote-outbound-rtp.packetsSent`) and that neither "
        "came nor were told lost, between two sender reports, where an outage must be the cause: "
        "at least 20 and more than come in 1.5 s. Chromium's audio `packetsLost` stays 0 through "
        "an outage. An estimate: what the sender could not send is in it",
    ),
    ("buffer, emitted", "`jitterBufferDelay`, `jitterBufferEmittedCount`"),
    ("samples", "`totalSamplesReceived`"),
    ("concealed", "`concealedSamples - silentConcealedSamples`"),
    ("frames", "`framesDecoded` or `framesSent`"),
    (
        "frozen",
        "`totalFreezesDuration`; while a freeze lasts, which that does not tell, time in which "
        "10 kbit/s or more come and no frame is shown; without what the far end's silence explains",
    ),
    ("sourceFrames", "`frames` of the outbound stream's media-source"),
    ("sourceAudioEnergy, sourceDuration", "its `totalAudioEnergy`, `totalSamplesDuration`"),
    ("playoutSamples, playoutDuration", "the media-playout's samples and `totalSamplesDuration`"),
    ("remote.", "of the far end's report: remote-inbound-rtp, remote-outbound-rtp"),
    ("pair.", "of the candidate pair in use; of several transports the largest"),
    ("channel…, messages…", "summed over the connection's data channels"),
)

HOW = {
    catalog.RATE: "{above} ÷ s",
    catalog.SHARE: "{above} ÷ {below}",
    catalog.MEAN: "{above} ÷ {below}",
    catalog.TOTAL: "{above}",
    catalog.GAUGE: "{above}, as told last",
    catalog.AGE: "timestamp − {above}",
    catalog.LEFT: "{above}, as told last",
    catalog.LOUDNESS: "√({above} ÷ {below})",
    catalog.PIXEL: "{above} ÷ ({below} × frameWidth × frameHeight)",
    catalog.DEVIATION: (
        "√((totalSquaredInterFrameDelay − totalInterFrameDelay² ÷ frames) ÷ frames)"
    ),
    catalog.VARIATION: "frameDeviation ÷ frameDistance",
}

SECTIONS = (
    ("ia", "Inbound audio", "What we hear."),
    ("iv", "Inbound video", "What we see."),
    ("oa", "Outbound audio", "What we say."),
    ("ov", "Outbound video", "What we show. Layers of simulcast are streams of their own."),
    ("pc", "Connections", "In `pcs` of the state."),
)

HEADLINE = (
    ("score", "the worst part's score; docs/scores.md"),
    ("upload", "bytesSent of the pairs in use ÷ s × 8; without them transports, then RTP streams"),
    ("download", "bytesReceived likewise"),
    ("rtt", "the worst pair in use, else the worst receiver report that is at most 10 s old"),
    ("lossIn", "lost ÷ expected over all inbound streams"),
    ("lossOut", "lost ÷ expected over all outbound streams whose report is new"),
    ("jitter", "the worst inbound audio stream that receives; without audio, video"),
    ("jitterBuffer", "likewise"),
    ("concealed", "concealed ÷ samples over all inbound audio"),
    ("fpsIn", "the worst inbound video that receives"),
    ("fpsOut", "the best layer sent"),
    ("frozen", "the worst inbound video's frozen time"),
)

BROWSERS = (("C", "Chromium"), ("F", "Firefox"), ("S", "Safari"), ("a", "aiortc"))
SOMETIMES = ("untold", "fecBitrate", "congested", "corruption", "psnr", "psnrU", "psnrV")


def dictionary(sort: str, name: str) -> str:
    """The W3C dictionary that a field of the stats behind these streams is in."""
    if sort == "pc":
        channel = name.startswith("messages")
        return "RTCDataChannelStats" if channel else "RTCIceCandidatePairStats"
    inbound = sort[0] == "i"
    if name in ("packetsReceived", "packetsLost", "jitter"):
        return "RTCReceivedRtpStreamStats"
    if name in ("packetsSent", "bytesSent"):
        return "RTCSentRtpStreamStats"
    return "RTCInboundRtpStreamStats" if inbound else "RTCOutboundRtpStreamStats"


def linked(sort: str, word: str) -> str:
    """A name of a formula, with a link where it is W3C's."""
    holder, _, name = word.rpartition(".")
    if holder == catalog.LIMIT or holder == "psnrSum":
        holder, name = "", holder
    table = {
        "remote": ("RTCRemoteInboundRtpStreamStats", "remote-inbound-rtp"),
        "pair": ("RTCIceCandidatePairStats", "candidate-pair"),
    }
    known = {field[0] for kind in fields.ORDER for field in fields.FIELDS[kind]}
    ours = {one.strip() for name_, _ in OURS for one in name_.split(",")} | {"packets", "frames"}
    if name not in known or word in ours or name == "timestamp":
        return word
    if name == "jitter" and holder == "remote":
        where = "RTCReceivedRtpStreamStats"
    elif holder in table:
        where = table[holder][0]
    elif name in ("totalRoundTripTime", "roundTripTimeMeasurements") and sort != "pc":
        where = "RTCRemote" + ("Outbound" if sort[0] == "i" else "Inbound") + "RtpStreamStats"
    elif name in ("synthesizedSamplesDuration", "totalPlayoutDelay"):
        where = "RTCAudioPlayoutStats"
    else:
        where = dictionary(sort, name)
    return f"[{word}]({STATS}{where.lower()}-{name.lower()})"


def joined(sort: str, names: str) -> str:
    """The sum of a formula as one would write it."""
    out = ""
    for word in names.split():
        if word.endswith("!"):
            continue
        bare = word.lstrip("?-").removeprefix("8*")
        text = ("8 × " if "8*" in word else "") + linked(sort, bare)
        sign = " − " if word.lstrip("?").startswith("-") else " + "
        out += (sign if out else "") + text
    return f"({out})" if " + " in out or " − " in out else out


def formula(sort: str, text: str) -> str:
    how, names = text.split(" ", 1)
    above, _, below = names.partition(" / ")
    out = HOW[how].format(above=joined(sort, above), below=joined(sort, below))
    while_ = [word[:-1] for word in above.split() if word.endswith("!")]
    return out + (f", while {while_[0]} come" if while_ and sort[0] == "i" else "")


def browsers(name: str, letters: str) -> str:
    told = ", ".join(full for letter, full in BROWSERS if letter in letters)
    return f"({told})" if name in SOMETIMES else told


def section(sort: str, title: str, text: str) -> list[str]:
    out = ["", f"## {title}", "", text, ""]
    out += ["| metric | what | formula | unit | steps | worse | told by |"]
    out += ["|---|---|---|---|---|---|---|"]
    for starred, sorts, how, unit, letters, what in catalog.rows():
        if sort not in (catalog.ALL if sorts == "all" else sorts).split():
            continue
        name = starred.rstrip("*")
        base, scale, worse = (word.replace("-", "–") for word in unit.split())
        star = " ★" if starred != name else ""
        out.append(
            f"| `{name}`{star} | {what} | {formula(sort, how)} | {base} | {scale} | {worse} "
            f"| {browsers(name, letters)} |"
        )
    return out


def rows(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"| {left} | {right} |" for left, right in pairs]


def main() -> str:
    out = [HEAD + "\n".join(f"| {name} | {what} |" for name, what in OURS)]
    for sort, title, text in SECTIONS:
        out += section(sort, title, text)
    out += ["", "`path` beside them says how media travels: `direct`, `direct-tcp`, `turn-udp`,"]
    out += ["`turn-tcp` or `turn-tls` (the local candidate's `relayProtocol`)."]
    out += ["", "## How connections come up", "", notes.COMING_UP, ""]
    out += ["| metric | from … to | unit | steps | worse |", "|---|---|---|---|---|"]
    out += [f"| `{name}` | {notes.TIMES[name]} | s | 1000 | max |" for name in setup.TIMES]
    out += ["", "## Sessions", "", "The headline series, every tick.", ""]
    out += ["| series | how | unit | steps | worse |", "|---|---|---|---|---|"]
    for name, how in HEADLINE:
        scale, unit, worse, _title = fields.SERIES[name]
        out.append(f"| `{name}` | {how} | {unit or '–'} | {scale} | {worse} |")
    out += ["", "## To know", ""]
    out += [f"- `{name}`: {text}" for name, text in sorted(notes.NOTES.items())]
    out += ["", "## What others call it", ""]
    out += [
        "ObserveRTC's client monitor:",
        "",
        "| theirs | here |",
        "|---|---|",
        *rows(notes.CLIENT),
    ]
    out += ["", "Chromium's `chrome://webrtc-internals`, also in rtcstats:", ""]
    out += ["| theirs | here |", "|---|---|", *rows(notes.CHROMIUM)]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    sys.stdout.write(main())
