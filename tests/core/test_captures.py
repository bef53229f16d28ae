"""Real reports against the truth of the wire beside them."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from callvitals import dump, fields, report, sample, session, state

DATA = Path(__file__).parents[1] / "data" / "captures"
CAPTURES = sorted(
    path
    for folder in (DATA, DATA / "public")
    for path in folder.glob("*.jsonl.gz")
    if ".truth." not in path.name
)


def feed_all(name: str, watch: bool = False) -> tuple[session.Session, list[dict[str, Any]]]:
    one = session.Session()
    rows = []
    for entry in dump.read(str(DATA / f"{name}.jsonl.gz")):
        if watch and entry["tick"] == 0:
            entry["events"] = [{"type": "watch", "on": True}]
        rows.append(one.feed(entry))
    return one, rows


def events(rows: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [event for row in rows for event in row["events"] if event["type"] == what]


@pytest.mark.parametrize("name", ["chromium-clean", "firefox-clean", "chromium-vs-aiortc-clean"])
def test_a_clean_call_is_good_and_has_no_issue(name: str) -> None:
    one, rows = feed_all(name)
    assert not events(rows, "issue-open")
    scores = [row["values"].get("score") for row in rows]
    first = next(i for i, score in enumerate(scores) if score is not None)
    start = next(row["t"] for row in rows if row["values"].get("download"))
    assert 10000 <= rows[first]["t"] - start < 12000, "unknown for the first ten seconds"
    assert all(score is not None and score >= 400 for score in scores[first:])
    assert one.state()["rating"] == "good"
    assert one.state()["sentence"] == ""


@pytest.mark.parametrize("name", ["chromium-events", "firefox-events"])
def test_mute_removal_and_ice_restart_raise_no_issue(name: str) -> None:
    _one, rows = feed_all(name)
    assert not events(rows, "issue-open")


def truth_lost(name: str, t: int) -> dict[int, tuple[int, int]]:
    """Per SSRC the wire's losses about time t: (a second and a half before, as much after)."""
    seconds = []
    with gzip.open(DATA / f"{name}.truth.jsonl.gz", "rt") as file:
        for text in file:
            line = json.loads(text)
            if "ab_ssrc" in line:
                lost = {}
                for way in ("ab_ssrc", "ba_ssrc"):
                    lost |= {int(ssrc): one["lost"] for ssrc, one in line[way].items()}
                seconds.append((line["t"], lost))
    before = [lost for at, lost in seconds if at <= t - 1500][-1]
    after = next((lost for at, lost in seconds if at >= t + 1500), seconds[-1][1])
    return {ssrc: (before.get(ssrc, 0), after[ssrc]) for ssrc in after}


@pytest.mark.parametrize("name", ["chromium-loss5-delay100", "firefox-loss5-delay100"])
def test_losses_equal_the_wire(name: str) -> None:
    """Lost packets per SSRC within 1 (and the sampling second); naive counting misses by more."""
    before: dict[tuple[str, int], Any] = {}
    last = 0
    for entry in dump.read(str(DATA / f"{name}.jsonl.gz")):
        last = entry["t"]
        for pc, raw in entry["reports"]:
            for stream in report.read(raw)["streams"]:
                if stream["direction"] == "inbound":
                    key = (pc, stream["ssrc"])
                    memory = {"rtcp": None, "ahead": 0}
                    before[key] = sample.follow(stream, before.get(key), memory)
    truth = truth_lost(name, last)
    assert len(before) >= 2
    for (_pc, ssrc), slots in before.items():
        low, high = truth[ssrc]
        assert low - 1 <= slots[sample.LOST] <= high + 1, ssrc
        assert slots[sample.LOST] > 50


def test_loss_ratio_leaves_retransmissions_out() -> None:
    """Chromium counts RTX as received: over the call the pooled loss is the link's 5 %."""
    one = session.Session()
    lost = expected = 0
    for entry in dump.read(str(DATA / "chromium-loss5-delay100.jsonl.gz")):
        one.feed(entry)
        window = one._m["window"][-1]
        names = session.tally.SUMS
        lost += window[1 + names.index("videoLost")]
        expected += window[1 + names.index("videoExpected")]
    assert 0.040 < lost / expected < 0.056


