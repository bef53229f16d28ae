"""A Session fed with reports made by hand, one connection's at a time."""

from typing import Any

from callvitals import report, session

T0 = 1795448731544
Item = dict[str, Any]


def item(type_name: str, ident: str, **fields: Any) -> Item:
    return {"type": type_name, "id": ident, "timestamp": T0, **fields}


def streams(*items: Item) -> list[dict[str, Any]]:
    return list(report.read(list(items))["streams"])


class Feeder:
    """A Session fed with one connection's reports, watched; `at` is the time of the next."""

    def __init__(self) -> None:
        self.one = session.Session()
        self.tick = -1
        self.at = T0

    def __call__(self, *items: Item, after: int = 1000, **other: Any) -> dict[str, int]:
        """Time goes on by `after` ms, the items are reported at that time; the row's values."""
        self.at += after
        for one in items:
            if one["timestamp"] == T0:
                one["timestamp"] = self.at
        return self.entry([["0", list(items)]], **other)

    def entry(self, reports: Any, t: int | None = None) -> dict[str, int]:
        self.tick += 1
        entry = {"tick": self.tick, "t": self.at if t is None else t, "reports": reports}
        entry["events"] = [{"type": "watch", "on": True}] if self.tick == 0 else []
        values: dict[str, int] = self.one.feed(entry)["values"]
        return values

    @property
    def shown(self) -> list[dict[str, Any]]:
        several = self.one.state()["streams"]
        return [several[key] for key in sorted(several, key=lambda key: int(key[1:]))]

    @property
    def pc(self) -> dict[str, Any]:
        return dict(self.one.state()["pcs"]["c0"])


def audio_in(seconds: float, **other: Any) -> Item:
    """An inbound audio stream after so many seconds: 50 packets and 5,000 bytes in each."""
    return item(
        "inbound-rtp",
        "IA",
        **{
            "kind": "audio",
            "ssrc": 11,
            "packetsReceived": int(50 * seconds),
            "packetsLost": 0,
            "bytesReceived": int(5000 * seconds),
            **other,
        },
    )


def video_out(seconds: float, **other: Any) -> Item:
    """An outbound video stream: 100 packets, 50,000 bytes and 25 frames a second."""
    return item(
        "outbound-rtp",
        "OV",
        **{
            "kind": "video",
            "ssrc": 22,
            "packetsSent": int(100 * seconds),
            "bytesSent": int(50000 * seconds),
            "framesSent": int(25 * seconds),
            **other,
        },
    )


def pair(ident: str, sent: int, received: int, **other: Any) -> Item:
    return item("candidate-pair", ident, bytesSent=sent, bytesReceived=received, **other)
