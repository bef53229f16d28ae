"""A made-up call whose every packet is known, for tests of the Session."""

from typing import Any

from callvitals import session

T0 = 1795448731544


class Call:
    """Two connections' worth of reports is made by `report()`; `run` moves the world on.

    Shaped as Chromium reports it. Rates: audio 50 packets/s, video 100 packets/s and 25 frames/s.
    """

    def __init__(self, video: bool = True, sends_video: bool = True) -> None:
        self.t = T0
        self.tick = -1
        self.ms = 0
        self.down = False  # nothing arrives
        self.muted = False  # the far end sends no media; its path lives
        self.loss = 0.0
        self.stuck = False  # video packets arrive, no frame is decoded
        self.video = video
        self.sends_video = sends_video
        self.round_trip = 0.05
        self.jitter = 0.002
        self.heard = dict.fromkeys(("audio", "video"), 0)
        self.lost = dict.fromkeys(("audio", "video"), 0.0)
        self.sent = dict.fromkeys(("audio", "video"), 0)
        self.frames = 0
        self.concealed = 0
        self.samples = 0
        self.rtcp_ms = 0
        self.pings = 0
        self.pongs = 0
        self.received_bytes = 0
        self.sent_bytes = 0
        self.down_ms = 0

    def run(self, ms: int) -> None:
        for _ in range(0, ms, 100):
            self._move()

    def _move(self) -> None:
        """A tenth of a second."""
        self.t += 100
        self.ms += 100
        for kind, rate in (("audio", 5), ("video", 10)):
            self.sent[kind] += rate
            if not self.down and not self.muted:
                self.heard[kind] += rate
                self.lost[kind] += rate * self.loss / (1 - self.loss)
        self.sent_bytes += 5000
        self.samples += 4800
        if self.down or self.muted:
            self.concealed += 4800
        elif not self.stuck and self.ms % 200 == 0:
            self.frames += 5
        if self.ms % 2500 == 0:
            self.pings += 1
            self.pongs += 0 if self.down else 1
        self.down_ms = self.down_ms + 100 if self.down else 0
        if not self.down:
            if not self.muted:
                self.received_bytes += 6000
            if self.sends_video or self.ms % 5000 == 0:
                self.received_bytes += 100  # feedback
            if self.ms % 1000 == 0:
                self.rtcp_ms = self.t

    def report(self) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = [
            {
                "id": "T1",
                "type": "transport",
                "timestamp": self.t,
                "selectedCandidatePairId": "P1",
                "dtlsState": "connected",
                "bytesSent": self.sent_bytes,
                "bytesReceived": self.received_bytes,
            },
            {
                "id": "P1",
                "type": "candidate-pair",
                "timestamp": self.t,
                "transportId": "T1",
                "state": "in-progress" if self.down_ms > 3000 else "succeeded",
                "nominated": True,
                "bytesSent": self.sent_bytes,
                "bytesReceived": self.received_bytes,
                "requestsSent": self.pings,
                "responsesReceived": self.pongs,
                "requestsReceived": self.pongs,
                "currentRoundTripTime": self.round_trip,
            },
        ]
        for kind in ("audio", "video"):
            if kind == "audio" or self.video:
                out.append(self._inbound(kind))
            if kind == "audio" or self.sends_video:
                out.extend(self._outbound(kind))
        return out

    def _inbound(self, kind: str) -> dict[str, Any]:
        item = {
            "id": f"I{kind}",
            "type": "inbound-rtp",
            "timestamp": self.t,
            "kind": kind,
            "ssrc": 11 if kind == "audio" else 12,
            "packetsReceived": self.heard[kind],
            "packetsLost": int(self.lost[kind]),
            "bytesReceived": self.heard[kind] * 1000,
            "jitter": self.jitter,
        }
        if kind == "audio":
            item |= {
                "totalSamplesReceived": self.samples,
                "concealedSamples": self.concealed,
                "silentConcealedSamples": self.concealed,
                "jitterBufferDelay": self.samples * 0.04,
                "jitterBufferEmittedCount": self.samples,
            }
        else:
            item |= {"framesDecoded": self.frames, "totalFreezesDuration": 0}
        return item

    def _outbound(self, kind: str) -> list[dict[str, Any]]:
        ssrc = 21 if kind == "audio" else 22
        stream = {
            "id": f"O{kind}",
            "type": "outbound-rtp",
            "timestamp": self.t,
            "kind": kind,
            "ssrc": ssrc,
            "packetsSent": self.sent[kind],
            "bytesSent": self.sent[kind] * 900,
            "remoteId": f"R{kind}",
        }
        remote = {
            "id": f"R{kind}",
            "type": "remote-inbound-rtp",
            "timestamp": self.rtcp_ms,
            "kind": kind,
            "ssrc": ssrc,
            "localId": f"O{kind}",
            "packetsLost": 0,
            "roundTripTime": self.round_trip,
        }
        return [stream, remote]

    def entry(self, *events: dict[str, Any]) -> dict[str, Any]:
        self.tick += 1
        return {
            "tick": self.tick,
            "t": self.t,
            "reports": [["0", self.report()]],
            "events": list(events),
        }


def parts_of(call: Call, seconds: int = 15) -> dict[str, Any]:
    """The parts of the state after so many seconds of the call."""
    one = session.Session()
    for _ in range(seconds):
        call.run(1000)
        one.feed(call.entry())
    parts: dict[str, Any] = one.state()["parts"]
    return parts
