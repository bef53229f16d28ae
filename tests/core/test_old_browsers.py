"""Real recordings of old browsers: their numbers are sane, and what they say is true."""

from pathlib import Path

import pytest
from callvitals import dump, session

DATA = Path(__file__).parents[1] / "data" / "captures" / "public"


SANE = {
    "bitrate": 20_000_000,
    "upload": 20_000_000,
    "download": 40_000_000,
    "rtt": 20_000,
    "jitter": 10_000,
    "jitterBuffer": 20_000,
    "fps": 700,
    "sourceFps": 700,
    "fpsIn": 700,
    "fpsOut": 700,
    "qp": 1270,
    "decodeTime": 10_000,
    "encodeTime": 10_000,
}
PUBLIC = {
    "chrome-2020-sfu": {"download", "rtt", "jitter", "fpsIn", "fpsOut", "decodeTime", "qp"},
    "chrome99-pc-reconnect": {"upload", "rtt"},
    "firefox81-sfu": {"upload", "download", "rtt", "jitter", "fpsIn", "lossIn"},
    "safari-2020-sfu": {"upload", "download", "rtt", "jitter", "fpsIn", "frozen", "decodeTime"},
}


@pytest.mark.parametrize("name", PUBLIC)
def test_old_recordings_give_sane_numbers(name: str) -> None:
    one = session.Session()
    told = set()
    for entry in dump.read(str(DATA / f"{name}.jsonl.gz")):
        if entry["tick"] == 0:
            entry["events"] = [{"type": "watch", "on": True}]
        for key, value in one.feed(entry)["values"].items():
            series = key.split(".")[0]
            told.add(series)
            assert 0 <= value <= SANE.get(series, 10**7), key
    assert PUBLIC[name] - told == set()
    assert one.state()["counts"]["nonsense"] <= 40


TROUBLES = {
    # Of five streams in, the sound of one is made up by a tenth, at a jitter of up to 30 ms.
    "chrome-2020-sfu": {"audio-concealment"},
    "chrome99-pc-reconnect": set(),
    # One picture stands still while 17 kB of it come, before the server stops to send it.
    "firefox81-sfu": {"frozen-video"},
    "safari-2020-sfu": set(),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_old_recordings_have_the_troubles_they_had(name: str) -> None:
    """No outage, least of all: media flows in all of them from the first report to the last."""
    one = session.Session()
    told = set()
    for entry in dump.read(str(DATA / f"{name}.jsonl.gz")):
        events = one.feed(entry)["events"]
        told |= {event["name"] for event in events if event["type"] == "issue-open"}
    assert told == TROUBLES[name]
