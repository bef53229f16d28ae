"""Base units and the server's clock for the outside."""

from callvitals import present, session


def test_a_state_in_base_units() -> None:
    doc = {
        "tick": 7,
        "t": 1000,
        "score": 432,
        "rating": "good",
        "reasons": {"loss": 12},
        "parts": {"audioIn": {"score": 441, "loss": 12}, "odd": "one"},
        "net": {"rtt": 123, "lossIn": 250, "upload": 5000, "fpsIn": 149, "frozen": 1500},
        "video": {"width": 640, "fps": 150},
        "issues": {
            "i0": {"type": "high-loss", "since": 900, "evidence": {"loss": 800, "packetsLost": 4}}
        },
        "streams": {"s0": {"kind": "audio", "ssrc": 5, "jitter": 20, "bitrate": 64000}},
        "counts": {"nonsense": 3},
    }
    assert present.present(doc, 50) == {
        "tick": 7,
        "t": 1050,
        "score": 4.32,
        "rating": "good",
        "reasons": {"loss": 0.12},
        "parts": {"audioIn": {"score": 4.41, "loss": 0.12}, "odd": "one"},
        "net": {"rtt": 0.0123, "lossIn": 0.025, "upload": 5000, "fpsIn": 14.9, "frozen": 1.5},
        "video": {"width": 640, "fps": 15.0},
        "issues": {
            "i0": {"type": "high-loss", "since": 950, "evidence": {"loss": 0.08, "packetsLost": 4}}
        },
        "streams": {"s0": {"kind": "audio", "ssrc": 5, "jitter": 0.002, "bitrate": 64000}},
        "counts": {"nonsense": 3},
    }
    assert doc["t"] == 1000, "the document itself is left alone"


def test_a_row_and_a_column_in_base_units() -> None:
    row = {
        "tick": 3,
        "t": 10,
        "values": {"rtt": 5, "loss.s3": 100, "score": 400},
        "events": [
            {"type": "rating", "from": "fair", "to": "good", "score": 400},
            {"type": "issue-close", "since": 1, "until": 9, "evidence": {"loss": 100}},
            {"type": "mark", "name": "x", "at": -7},
        ],
    }
    got = present.present_row(row, 5)
    assert got["t"] == 15
    assert got["values"] == {"rtt": 0.0005, "loss.s3": 0.01, "score": 4.0}
    assert got["events"][0]["score"] == 4.0
    assert got["events"][1] == {
        "type": "issue-close",
        "since": 6,
        "until": 14,
        "evidence": {"loss": 0.01},
    }
    assert got["events"][2] == {"type": "mark", "name": "x", "t": 8}
    assert present.column("rtt", [10, None, 20]) == [0.001, None, 0.002]


def test_what_the_host_apps_listeners_get() -> None:
    row = {
        "tick": 3,
        "t": 10,
        "values": {"rtt": 5, "loss.s3": 100, "score": 400},
        "events": [
            {"type": "mark", "name": "x"},
            {
                "type": "issue-open",
                "issue": "i4",
                "name": "high-loss",
                "severity": "minor",
                "since": 7,
                "sentence": "Losing 1.0 % of incoming packets.",
                "evidence": {"loss": 100},
            },
        ],
    }
    assert present.sample(row, 5) == {"t": 15, "values": {"rtt": 0.0005, "score": 4.0}}
    assert present.issues(row, 5) == [
        {
            "kind": "open",
            "id": "i4",
            "type": "high-loss",
            "severity": "minor",
            "since": 12,
            "sentence": "Losing 1.0 % of incoming packets.",
            "evidence": {"loss": 0.01},
        }
    ]
    doc = session.Session().state()
    unknown = {"value": None, "rating": "unknown", "reasons": {}, "sentence": ""}
    assert present.verdict(doc) == {"name": "score", **unknown}
    doc.update(score=312, rating="fair", reasons={"loss": 120}, sentence="Bad.")
    fair = {"value": 3.12, "rating": "fair", "reasons": {"loss": 1.2}, "sentence": "Bad."}
    assert present.verdict(doc) == {"name": "score", **fair}


def test_times_of_setup_in_seconds() -> None:
    doc = {"pcs": {"c0": {"connectTime": 780, "failed": "lost", "name": "0", "turn": 2}, "c1": 5}}
    assert present.present(doc)["pcs"] == {
        "c0": {"connectTime": 0.78, "failed": "lost", "name": "0", "turn": 2},
        "c1": 5,
    }
