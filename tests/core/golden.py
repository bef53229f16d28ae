"""The golden cases: ticks in, crc32 of every row, state and checkpoint out.

Runs unchanged on CPython, Pyodide and MicroPython, so portable subset only: no pytest, no random.
"""

import json
from array import array

from callvitals import fields, report, sender, session, wire

# Strings that JSON, sorting and cutting could treat differently.
ODD_TEXT = ("", "plain", "caf\u00e9", "\u4e2d\u6587", "tab\there", 'quote"back\\', "\U0001f680 go")
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


def pack(reports, strings):
    """Reference packer: plain reports -> array of doubles, as the page's packer makes them.

    strings: the session's table, appended to.
    """
    index = {strings[i]: i for i in range(len(strings))}
    out = array("d")
    for pc, items in reports:
        out.append(0.0)
        _put_text(out, pc, strings, index)
        for item in items:
            if item.get("type") in fields.ORDER:
                _pack_item(out, item, strings, index)
    return out


def _pack_item(out, item, strings, index):
    out.append(float(fields.ORDER.index(item["type"])))
    for name, kind, _scale, _unit in fields.FIELDS[item["type"]]:
        value = item.get(name)
        if "." in name:
            outer, inner = name.split(".")
            holder = item.get(outer)
            value = holder.get(inner) if isinstance(holder, dict) else None
        if kind == fields.TEXT_KIND:
            if isinstance(value, str):
                _put_text(out, value, strings, index)
            else:
                out.append(float("nan"))
        elif kind == fields.BOOL_KIND:
            out.append(1.0 if value is True else 0.0 if value is False else float("nan"))
        elif value is None or value is True or value is False:
            out.append(float("nan"))
        else:
            out.append(float(value))


def _put_text(out, value, strings, index):
    if value not in index:
        index[value] = len(strings)
        strings.append(value)
    out.append(float(index[value]))


# ---------------------------------------------------------------------------------------------
# generated ticks


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


class _Call:
    def __init__(self, dice, streams):
        self.streams = []
        for i in range(streams):
            self.streams.append(
                {
                    "inbound": i % 3 != 2,
                    "kind": "audio" if i % 2 == 0 else "video",
                    "ssrc": 1000 + dice.below(4000000000),
                    "sent": 0,
                    "received": 0,
                    "lost": 0,
                    "bytes": 0,
                    "rtx": 0,
                    "frames": 0,
                    "samples": 0,
                    "concealed": 0,
                    "buffer": 0.0,
                    "freeze": 0.0,
                    "rtcp": 0,
                    "rtcpLost": 0,
                }
            )
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
            },
            {
                "id": "L1",
                "type": "local-candidate",
                "timestamp": self.ts,
                "candidateType": "host",
                "protocol": "udp",
            },
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
    if not one["inbound"]:
        item["packetsSent"] = one["received"] + one["lost"]
        item["bytesSent"] = one["bytes"]
        item["headerBytesSent"] = one["received"] * 12
        item["remoteId"] = "RI" + str(one["ssrc"])
        if video:
            item["framesSent"] = one["frames"]
            item["framesEncoded"] = one["frames"]
            item["qualityLimitationDurations"] = {"cpu": dice.fraction(), "none": 5}
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
        return [item, remote]
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
    return [item]


def _spoil(dice, items):
    """Put junk where a number or text should be; kinds that pack as they are (see `pack`)."""
    item = items[dice.below(len(items))]
    names = sorted(item)
    name = names[dice.below(len(names))]
    if name in ("type", "id"):
        return
    number = isinstance(item[name], (int, float)) and not isinstance(item[name], bool)
    if number:
        item[name] = (-7, 1e300, -0.25, 9007199254740993, 0)[dice.below(5)]


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


# ---------------------------------------------------------------------------------------------
# running


def _hello(conn, through, now):
    config = {"messageSeconds": 10, "sampleSeconds": 0}
    hello = {"conn": conn, "through": through, "now": now + 7, "config": config}
    hello["sessionToken"] = "golden"
    return hello


