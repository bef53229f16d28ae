"""How connections come up, or do not: facts from events with their own time, and from reports."""

from typing import Any

import pytest
from callvitals import present, session, setup
from callvitals.session import Session

BEGIN = 1795448731000
NEW = {"connectionState": "new", "iceConnectionState": "new", "iceGatheringState": "new"}


class Page:
    """A session fed every `period` ms; what happens is told at its own time."""

    def __init__(self, period: int) -> None:
        self.session = Session()
        self.period = period
        self.now = 0  # ms since BEGIN, of the next tick
        self.tick = 0
        self.waiting: list[dict[str, Any]] = []
        self.stats: dict[str, Any] = {}  # by pc: ms -> its report
        self.events: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []

    def says(self, ms: int, **event: Any) -> None:
        """An event that happens at `ms`."""
        self.waiting.append({"ms": ms, **event})

    def pc(self, ms: int, pc: str = "0", **states: Any) -> None:
        self.says(ms, type="pc", pc=pc, **states)

    def until(self, ms: int) -> dict[str, Any]:
        """Ticks up to `ms`; the state document in base units."""
        while self.now <= ms:
            here = [event for event in self.waiting if event["ms"] <= self.now]
            self.waiting = [event for event in self.waiting if event["ms"] > self.now]
            events = []
            for event in sorted(here, key=lambda event: event["ms"]):
                told = {key: event[key] for key in event if key != "ms"}
                if event["ms"] != self.now:
                    told["at"] = event["ms"] - self.now
                events.append(told)
            reports = [[pc, self.stats[pc](self.now)] for pc in sorted(self.stats)]
            entry = {"tick": self.tick, "t": BEGIN + self.now, "reports": reports}
            self.rows.append(self.session.feed({**entry, "events": events}))
            # What a new engine would go on with must be the same at any moment.
            self.session = session.restore(self.session.checkpoint())
            self.now += self.period
            self.tick += 1
        return present.present(self.session.state())


def candidates(*kinds: str, remotes: int = 0) -> list[dict[str, Any]]:
    """Stats objects of local candidates of these kinds, and of remote ones."""
    out = [
        {"type": "local-candidate", "id": f"L{n}", "timestamp": 1, "candidateType": kind}
        for n, kind in enumerate(kinds)
    ]
    far = {"type": "remote-candidate", "timestamp": 1}
    return out + [{**far, "id": f"R{n}"} for n in range(remotes)]


def come_up(page: Page, pc: str = "0", begun: int = 1230) -> None:
    """The events of a connection that is offered at `begun` and stands 780 ms later."""
    page.pc(begun - 1000, pc, **NEW, signalingState="stable", iceTransportPolicy="all", turn=1)
    page.pc(begun, pc, signalingState="have-local-offer")
    page.pc(begun + 4, pc, iceGatheringState="gathering")
    page.pc(begun + 200, pc, signalingState="stable")
    page.pc(begun + 210, pc, iceConnectionState="checking", connectionState="connecting")
    page.pc(begun + 650, pc, iceConnectionState="connected")
    page.pc(begun + 700, pc, iceGatheringState="complete")
    page.pc(begun + 780, pc, connectionState="connected")


@pytest.mark.parametrize("period", [200, 1000, 5000, 10000])
def test_times_are_those_of_the_events_whatever_the_polling_period(period: int) -> None:
    page = Page(period)
    come_up(page)
    state = page.until(20000)
    told = state["pcs"]["c0"]
    assert {name: told[name] for name in told if name.endswith("Time")} == {
        "connectTime": 0.78,
        "answerTime": 0.2,
        "gatherTime": 0.696,
        "iceTime": 0.44,
        "dtlsTime": 0.13,
    }
    assert "failed" not in told


def video(ms: int, first: int, fps: int) -> list[dict[str, Any]]:
    """An inbound video whose first frame was shown at `first`, reported at `ms`."""
    stats: dict[str, Any] = {
        "type": "inbound-rtp",
        "id": "V",
        "kind": "video",
        "ssrc": 7,
        "timestamp": BEGIN + ms + 3,  # getStats answers a little after the tick
        "framesDecoded": 0,
    }
    if ms + 3 >= first:
        frames = (ms + 3 - first) * fps // 1000 + 1
        stats["framesDecoded"] = frames
        stats["totalInterFrameDelay"] = (frames - 1) / fps
    return [stats]


