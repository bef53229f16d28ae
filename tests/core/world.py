"""A made-up call in which any one thing can go wrong, shaped as Chromium reports it.

Two people are received (Ann: sound and picture, Bob: the same), sound and picture are sent. Knobs
are attributes; `World.run` moves on by tenths of a second, `World.entry` makes a ring entry. The
golden cases run it on every engine, so portable subset only.
"""

T0 = 1795448731544

STREAMS = (
    # name, kind, ssrc, track
    ("annAudio", "audio", 11, "t-ann-a"),
    ("annVideo", "video", 12, "t-ann-v"),
    ("bobAudio", "audio", 13, "t-bob-a"),
    ("bobVideo", "video", 14, "t-bob-v"),
)
COUNTS = ("came", "sent", "lost", "bytes", "samples", "concealed", "stretched", "target", "buffer")
COUNTS += ("emitted", "frames", "whole", "dropped", "decode", "pli", "rtx")


class World:
    def __init__(self):
        self.t = T0
        self.tick = -1
        self.ms = 0
        self.only = ""  # whose streams the knobs of what comes concern: "ann", or "" for all
        self.down = False
        self.down_out = False
        self.loss = 0  # percent; so are the other shares
        self.loss_out = 0
        self.rtt = 50  # ms
        self.jitter = 3
        self.bandwidth = 0
        self.cpu = 0
        self.available = 2000000
        self.reported = True
        self.cached = False
        self.sent_not_come = ()
        self.deaf = False
        self.concealed = 0
        self.stretched = 0
        self.target = 60
        self.synthesized = 0
        self.silent = False
        self.muted = False
        self.stuck = False
        self.whole = False
        self.pli = 0  # a second
        self.dropped = 0
        self.decode = 10
        self.unsent = False
        self.encoded = 100
        self.encode = 20
        self.camera = 30
        self.wander = False
        self.relay = ""
        self.held = False  # nobody sends anything
        self.still = False  # what is sent to us stands still, as slides do
        self.screen = False
        self.dtx = False
        self.streams = {}
        for name, _kind, _ssrc, _track in STREAMS:
            self.streams[name] = dict.fromkeys(COUNTS, 0)
        self.out = {"audio": 0, "video": 0, "lostAudio": 0, "lostVideo": 0, "heard": 0}
        self.source = {"frames": 0, "energy": 0.0, "us": 0, "encoded": 0, "encode": 0}
        self.limited = {"cpu": 0, "bandwidth": 0, "none": 0}
        self.playout = {"us": 0, "synthesized": 0}
        self.report_t = T0
        self.sr_t = T0
        self.sr = {}
        self.pair = {"sent": 0, "came": 0, "bytes": 0, "asked": 0, "answered": 0, "last": T0}
        self.down_ms = 0
        self.dark_ms = 0
        self.path = 0
        self.old = None

    def run(self, ms):
        for _ in range(0, ms, 100):
            self._move()

    def _move(self):
        self.t += 100
        self.ms += 100
        self.down_ms = self.down_ms + 100 if self.down else 0
        self.dark_ms = self.dark_ms + 100 if self.down or self.down_out else 0
        for name, kind, _ssrc, _track in STREAMS:
            self._receive(name, kind)
        self._send()
        self.playout["us"] += 100000
        self.playout["synthesized"] += 1000 * self.synthesized
        if self.ms % 1000 == 0 and not self.down:
            self.sr_t = self.t
            for name in self.streams:
                self.sr[name] = self.streams[name]["sent"]
        if self.wander and self.ms % 5000 == 0:
            self.path = 1 - self.path

    def _receive(self, name, kind):
        one = self.streams[name]
        mine = self.only == "" or name[:3] == self.only
        packets = 5 if kind == "audio" else 10
        if self.dtx and kind == "audio":
            packets = 1 if self.ms % 400 == 0 else 0
        if self.held or (self.still and kind == "video"):
            packets = 0
        one["sent"] += packets
        gone = self.down or (name in self.sent_not_come)
        if not gone:
            lost = self.loss if mine else 0
            # In hundredths, so that shares come out exactly over time.
            one["came"] += packets * (100 - lost)
            one["lost"] += packets * lost
            one["bytes"] += packets * 1000
            self.pair["came"] += packets
            self.pair["bytes"] += packets * 1000
            if packets:
                self.pair["last"] = self.t - 5
        if kind == "audio":
            one["samples"] += 4800
            if gone or self.held:
                one["concealed"] += 480000
            elif mine:
                one["concealed"] += 4800 * self.concealed
                one["stretched"] += 4800 * self.stretched
            one["emitted"] += 4800
            one["target"] += 4800 * (self.target if mine else 60)
            one["buffer"] += 4800 * 60
            return
        if gone or packets == 0:
            return
        one["decode"] += 1000 * self.decode
        if self.ms % 200 != 0:
            return
        stuck = self.stuck and mine
        if not stuck or self.whole:
            one["whole"] += 600
        if not stuck:
            one["frames"] += 6 * (100 - (self.dropped if mine else 0))
            one["dropped"] += 6 * (self.dropped if mine else 0)
        if mine and self.ms % 1000 == 0:
            one["pli"] += self.pli

    def _send(self):
        audio = 1 if self.dtx and self.ms % 400 == 0 else 0 if self.dtx else 5
        video = 10
        if self.held:
            audio = video = 0
        if self.unsent:
            video = 0
        self.out["audio"] += audio
        self.out["video"] += video
        lost = 100 if self.down_out else self.loss_out
        self.out["lostVideo"] += video * lost
        self.out["lostAudio"] += audio * (100 if self.deaf else lost)
        arrives = not (self.down or self.down_out)
        if arrives and (audio or video) and not self.down:
            # Congestion feedback on what we send: 20 packets a second.
            self.pair["came"] += 2
            self.pair["bytes"] += 100
            self.pair["last"] = self.t - 5
        if self.ms % 1000 == 0 and arrives and self.reported:
            self.report_t = self.t
        self.pair["sent"] += 1000 * (audio + video)
        if self.ms % 2500 == 0 or (self.dark_ms > 2500 and self.ms % 500 == 0):
            self.pair["asked"] += 1
            self.pair["answered"] += 1 if arrives else 0
        self.source["us"] += 100000
        self.source["energy"] += 0.0 if self.silent or self.muted else 0.001
        self.source["frames"] += 10 * self.camera
        self.source["encoded"] += 0 if self.unsent else self.camera * self.encoded // 10
        self.source["encode"] += 1000 * self.encode
        self.limited["cpu"] += 1000 * self.cpu
        self.limited["bandwidth"] += 1000 * self.bandwidth
        self.limited["none"] += 1000 * (100 - self.cpu - self.bandwidth)

    # -- reports --------------------------------------------------------------------------------

    def report(self):
        if self.cached and self.old is not None:
            return self.old
        out = self._path()
        for name, kind, ssrc, track in STREAMS:
            out.extend(self._inbound(name, kind, ssrc, track))
        out.extend(self._outbound("audio", 21) + self._outbound("video", 22))
        self.old = out
        return out

    def _path(self):
        waits = self.dark_ms > 2500
        pair = {
            "id": "P" + str(self.path),
            "type": "candidate-pair",
            "timestamp": self.t,
            "transportId": "T1",
            "localCandidateId": "L1",
            "state": "in-progress" if waits else "succeeded",
            "nominated": True,
            "bytesSent": self.pair["sent"],
            "bytesReceived": self.pair["bytes"],
            "packetsReceived": self.pair["came"],
            "lastPacketReceivedTimestamp": self.pair["last"],
            "requestsSent": self.pair["asked"],
            "responsesReceived": self.pair["answered"],
            "currentRoundTripTime": self.rtt / 1000,
            "availableOutgoingBitrate": self.available,
        }
        transport = {
            "id": "T1",
            "type": "transport",
            "timestamp": self.t,
            "selectedCandidatePairId": pair["id"],
            "dtlsState": "connected",
            "bytesSent": self.pair["sent"],
            "bytesReceived": self.pair["bytes"],
        }
        local = {
            "id": "L1",
            "type": "local-candidate",
            "timestamp": self.t,
            "candidateType": "relay" if self.relay else "host",
            "protocol": "udp",
        }
        if self.relay:
            local["relayProtocol"] = self.relay
        playout = {
            "id": "AP",
            "type": "media-playout",
            "timestamp": self.t,
            "kind": "audio",
            "totalSamplesDuration": self.playout["us"] / 1000000,
            "synthesizedSamplesDuration": self.playout["synthesized"] / 1000000,
        }
        return [pair, transport, local, playout]

    def _inbound(self, name, kind, ssrc, track):
        one = self.streams[name]
        mine = self.only == "" or name[:3] == self.only
        item = {
            "id": "I" + str(ssrc),
            "type": "inbound-rtp",
            "timestamp": self.t,
            "kind": kind,
            "ssrc": ssrc,
            "trackIdentifier": track,
            "packetsReceived": one["came"] // 100,
            "packetsLost": one["lost"] // 100,
            "bytesReceived": one["bytes"],
            "jitter": (self.jitter if mine else 3) / 1000,
            "remoteId": "RO" + str(ssrc),
        }
        if kind == "audio":
            item["playoutId"] = "AP"
            item["totalSamplesReceived"] = one["samples"]
            item["concealedSamples"] = one["concealed"] // 100
            item["silentConcealedSamples"] = 0
            item["removedSamplesForAcceleration"] = one["stretched"] // 100
            item["jitterBufferTargetDelay"] = one["target"] / 1000
            item["jitterBufferDelay"] = one["buffer"] / 1000
            item["jitterBufferEmittedCount"] = one["emitted"]
        else:
            item["framesReceived"] = one["whole"] // 100
            item["framesDecoded"] = one["frames"] // 100
            item["framesDropped"] = one["dropped"] // 100
            item["totalDecodeTime"] = one["decode"] / 1000000
            item["totalFreezesDuration"] = 0
            item["pliCount"] = one["pli"]
            item["retransmittedPacketsReceived"] = one["rtx"]
            if self.screen:
                item["contentType"] = "screenshare"
        remote = {
            "id": "RO" + str(ssrc),
            "type": "remote-outbound-rtp",
            "timestamp": self.sr_t,
            "kind": kind,
            "ssrc": ssrc,
            "localId": item["id"],
            "packetsSent": self.sr.get(name, 0),
        }
        return [item, remote]

    def _outbound(self, kind, ssrc):
        item = {
            "id": "O" + str(ssrc),
            "type": "outbound-rtp",
            "timestamp": self.t,
            "kind": kind,
            "ssrc": ssrc,
            "active": True,
            "packetsSent": self.out[kind],
            "bytesSent": self.out[kind] * 900,
            "targetBitrate": 32000 if kind == "audio" else 250000,
            "mediaSourceId": "S" + kind,
            "remoteId": "RI" + str(ssrc),
        }
        source = {
            "id": "S" + kind,
            "type": "media-source",
            "timestamp": self.t,
            "kind": kind,
            "trackIdentifier": "t-me-" + kind,
        }
        if kind == "audio":
            source["totalAudioEnergy"] = self.source["energy"]
            source["totalSamplesDuration"] = self.source["us"] / 1000000
        else:
            source["frames"] = self.source["frames"] // 100
            item["framesEncoded"] = self.source["encoded"] // 100
            item["framesSent"] = item["framesEncoded"]
            item["totalEncodeTime"] = self.source["encode"] / 1000000
            shares = {name: self.limited[name] / 1000000 for name in self.limited}
            item["qualityLimitationDurations"] = shares
        lost = self.out["lostAudio" if kind == "audio" else "lostVideo"] // 100
        remote = {
            "id": "RI" + str(ssrc),
            "type": "remote-inbound-rtp",
            "timestamp": self.report_t,
            "kind": kind,
            "ssrc": ssrc,
            "localId": item["id"],
            "packetsLost": lost,
            "roundTripTime": self.rtt / 1000,
        }
        return [item, remote, source]

    def entry(self, *events):
        self.tick += 1
        return {
            "tick": self.tick,
            "t": self.t,
            "reports": [["0", self.report()]],
            "events": list(events),
        }
