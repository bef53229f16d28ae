"""What is told of a recording: the whole of it, each connection by itself, as it was live."""

import io
import json
from pathlib import Path
from typing import Any

import callvitals
import pytest
import rtcstats_client
from callvitals import analysis, dump, present, rtcstats, session
from made import audio, of

DATA = Path(__file__).parents[1] / "data"
CAPTURES = sorted(
    str(path.relative_to(DATA / "captures"))[: -len(".jsonl.gz")]
    for pattern in ("*.jsonl.gz", "public/*.jsonl.gz")
    for path in (DATA / "captures").glob(pattern)
    if "truth" not in path.name
)
ALWAYS = {
    "key", "kind", "direction", "ssrc", "packetsLost", "loss", "jitter", "rtt", "bitrate",
    "freezeCount", "frozen", "concealed", "jitterBuffer", "fps", "metrics", "counters",
}  # fmt: skip
_kept: dict[str, Any] = {}


def capture(name: str) -> list[Any]:
    with (DATA / "captures" / f"{name}.jsonl.gz").open("rb") as file:
        return list(dump.load(file).moments)


def analysed(name: str) -> dict[str, Any]:
    """A capture's result, made once; not to be changed."""
    if name not in _kept:
        _kept[name] = callvitals.analyze(str(DATA / "captures" / f"{name}.jsonl.gz"), True)
    found: dict[str, Any] = _kept[name]
    return found


@pytest.mark.parametrize("name", CAPTURES)
def test_every_capture(name: str) -> None:
    """The shape that docs/recordings.md promises, and what can be held against the file itself."""
    lines = capture(name)[:30]
    result = of(lines, True)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert [one["pc"] for one in result["connections"]] == sorted({line["pc"] for line in lines})
    assert (result["start"], result["end"]) == (lines[0]["t"], max(line["t"] for line in lines))
    for one in result["connections"]:
        mine = [line for line in lines if line["pc"] == one["pc"]]
        assert one["reports"] == len(mine)
        assert one["score"] is None or 1.0 <= one["lowest"]["score"] <= one["score"] <= 5.0
        assert one["rating"] in ("good", "fair", "poor", "unknown")
        assert (one["score"] is None) == (one["rating"] == "unknown")
        for issue in one["issues"]:
            assert one["start"] <= issue["since"] <= issue["until"] <= one["end"]
            assert issue["severity"] in ("major", "minor")
            assert issue["sentence"].endswith(".")
            assert isinstance(issue["evidence"], dict)
        for stream in one["streams"]:
            assert set(stream) >= ALWAYS
            assert stream["packetsLost"] >= 0
            assert stream["loss"] is None or 0 <= stream["loss"] <= 1
            assert stream["direction"] in ("inbound", "outbound")
        for column in one["series"]["series"].values():
            assert len(column) == len(one["series"]["t"])


@pytest.mark.parametrize("name", ["chromium-loss5-delay100", "firefox-loss5-delay100"])
def test_a_bad_link(name: str) -> None:
    """5 % lost, 100 ms each way: as the counters of the last reports have it."""
    last = {line["pc"]: line["stats"] for line in capture(name)}
    for one in analysed(name)["connections"]:
        assert one["rating"] in ("fair", "poor")
        assert any(issue["type"] == "high-loss" for issue in one["issues"])
        assert abs(one["means"]["rtt"] - 0.2) < 0.01
        told = {(item["type"], item.get("ssrc")): item for item in last[one["pc"]]}
        for stream in one["streams"]:
            inbound = stream["direction"] == "inbound"
            kind = "inbound-rtp" if inbound else "remote-inbound-rtp"
            assert stream["packetsLost"] == told[kind, stream["ssrc"]]["packetsLost"]
            assert 0.02 < stream["loss"] < 0.08
            assert abs(stream["rtt"] - 0.2) < 0.01
            counted = told["inbound-rtp" if inbound else "outbound-rtp", stream["ssrc"]]
            for field in ("packetsReceived", "bytesReceived", "packetsSent", "framesEncoded"):
                assert stream["counters"].get(field) == counted.get(field)
        frozen = {s["ssrc"]: s["freezeCount"] for s in one["streams"] if s["kind"] == "video"}
        for ssrc, count in frozen.items():
            assert count == told.get(("inbound-rtp", ssrc), {}).get("freezeCount")


@pytest.mark.parametrize("name", ["chromium-clean", "firefox-clean", "chromium-vs-aiortc-clean"])
def test_a_clean_call(name: str) -> None:
    result = analysed(name)
    assert (result["rating"], result["sentence"], result["issues"]) == ("good", "", [])
    for one in result["connections"]:
        assert one["issues"] == []
        assert one["score"] >= 4.0
        assert {stream["packetsLost"] for stream in one["streams"]} == {0}


def test_each_connection_is_scored_by_itself() -> None:
    """Both ends in one file tell what each tells alone."""
    lines = capture("chromium-bw250")[:60]
    both = {one["pc"]: one for one in of(lines, True)["connections"]}
    assert set(both) == {"A-chromium", "B-chromium"}
    for name in both:
        alone = of([line for line in lines if line["pc"] == name], True)["connections"]
        assert alone == [both[name]]