def audio(ms: int, first: int, concealed: int = 0) -> list[dict[str, Any]]:
    """An inbound audio stream played from `first` on, 48 kHz, some of it concealed."""
    codec = {"type": "codec", "id": "C", "timestamp": 1, "mimeType": "audio/opus"}
    played = max(0, ms + 3 - first) * 48
    gap = min(played, concealed)
    stats = {
        "type": "inbound-rtp",
        "id": "A",
        "kind": "audio",
        "ssrc": 8,
        "codecId": "C",
        "timestamp": BEGIN + ms + 3,
        "jitterBufferEmittedCount": played - gap,
        "concealedSamples": gap,
    }
    return [{**codec, "clockRate": 48000}, stats]


@pytest.mark.parametrize("period", [200, 1000, 5000, 10000])
def test_first_frame_and_sound_are_found_within_a_frame(period: int) -> None:
    page = Page(period)
    come_up(page)
    page.stats["0"] = lambda ms: video(ms, 2311, 25) + audio(ms, 2150, concealed=960)
    told = page.until(20000)["pcs"]["c0"]
    assert 1.081 <= told["firstFrameTime"] <= 1.081 + 0.04
    assert abs(told["firstSoundTime"] - 0.92) <= 0.005


def test_a_picture_that_nobody_sent_until_later_is_no_slow_start() -> None:
    page = Page(1000)
    come_up(page)
    page.stats["0"] = lambda ms: video(ms, 40000, 25)
    assert "firstFrameTime" not in page.until(45000)["pcs"]["c0"]


def test_without_delays_told_the_first_frame_lies_in_its_interval() -> None:
    page = Page(1000)
    come_up(page)

    def bare(ms: int) -> list[dict[str, Any]]:
        stats = video(ms, 2311, 25)
        stats[0].pop("totalInterFrameDelay", None)
        return stats

    page.stats["0"] = bare
    told = page.until(5000)["pcs"]["c0"]
    assert 1.081 <= told["firstFrameTime"] <= 2.081


def test_a_connection_seen_late_has_no_times() -> None:
    page = Page(1000)
    page.pc(500, connectionState="connecting", signalingState="stable", iceConnectionState="new")
    page.pc(900, iceConnectionState="connected")
    page.pc(1500, connectionState="connected")
    told = page.until(3000)["pcs"]["c0"]
    assert not [name for name in told if name.endswith("Time")]


def fail(page: Page, at: int = 9000, pc: str = "0") -> None:
    page.pc(at, pc, connectionState="failed", iceConnectionState="failed")


def begin(page: Page, pc: str = "0", **servers: Any) -> None:
    page.pc(100, pc, **NEW, signalingState="stable", **servers)
    page.pc(200, pc, signalingState="have-local-offer")
    page.pc(210, pc, iceGatheringState="gathering")
    page.pc(400, pc, signalingState="stable")


def ice_error(page: Page, ms: int, code: int, kind: str = "turn") -> None:
    page.says(ms, type="icecandidateerror", pc="0", errorCode=code, kind=kind, transport="udp")


@pytest.mark.parametrize("period", [200, 1000, 10000])
@pytest.mark.parametrize(
    ("why", "kinds", "remotes", "errors", "policy", "turn"),
    [
        ("ice-failed", ["host", "srflx"], 2, [], "all", 0),
        ("ice-failed", ["host", "relay"], 2, [(701, "turn")], "all", 1),
        ("ice-failed", ["host"], 2, [(701, "stun")], "all", 1),
        ("no-remote-candidates", ["host"], 0, [], "all", 0),
        ("turn-unreachable", ["host"], 2, [(701, "turn")], "all", 1),
        ("turn-refused", ["host"], 2, [(701, "turn"), (401, "turn")], "all", 2),
        ("turn-unreachable", [], 2, [(701, "turn")], "relay", 1),
        ("turn-unreachable", [], 2, [], "relay", 1),
        ("no-candidates", [], 2, [], "relay", 0),
        ("no-candidates", [], 0, [], "all", 0),
    ],
)
def test_why_ice_failed(
    period: int,
    why: str,
    kinds: list[str],
    remotes: int,
    errors: list[tuple[int, str]],
    policy: str,
    turn: int,
) -> None:
    page = Page(period)
    begin(page, iceTransportPolicy=policy, turn=turn)
    # As Firefox has it where ICE failed.
    transport = {"type": "transport", "id": "T", "timestamp": 1, "dtlsState": "failed"}
    page.stats["0"] = lambda ms: [*candidates(*kinds, remotes=remotes), transport]
    for code, kind in errors:
        ice_error(page, 700, code, kind)
    page.pc(800, iceConnectionState="checking", connectionState="connecting")
    fail(page)
    state = page.until(20000)
    assert state["pcs"]["c0"]["failed"] == why
    assert why in setup.WHYS
    assert page.session.memory()["pcs"]["0"]["setup"]["since"] == BEGIN + 9000


