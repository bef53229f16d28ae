"""A made-up call for the golden cases: all fields, resets, gaps, outages, junk, every event.

Runs unchanged on CPython, Pyodide and MicroPython, so portable subset only: no random.
"""

from callvitals import counted, fields

# Strings that JSON, sorting and cutting could treat differently.
ODD_TEXT = ("", "plain", "caf\u00e9", "\u4e2d\u6587", "tab\there", 'quote"back\\', "\U0001f680 go")
SCALES = {name: scale for kind in fields.ORDER for name, _k, scale, _u in fields.FIELDS[kind]}
JUNK = (None, "x", -1, [], {}, True, 1e300, -0.5)


class Dice:
    """A linear congruential generator (Numerical Recipes' constants): the same everywhere."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 1664525 + 1013904223) % 4294967296
        return (self.state >> 8) % n

    def fraction(self):
        return self.below(1000000) / 1000000


def generated(seed, ticks, streams=6, junk=True):
    """Ring entries of a made-up call: resets, gaps, outages, junk, events of every kind."""
    dice = Dice(seed)
    t = 1795448731544
    call = _Call(dice, streams)
    for tick in range(ticks):
        step = 1000 + dice.below(40) - 20
        if dice.below(97) == 0:
            step = 20000  # a hole
        if dice.below(89) != 0:  # else the browser's cached report
            t_report = t + dice.below(30)
            call.advance(dice, step, t_report)
        items = call.items(dice)
        if junk and dice.below(7) == 0:
            _spoil(dice, items)
        reports = [["0", items]]
        if dice.below(31) == 0:
            reports = []
        yield {"tick": tick, "t": t, "reports": reports, "events": _events(dice, tick, junk)}
        t += step


COUNTS = (
    "received",
    "lost",
    "bytes",
    "rtx",
    "frames",
    "samples",
    "concealed",
    "rtcp",  # when the far end's newest receiver report came
    "rtcpLost",
    "sr",  # when its newest sender report came
    "srSent",
    "source",  # which media source
)


class _Call:
    def __init__(self, dice, streams):
        self.streams = []
        for i in range(streams):
            one = dict.fromkeys(COUNTS, 0)
            one["inbound"] = i % 3 != 2
            one["kind"] = "audio" if i % 2 == 0 else "video"
            one["ssrc"] = 1000 + dice.below(4000000000)
            one["buffer"] = 0.0
            one["freeze"] = 0.0
            one["more"] = {}  # the other counters of `counted`
            self.streams.append(one)
        self.pair_bytes = [0, 0]
        self.checks = [0, 0]
        self.dark = 0  # ticks of outage left
        self.loss = 0
        self.ts = 0

    def advance(self, dice, ms, t):
        self.ts = t + dice.fraction()
        if self.dark:
            self.dark -= 1
        elif dice.below(60) == 0:
            self.dark = 3 + dice.below(8)
        if dice.below(25) == 0:
            self.loss = dice.below(30)
        self.checks[0] += 1
        self.checks[1] += 0 if self.dark else 1
        for one in self.streams:
            if dice.below(200) == 0:  # codec switch: counters begin anew
                for name in ("received", "lost", "bytes", "rtx", "frames", "samples", "concealed"):
                    one[name] = 0
            rate = 50 if one["kind"] == "audio" else 80
            packets = rate * ms // 1000
            lost = packets * self.loss // 100
            if self.dark and one["inbound"]:
                one["concealed"] += 48 * ms
                one["samples"] += 48 * ms
                continue
            one["received"] += packets - lost + dice.below(3)
            one["lost"] += lost - (1 if dice.below(9) == 0 else 0)
            one["rtx"] += lost if one["kind"] == "video" else 0
            one["bytes"] += packets * (80 + dice.below(1000))
            one["samples"] += 48 * ms
            one["concealed"] += dice.below(100) * self.loss
            one["buffer"] += 48 * ms * (20 + dice.below(200)) / 1000
            if dice.below(20) == 0:
                one["freeze"] += dice.fraction()
            else:
                one["frames"] += 15 * ms // 1000
            if dice.below(3) == 0:
                one["rtcp"] = self.ts
                one["rtcpLost"] += lost
                one["sr"] = self.ts
                one["srSent"] = one["received"] + one["lost"]
            _count(one, dice, ms)
            if dice.below(70) == 0:
                one["source"] += 1  # replaceTrack
        self.pair_bytes[0] += dice.below(200000)
        self.pair_bytes[1] += 0 if self.dark else dice.below(200000)

    def items(self, dice):
        out = [
            {
                "id": "T01",
                "type": "transport",
                "timestamp": self.ts,
                "selectedCandidatePairId": "CP1" if dice.below(50) else "gone",
                "bytesSent": self.pair_bytes[0] + 5,
                "bytesReceived": self.pair_bytes[1] + 5,
                "dtlsState": "connected",
                "iceState": "connected",
            },
            {
                "id": "CP1",
                "type": "candidate-pair",
                "timestamp": self.ts,
                "transportId": "T01",
                "localCandidateId": "L1",
                "remoteCandidateId": "R1",
                "state": "in-progress" if self.dark else "succeeded",
                "nominated": True,
                "bytesSent": self.pair_bytes[0],
                "bytesReceived": self.pair_bytes[1],
                "requestsSent": self.checks[0],
                "responsesReceived": self.checks[1],
                "currentRoundTripTime": dice.below(500) / 1000,
                "totalRoundTripTime": self.checks[1] / 7,
                "packetsSent": self.pair_bytes[0] // 900,
                "availableOutgoingBitrate": dice.below(3000000) + 0.5,
            },
            {
                "id": "D1",
                "type": "data-channel",
                "timestamp": self.ts,
                "state": "open",
                "label": "is not read",
                "messagesSent": self.checks[0],
                "bytesReceived": self.checks[1] * 11,
            },
            {
                "id": "AP",
                "type": "media-playout",
                "timestamp": self.ts,
                "kind": "audio",
                "totalSamplesCount": self.checks[0] * 480,
                "totalPlayoutDelay": self.checks[0] * 14.4,
                "totalSamplesDuration": self.checks[0] / 100,
                "synthesizedSamplesDuration": self.checks[1] / 1700,
            },
            {"id": "L1", "type": "local-candidate", "timestamp": 1, "candidateType": "host"},
            {
                "id": "C1",
                "type": "codec",
                "timestamp": self.ts,
                "mimeType": "audio/opus",
                "sdpFmtpLine": "minptime=10;useinbandfec=1",
            },
        ]
        for one in self.streams:
            out.extend(_stream_items(one, self.ts, dice))
        return out


def _stream_items(one, ts, dice):
    way = "I" if one["inbound"] else "O"
    item = {
        "id": way + str(one["ssrc"]),
        "type": "inbound-rtp" if one["inbound"] else "outbound-rtp",
        "timestamp": ts,
        "ssrc": one["ssrc"],
        "kind": one["kind"],
        "mid": str(one["ssrc"] % 7),
        "codecId": "C1",
        "transportId": "T01",
    }
    video = one["kind"] == "video"
    _put_more(item, one["more"])
    if not one["inbound"]:
        source = {"id": "SV" + str(one["source"]), "type": "media-source", "kind": one["kind"]}
        source["timestamp"] = ts
        source["frames"] = one["frames"] + one["source"] * 1000
        source["totalAudioEnergy"] = one["buffer"] / 3
        source["totalSamplesDuration"] = one["samples"] / 48000
        item["mediaSourceId"] = source["id"] if dice.below(30) else "SV0"
        item["rid"] = ("q", "h", "")[one["ssrc"] % 3]
        item["packetsSent"] = one["received"] + one["lost"]
        item["bytesSent"] = one["bytes"]
        item["headerBytesSent"] = one["received"] * 12
        item["remoteId"] = "RI" + str(one["ssrc"])
        if video:
            item["framesSent"] = one["frames"]
            item["framesEncoded"] = one["frames"]
        remote = {
            "id": "RI" + str(one["ssrc"]),
            "type": "remote-inbound-rtp",
            "timestamp": one["rtcp"],
            "ssrc": one["ssrc"],
            "kind": one["kind"],
            "localId": item["id"],
            "packetsLost": one["rtcpLost"],
            "roundTripTime": dice.fraction() / 2,
            "jitter": dice.fraction() / 50,
        }
        remote["totalRoundTripTime"] = one["rtcpLost"] / 9
        remote["roundTripTimeMeasurements"] = one["rtcpLost"]
        return [item, remote, source]
    item["packetsReceived"] = one["received"] + one["rtx"]
    item["packetsLost"] = one["lost"]
    item["bytesReceived"] = one["bytes"]
    item["headerBytesReceived"] = one["received"] * 12
    item["jitter"] = dice.fraction() / 30
    item["jitterBufferDelay"] = one["buffer"]
    item["jitterBufferEmittedCount"] = one["samples"]
    if video:
        item["retransmittedPacketsReceived"] = one["rtx"]
        item["framesDecoded"] = one["frames"]
        item["totalFreezesDuration"] = one["freeze"]
        item["frameWidth"] = 640
        item["frameHeight"] = 360
        item["framesPerSecond"] = 15
    else:
        item["totalSamplesReceived"] = one["samples"]
        item["concealedSamples"] = one["concealed"]
        item["silentConcealedSamples"] = one["concealed"] // 3
        item["playoutId"] = "AP"
    remote = {
        "id": "RO" + str(one["ssrc"]),
        "type": "remote-outbound-rtp",
        "timestamp": one["sr"],
        "ssrc": one["ssrc"],
        "kind": one["kind"],
        "localId": item["id"],
        "packetsSent": one["srSent"],
        "remoteTimestamp": one["sr"] - 17.5,
    }
    return [item, remote]


def _count(one, dice, ms):
    """Let the other counters grow: some whole, some with fractions, one that begins anew."""
    sort = ("inbound" if one["inbound"] else "outbound") + one["kind"]
    names = counted.OWN[sort]
    for name in names:
        scale = SCALES[name]
        step = dice.below(60) if scale == 1 else dice.fraction() * ms / 1000
        one["more"][name] = one["more"].get(name, 0) + step
    if dice.below(40) == 0:
        one["more"][names[dice.below(len(names))]] = 0
    if dice.below(40) == 0:
        one["more"].pop(names[dice.below(len(names))])


def _put_more(item, more):
    """The counters as a browser tells them: dotted names are members of an object."""
    for name in sorted(more):
        outer, _, inner = name.partition(".")
        if inner:
            item.setdefault(outer, {})[inner] = more[name]
        else:
            item.setdefault(name, more[name])


def _spoil(dice, items):
    """Put junk where a number or text should be; kinds that pack as they are (see `pack`)."""
    item = items[dice.below(len(items))]
    names = sorted(item)
    name = names[dice.below(len(names))]
    if name in ("type", "id"):
        return
    number = isinstance(item[name], (int, float)) and not isinstance(item[name], bool)
    if number:
        item[name] = (-7, 1e300, -0.25, 9007199254740993, 9007199254740991, 0)[dice.below(6)]


def _events(dice, tick, junk):
    out = []
    if tick == 0:
        out.append({"type": "facts", "facts": {"browser": "Golden", "cores": 4, "mobile": False}})
        out.append({"type": "pc", "pc": "0", "connectionState": "connected"})
        # Through all checkpoints: engines read what is beyond the 16-bit plane in different ways.
        out.append({"type": "label", "track": ODD_TEXT[-1], "participant": "\U0001f680 go"})
    what = dice.below(40)
    text = ODD_TEXT[dice.below(len(ODD_TEXT))]
    if what == 0:
        out.append({"type": "watch", "on": dice.below(2) == 1})
    elif what == 1:
        out.append({"type": "mark", "name": text, "data": {"a": {"b": text, "n": tick}}})
    elif what == 2:
        out.append({"type": "label", "track": "t" + str(dice.below(5)), "participant": text})
    elif what == 3:
        out.append({"type": "lost", "what": "ticks", "count": dice.below(9)})
    elif what == 4:
        states = ("connected", "disconnected", "failed")
        out.append({"type": "pc", "pc": "0", "connectionState": states[dice.below(3)], "at": -9})
    elif what == 5:
        out.append({"type": "page", "what": "hidden"})
    elif what == 6 and junk:
        out.append({"type": "mark", "name": JUNK[dice.below(len(JUNK))], text: 1.5})
    elif what < 12:
        out.append(_setup_event(dice, tick))
    return out


def _setup_event(dice, tick):
    """A connection coming up, or not; a new one every 40 ticks."""
    event = {"type": "pc", "pc": "n" + str(tick // 40), "at": dice.below(3000) - 2500}
    which = dice.below(6)
    if which == 0:
        event["type"] = "icecandidateerror"
        event["errorCode"] = (701, 401, "x", 300)[dice.below(4)]
        event["kind"] = ("turn", "stun")[dice.below(2)]
    elif which == 1:
        event = {"type": "media", "what": "getUserMedia", "ok": dice.below(2) == 1, "at": -40}
        event["error"] = "NotAllowedError"
    else:
        event["signalingState"] = ("stable", "have-local-offer")[dice.below(2)]
        event["iceGatheringState"] = ("gathering", "complete")[dice.below(2)]
        event["iceConnectionState"] = ("checking", "connected")[dice.below(2)]
        event["connectionState"] = ("connecting", "connected", "failed", "closed")[dice.below(4)]
        event["iceTransportPolicy"] = ("all", "relay")[dice.below(2)]
        event["turn"] = dice.below(3)
    return event