def test_it_is_what_a_session_said_live() -> None:
    live = session.Session()
    rows = []
    for line in capture("firefox-loss5-delay100"):
        entry = {"tick": len(rows), "t": line["t"], "reports": [[line["pc"], line["stats"]]]}
        rows.append(present.present_row(live.feed({**entry, "events": []})))
    (one,) = analysed("firefox-loss5-delay100")["connections"]
    for name in ("score", "rtt", "lossIn", "upload", "concealed"):
        told = dict(zip(one["series"]["t"], one["series"]["series"][name], strict=True))
        assert [told.get(row["t"]) for row in rows] == [row["values"].get(name) for row in rows]
    opened = [e for row in rows for e in row["events"] if e["type"] == "issue-open"]
    assert [(e["name"], e["since"]) for e in opened] == [
        (issue["type"], issue["since"]) for issue in one["issues"]
    ]
    scores = [value for value in one["series"]["series"]["score"] if value is not None]
    assert abs(one["score"] - sum(scores) / len(scores)) < 0.01
    assert one["lowest"]["score"] == min(scores)


def test_an_export_is_analysed_alike() -> None:
    """Through rtcstats' format, by our writer and by the client's rules."""
    lines = capture("chromium-loss5-delay100")[:60]
    plain = of(lines, True)
    text = "".join(rtcstats.write(lines, {"facts": {}})).encode()
    ours = analysis.analyze(io.BytesIO(text), True)
    theirs = analysis.analyze(io.BytesIO(rtcstats_client.dump(lines)), True)
    assert ours["format"] == theirs["format"] == "rtcstats"
    for result in (ours, theirs):
        for one, same in zip(result["connections"], plain["connections"], strict=True):
            for name in ("pc", "score", "means", "issues", "reasons", "reports", "route"):
                assert one[name] == same[name], name
            for stream, other in zip(one["streams"], same["streams"], strict=True):
                assert {**stream, "metrics": 0, "rtt": 0} == {**other, "metrics": 0, "rtt": 0}
                slack = 0 if result is ours else 0.001  # times of RTCP are not all told
                assert abs(stream["rtt"] - other["rtt"]) <= slack


def test_counters_are_followed_through_resets_and_holes() -> None:
    """What the first report counts belongs to the stream; a reset begins anew; a hole is crossed;
    packetsLost may fall, as a late packet is taken off, and be negative."""
    told = [  # t, packetsReceived, packetsLost
        (1000, 10, 1),
        (2000, 60, 4),
        (3000, 110, 3),  # a late packet
        (4000, 160, 5),
        (40000, 1960, 9),  # the page slept
        (41000, 20, -1),  # the codec was switched: from 0 again
        (42000, 70, 2),
    ]
    moments = [
        audio(t, packetsReceived=got, packetsLost=lost, bytesReceived=got * 100)
        for t, got, lost in told
    ]
    (stream,) = of(moments)["connections"][0]["streams"]
    assert stream["packetsLost"] == 1 + 3 + 1 + 4 + 2
    assert stream["counters"]["packetsReceived"] == 1960 + 70
    assert stream["counters"]["bytesReceived"] == 203_000
    assert stream["loss"] == round(11 / (11 + 2030), 4)
    assert stream["bitrate"] == 50 * 100 * 8  # over the seconds that were measured


def test_nobody_told_of_losses() -> None:
    """Then none is known, and the share is unknown."""
    moments = [audio(1000 * n, packetsReceived=50 * n) for n in range(1, 5)]
    (stream,) = of(moments)["connections"][0]["streams"]
    assert (stream["packetsLost"], stream["loss"], stream["bitrate"]) == (0, None, None)


def test_a_stream_that_was_away_is_the_same() -> None:
    moments = [audio(1000 * n, packetsReceived=50 * n, packetsLost=n) for n in range(1, 5)]
    empty = [{"t": 1000 * n, "pc": "0", "stats": []} for n in range(5, 60)]
    moments += [*empty, audio(61000, packetsReceived=300, packetsLost=6)]
    (stream,) = of(moments)["connections"][0]["streams"]
    assert (stream["packetsLost"], stream["counters"]["packetsReceived"]) == (6, 300)
    assert (stream["start"], stream["end"]) == (1000, 61000)


def test_an_issue_that_is_open_at_the_end() -> None:
    (one,) = analysed("firefox-loss5-delay100")["connections"]
    last = one["issues"][-1]
    assert last["open"] is True
    assert last["until"] == one["end"]
    # Of a recording that is over the whole is told, and the worst of it.
    lost = f"{last['evidence']['loss'] * 100:.1f} %"
    assert last["sentence"] == f"Lost up to {lost} of outgoing packets."
    rows = one["series"]["series"]["lossOut"]
    assert last["evidence"]["loss"] > sum(v for v in rows if v is not None) / len(rows)