@pytest.mark.parametrize("period", [1000, 10000])
def test_gathering_that_ends_without_a_candidate_has_failed_though_no_browser_says_so(
    period: int,
) -> None:
    page = Page(period)
    begin(page, iceTransportPolicy="relay", turn=1)
    page.stats["0"] = lambda ms: candidates(remotes=1)
    ice_error(page, 5300, 701)
    page.pc(5400, iceGatheringState="complete")
    state = page.until(20000)
    assert state["pcs"]["c0"]["failed"] == "turn-unreachable"
    assert page.session.memory()["pcs"]["0"]["setup"]["since"] == BEGIN + 5400


@pytest.mark.parametrize("period", [1000, 10000])
def test_gathering_that_does_not_end_is_given_up_after_ten_seconds(period: int) -> None:
    page = Page(period)
    begin(page, iceTransportPolicy="relay", turn=1)
    found: list[dict[str, Any]] = []
    page.stats["0"] = lambda ms: found
    assert "failed" not in page.until(10000)["pcs"]["c0"]
    assert page.until(20000)["pcs"]["c0"]["failed"] == "turn-unreachable"
    assert page.session.memory()["pcs"]["0"]["setup"]["since"] == BEGIN + 10210
    found.extend(candidates("relay"))  # it answered after all
    assert "failed" not in page.until(30000)["pcs"]["c0"]


def test_candidates_that_come_with_a_later_gathering_take_it_back() -> None:
    page = Page(1000)
    begin(page)
    found: list[dict[str, Any]] = []
    page.stats["0"] = lambda ms: found
    page.pc(1500, iceGatheringState="complete")
    assert page.until(3000)["pcs"]["c0"]["failed"] == "no-candidates"
    found.extend(candidates("host"))
    assert "failed" not in page.until(5000)["pcs"]["c0"]


def test_dtls() -> None:
    page = Page(1000)
    begin(page)
    page.stats["0"] = lambda ms: candidates("host", remotes=1)
    page.pc(800, iceConnectionState="connected")
    page.pc(9000, connectionState="failed")
    assert page.until(12000)["pcs"]["c0"]["failed"] == "dtls-failed"


def test_a_connection_that_stood_is_lost_until_it_stands_again() -> None:
    page = Page(1000)
    come_up(page)
    page.pc(8000, iceConnectionState="disconnected", connectionState="disconnected")
    assert "failed" not in page.until(9000)["pcs"]["c0"]
    fail(page, 12000)
    assert page.until(13000)["pcs"]["c0"]["failed"] == "lost"
    page.pc(15000, iceConnectionState="checking", connectionState="connecting")
    page.pc(16000, iceConnectionState="connected", connectionState="connected")
    told = page.until(17000)["pcs"]["c0"]
    assert "failed" not in told
    assert told["connectTime"] == 0.78, "the first time it stood"


def test_what_failed_is_remembered_when_the_app_closes_it_until_another_stands() -> None:
    page = Page(1000)
    begin(page)
    page.stats["0"] = lambda ms: candidates("host", remotes=1)
    fail(page)
    page.until(10000)
    page.stats.clear()
    page.pc(10500, connectionState="closed", signalingState="closed")
    state = page.until(120000)
    assert state["pcs"]["c0"]["failed"] == "ice-failed"
    assert state["pcs"]["c0"]["state"] == "closed"
    come_up(page, "1", 125000)
    assert list(page.until(130000)["pcs"]) == ["c1"]


def test_a_page_that_tries_for_ever_is_no_burden() -> None:
    page = Page(1000)
    for n in range(100):
        pc = str(n)
        page.pc(1000 * n + 100, pc, **NEW, signalingState="stable")
        page.pc(1000 * n + 200, pc, signalingState="have-local-offer")
        fail(page, 1000 * n + 800, pc)
        page.pc(1000 * n + 900, pc, connectionState="closed")
    state = page.until(101000)
    assert sorted(state["pcs"]) == ["c96", "c97", "c98", "c99"]
    assert state["counts"]["pcsBeyond"] == 0