@pytest.mark.parametrize("name", ["chromium-loss5-delay100", "firefox-loss5-delay100"])
def test_round_trip_time_is_the_links(name: str) -> None:
    _one, rows = feed_all(name)
    rtts = sorted(row["values"]["rtt"] for row in rows[10:] if "rtt" in row["values"])
    assert abs(rtts[len(rtts) // 2] - 2000) <= 100  # 200 ms within 10 ms


def test_bandwidth_equals_the_selected_pairs_counters() -> None:
    """Independently of the core: rises of the pair's counters over its own timestamps."""
    entries = list(dump.read(str(DATA / "chromium-clean.jsonl.gz")))
    one = session.Session()
    before: dict[tuple[str, str], dict[str, Any]] = {}
    compared = 0
    for entry in entries:
        wanted: dict[str, int] = {}
        now = {}
        for pc, raw in entry["reports"]:
            chosen = {s.get("selectedCandidatePairId") for s in raw if s["type"] == "transport"}
            for pair in raw:
                if pair["type"] == "candidate-pair":
                    now[pc, pair["id"]] = pair
                    old = before.get((pc, pair["id"]))
                    if pair["id"] in chosen and old is not None:
                        us = _us(pair) - _us(old)
                        for name, field in (("upload", "bytesSent"), ("download", "bytesReceived")):
                            bits = (pair[field] - old[field]) * 8 * 1000000
                            rate = math.floor((2 * bits + us) // (2 * us))
                            wanted[name] = wanted.get(name, 0) + rate
        before = now
        got = one.feed(entry)["values"]
        assert {n: got[n] for n in ("upload", "download") if n in got} == wanted
        compared += len(wanted)
    assert compared > 100


def _us(stats: dict[str, Any]) -> int:
    return math.floor(stats["timestamp"] * 1000 + 0.5)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name.split(".")[0])
def test_states_and_rows_keep_the_wires_rules(path: Path) -> None:
    one = session.Session()
    ticks = 0
    for entry in dump.read(str(path)):
        if entry["tick"] == 2:
            entry["events"] = [{"type": "watch", "on": True}]
        row = one.feed(entry)
        ticks += 1
        state.validate(one.state())
        for name, value in row["values"].items():
            assert name.split(".")[0] in fields.SERIES
            assert isinstance(value, int), name
            assert 0 <= value < 2**53, name
            if fields.SERIES[name.split(".")[0]][1] == "ratio":
                assert value <= 10000, name
        assert row["notable"] or ticks > 1
    assert ticks > 2
    assert one.state()["streams"]


def test_old_firefox_without_transports_has_bandwidth_and_round_trip() -> None:
    _one, rows = feed_all("public/firefox81-sfu")
    assert sum("download" in row["values"] for row in rows) > 70
    assert sum("rtt" in row["values"] for row in rows) > 70
    assert sum("fpsIn" in row["values"] for row in rows) > 70


def test_old_safari_has_kinds_and_pictures() -> None:
    one, rows = feed_all("public/safari-2020-sfu", watch=True)
    assert one.state()["video"]["width"] > 0
    assert {stream["kind"] for stream in one.state()["streams"].values()} == {"audio", "video"}
    assert sum("jitter" in row["values"] for row in rows) > 70


def test_aiortc_speaks_another_dialect() -> None:
    """Jitter in clock units, receiver reports under a foreign SSRC, no pairs."""
    one, rows = feed_all("aiortc-vs-chromium-clean", watch=True)
    jitters = [row["values"]["jitter"] for row in rows if "jitter" in row["values"]]
    assert len(jitters) > 50
    assert max(jitters) < 200, "20 ms at most on a clean link"
    assert sum("lossOut" in row["values"] for row in rows) > 20
    assert sum("upload" in row["values"] for row in rows) > 50
    assert one.state()["net"]["rtt"] < 100