def messages(link, row, state, now):
    """Text of all that leaves at this tick; a service that stores at once, asks for the full
    state now and then, is watched for a while, and is lost every two minutes."""
    tick = row["tick"]
    if tick % 120 == 0:
        link.link("disconnect", {}, now)
        link.link("hello", _hello(65536 + tick, link.through, now), now)
    elif tick % 37 == 0:
        link.link("resync", {"conn": link.conn}, now)
    if tick % 50 == 10:
        link.link("watch", {"on": tick % 100 == 10}, now)
    link.push(row, state)
    out = []
    for action in link.poll(now):
        if action["do"] == "send":
            out.append(wire.text(action["data"]))
            if "log" in action["data"]:
                stored = {"conn": link.conn, "through": action["data"]["log"]["to"]}
                link.link("stored", stored, now)
    link.drain()
    return "".join(out)


def crc_of(entries, out, name, every=20):
    """out[name]: crc32 over all rows and messages and, every so many ticks, states and checkpoints.

    At each checkpoint the Session is thrown away and the restored one goes on. A generator: it
    rests there, because MicroPython collects its garbage only between calls from outside.
    """
    crc = 0
    one = session.Session()
    link = sender.Sender({"engine": "golden", "host": "test", "why": "equal everywhere"})
    for entry in entries:
        row = one.feed(entry)
        text = wire.text(row) + messages(link, row, one.state(), entry["t"])
        if (entry["tick"] + 1) % every == 0:
            kept = one.checkpoint()
            one = session.restore(kept)
            text += kept + wire.text(one.state())
            yield
        crc = wire.crc(str(crc) + text)
    out[name] = wire.crc(str(crc) + wire.text(one.state()) + one.checkpoint())


def through_packing(entries):
    """The same entries with their reports packed and unpacked again."""
    strings = []
    for entry in entries:
        values = pack(entry["reports"], strings)
        entry = dict(entry)
        entry["reports"] = report.unpack(fields.SCHEMA, strings, values)
        yield entry


def write_packed(entries, path):
    """Keep entries (without events) packed: path has the doubles, path + ".json" the rest."""
    strings = []
    ticks = []
    with open(path, "wb") as file:
        for entry in entries:
            values = pack(entry["reports"], strings)
            ticks.append([entry["tick"], entry["t"], len(values)])
            file.write(bytes(values))
    with open(path + ".json", "w") as file:
        file.write(json.dumps({"strings": strings, "ticks": ticks}))


def packed_entries(path):
    """Ring entries of what write_packed wrote; every tick may use all strings."""
    with open(path + ".json") as file:
        head = json.loads(file.read())
    with open(path, "rb") as file:
        for tick, t, count in head["ticks"]:
            values = array("d", bytes(8 * count))
            file.readinto(values)
            reports = report.unpack(fields.SCHEMA, head["strings"], values)
            yield {"tick": tick, "t": t, "reports": reports, "events": []}


def capture_entries(path):
    """Ring entries of a capture as plain lines (as dump.entries, which no browser loads)."""
    current = None
    tick = 0
    with open(path) as file:
        for text in file:
            line = json.loads(text)
            if (
                current is not None
                and line["t"] - current["t"] <= 500
                and line["pc"] not in [one[0] for one in current["reports"]]
            ):
                current["reports"].append([line["pc"], line["stats"]])
                continue
            if current is not None:
                yield current
                tick += 1
            current = {"tick": tick, "t": line["t"], "events": []}
            current["reports"] = [[line["pc"], line["stats"]]]
    if current is not None:
        yield current


def name_of(path):
    return path.split("/")[-1].split(".")[0]


def work(out, plain, packed, ticks, seeds):
    """All cases into out, {name: crc}; a generator that rests now and then. plain: captures, not
    gzipped; packed: what write_packed wrote."""
    for seed in seeds:
        name = "generated " + str(seed)
        yield from crc_of(generated(seed, ticks), out, name + " plain")
        yield from crc_of(through_packing(generated(seed, ticks)), out, name + " packed")
    for path in plain:
        yield from crc_of(capture_entries(path), out, name_of(path) + " plain")
    for path in packed:
        yield from crc_of(packed_entries(path), out, name_of(path) + " packed")


def run(plain, packed, ticks, seeds):
    """The same without rest."""
    out = {}
    for _ in work(out, plain, packed, ticks, seeds):
        pass
    return out