def test_given_up_early_is_a_change_of_plans_and_later_lost_patience() -> None:
    page = Page(1000)
    for pc, at in (("0", 3000), ("1", 9000)):
        begin(page, pc)
        page.pc(at, pc, connectionState="closed", signalingState="closed")
    state = page.until(20000)
    assert {one["name"]: one["failed"] for one in state["pcs"].values()} == {"1": "abandoned"}


def test_never_begun_is_no_attempt() -> None:
    page = Page(1000)
    page.pc(100, **NEW, signalingState="stable")
    page.pc(90000, connectionState="closed", signalingState="closed")
    assert page.until(95000)["pcs"] == {}


def test_what_a_connection_waits_for() -> None:
    page = Page(100)
    come_up(page)
    seen = []
    for ms in (1000, 1300, 1435, 1500, 1950, 2100):
        page.until(ms)
        seen.append(setup.waits_for(page.session.memory()["pcs"]["0"]["setup"]))
    assert seen == ["", "answer", "answer", "ice", "dtls", ""]


def test_errors_are_counted_and_the_first_of_a_kind_is_kept() -> None:
    page = Page(1000)
    begin(page, turn=2, stun=1)
    for ms in range(300, 340):
        ice_error(page, ms, 701)
    ice_error(page, 350, 401)
    ice_error(page, 360, 701, "stun")
    for code in ("x", -1, True, 10**6):
        page.says(400, type="icecandidateerror", pc="0", errorCode=code)
    page.until(2000)
    kept = [event for row in page.rows for event in row["events"]]
    told = [event["errorCode"] for event in kept if event["type"] == "icecandidateerror"]
    assert told == [701, 401]
    known = page.session.memory()["pcs"]["0"]["setup"]
    assert known["errors"] == {"701": 41, "401": 1}
    assert known["relayErrors"] == {"701": 40, "401": 1}


def test_capture_tells_the_newest_answer() -> None:
    page = Page(1000)
    asked = {"type": "media", "what": "getUserMedia", "audio": True, "video": True}
    page.says(1200, **asked, asked=True)
    state = page.until(2000)
    base = {"audio": True, "video": True}
    assert state["capture"] == {"getUserMedia": {"state": "asked", "since": BEGIN + 1200, **base}}
    page.says(4300, **asked, ok=False, error="NotAllowedError")
    page.says(4400, **asked, asked=True)
    state = page.until(5000)
    denied = {"state": "failed", "error": "NotAllowedError", "since": BEGIN + 4300, **base}
    assert state["capture"] == {"getUserMedia": denied}
    page.says(5500, type="media", what="getUserMedia", ok=True, audio=True)
    page.says(5500, type="media", what="nonsense", ok=True)
    state = page.until(6000)
    granted = {"state": "granted", "since": BEGIN + 5500, "audio": True}
    assert state["capture"] == {"getUserMedia": granted}
    assert present.present(page.session.state(), 40)["capture"]["getUserMedia"]["since"] == (
        BEGIN + 5540
    )


def test_labels_reach_streams_by_track_also_in_firefoxs_braces() -> None:
    page = Page(1000)
    braced = "{0a1b2c3d-0000-4000-8000-000000000000}"
    page.says(100, type="watch", on=True)
    page.says(100, type="label", track=braced, participant="ada", source="camera")
    page.stats["0"] = lambda ms: [{**video(ms, 0, 25)[0], "trackIdentifier": braced}]
    state = page.until(3000)
    assert state["labels"] == {braced.strip("{}"): {"participant": "ada", "source": "camera"}}
    (stream,) = state["streams"].values()
    assert (stream["participant"], stream["source"]) == ("ada", "camera")


@pytest.mark.parametrize("at", [None, "soon", True, 10**7, 1.5, {}])
def test_a_time_that_is_none_is_the_ticks(at: Any) -> None:
    page = Page(1000)
    page.says(1000, type="media", what="getUserMedia", ok=True, at=at)
    assert page.until(1000)["capture"]["getUserMedia"]["since"] == BEGIN + 1000


def test_a_checkpoint_with_all_connections_has_room() -> None:
    page = Page(1000)
    for n in range(64):
        come_up(page, str(n))
        for code in range(300, 330):
            page.says(1500, type="icecandidateerror", pc=str(n), errorCode=code, kind="turn")
    page.stats = {str(n): lambda ms: candidates("host", "srflx") for n in range(64)}
    page.until(3000)
    assert len(page.session.checkpoint()) < 80_000
