"""The sender against a model of the service: whatever the link does, every row arrives once."""

import random
from typing import Any

import pytest
from callvitals import state, wire
from callvitals.sender import Sender

OVERLAY = {"engine": "cpython", "host": "synthetic", "why": "test"}


class Service:
    """The receiving rules of the wire (5 to 10), in their plainest form."""

    def __init__(self) -> None:
        self.stored: dict[int, dict[str, Any]] = {}
        self.gaps: set[int] = set()
        self.through = -1
        self.conn = -1
        self.rev = -1
        self.doc: dict[str, Any] | None = None
        self.resyncs = 0
        self.messages = 0

    def hello(self, conn: int, now: int) -> dict[str, Any]:
        self.conn, self.rev, self.doc = conn, -1, None
        return {
            "conn": conn,
            "through": self.through,
            "now": now + 5,
            "sessionToken": "token",
            "config": {"messageSeconds": 10},
        }

    def receive(self, data: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        self.messages += 1
        answers: list[tuple[str, dict[str, Any]]] = []
        if data["conn"] != self.conn:
            return answers
        if data["isFullState"]:
            assert data["rev"] > self.rev
            state.validate(data["metrics"])
            self.doc, self.rev = data["metrics"], data["rev"]
        elif self.doc is None or data["rev"] != self.rev + 1:
            answers.append(("resync", {"conn": self.conn}))
        else:
            state.validate_patch(data["metrics"])
            self.doc, self.rev = state.apply(self.doc, data["metrics"]), data["rev"]
            assert state.check(self.doc) == data["check"]
        if "log" in data:
            answers.append(self.store(data["log"]))
        return answers

    def store(self, log: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        assert len(wire.text(log)) <= wire.MAX_LOG + 4096
        first, last, lost, rows = wire.decode_log(log)
        missing = range(self.through + 1, first)
        if len(missing) > lost:
            return "error", {"conn": self.conn, "code": "out-of-order", "through": self.through}
        self.gaps.update(missing)
        for row in rows:
            if row["tick"] > self.through:
                assert row["tick"] not in self.stored
                self.stored[row["tick"]] = row
        self.through = max(self.through, last)
        return "stored", {"conn": self.conn, "through": self.through}


def row(tick: int, t: int, notable: bool = False, events: int = 0) -> dict[str, Any]:
    return {
        "tick": tick,
        "t": t,
        "values": {"score": 400 + tick % 7, "upload": tick * 1000},
        "events": [{"type": "mark", "name": "x" * 50} for _ in range(events)],
        "notable": notable,
    }


def sends(actions: list[dict[str, Any]], event: str = "meeting:metrics") -> list[dict[str, Any]]:
    return [a["data"] for a in actions if a["do"] == "send" and a["event"] == event]


def connected(sender: Sender, service: Service, now: int, n: int = 1) -> None:
    sender.link("hello", service.hello(65536 + n, now), now)


def answered(sender: Sender, service: Service, messages: list[dict[str, Any]], now: int) -> None:
    for data in messages:
        for event, answer in service.receive(data):
            sender.link(event, answer, now)


def test_nothing_before_hello_then_the_full_state() -> None:
    sender, service = Sender(OVERLAY), Service()
    sender.push(row(0, 1000, notable=True), {"tick": 0})
    assert sends(sender.poll(1000)) == []
    connected(sender, service, 1000)
    (first,) = sends(sender.poll(1001))
    assert first["isFullState"]
    assert first["rev"] == 0
    assert first["metrics"] == {"tick": 0, **OVERLAY}
    assert first["sessionToken"] == "token"
    assert first["offset"] == 5
    assert first["log"]["to"] == 0


def run(
    sender: Sender,
    service: Service,
    ticks: range,
    notable: tuple[int, ...] = (),
    watch: bool = False,
) -> list[int]:
    """Feed a tick a second; the seconds in which a message left."""
    at = []
    for tick in ticks:
        now = tick * 1000
        sender.push(row(tick, now, tick in notable), {"tick": tick, "t": now})
        if watch:
            sender.link("watch", {"on": True}, now)
        for data in sends(sender.poll(now)):
            at.append(tick)
            for event, answer in service.receive(data):
                sender.link(event, answer, now)
    return at


def test_one_message_in_ten_seconds_one_a_second_while_watched_and_notable_at_once() -> None:
    sender, service = Sender(OVERLAY), Service()
    connected(sender, service, 0)
    assert run(sender, service, range(31), notable=(0,)) == [0, 10, 20, 30]
    assert run(sender, service, range(31, 40), notable=(33, 34)) == [33, 34]
    assert run(sender, service, range(40, 45), watch=True) == [40, 41, 42, 43, 44]
    assert sorted(service.stored) == list(range(45))


def test_config_changes_the_throttle_and_enters_the_ring() -> None:
    sender, service = Sender(OVERLAY), Service()
    connected(sender, service, 0)
    sender.link("config", {"messageSeconds": 3}, 0)
    actions = sender.poll(0)
    assert {"do": "enter", "event": {"type": "config", "config": {"messageSeconds": 3}}} in actions
    assert run(sender, service, range(10)) == [0, 3, 6, 9]


def test_resync_is_answered_by_a_full_state() -> None:
    sender, service = Sender(OVERLAY), Service()
    connected(sender, service, 0)
    run(sender, service, range(5))
    service.doc = None  # the service restarted
    sender.link("resync", {"conn": sender.conn}, 5000)
    (full,) = sends(sender.poll(5000))
    assert full["isFullState"]
    assert full["rev"] == 1
    assert full["metrics"]["tick"] == 4


def test_messages_for_another_connection_are_ignored() -> None:
    sender, service = Sender(OVERLAY), Service()
    connected(sender, service, 0)
    run(sender, service, range(3))
    sender.link("stored", {"conn": 1, "through": 99}, 3000)
    assert sender.through == 0


def test_no_stored_for_15_seconds_reconnects() -> None:
    sender = Sender(OVERLAY)
    sender.link("hello", Service().hello(65537, 0), 0)
    sender.push(row(0, 0), {})
    assert sends(sender.poll(0))
    sender.push(row(1, 15000), {})
    assert not [a for a in sender.poll(15000) if a["do"] == "reconnect"]
    (again,) = [a for a in sender.poll(15001) if a["do"] == "reconnect"]
    assert again["why"] == "nothing stored for 15 s"


def test_superseded_ends_for_good() -> None:
    sender, service = Sender(OVERLAY), Service()
    connected(sender, service, 0)
    sender.link("error", {"conn": sender.conn, "code": "superseded"}, 0)
    assert {"do": "end", "why": "superseded"} in sender.poll(0)
    assert not sender.linked


def test_busy_is_obeyed_and_what_was_refused_comes_again() -> None:
    sender, service = Sender(OVERLAY), Service()
    connected(sender, service, 0)
    run(sender, service, range(10))
    sender.push(row(10, 10_000, notable=True), {"tick": 10})
    assert len(sends(sender.poll(10_000))) == 1  # the service drops it
    sender.link("busy", {"retryAfter": 3}, 10_000)
    for tick, now in ((11, 11_000), (12, 12_000), (13, 12_999)):
        sender.push(row(tick, now, notable=True), {"tick": tick})
        assert sends(sender.poll(now)) == []
    for now in (13_000, 14_000, 15_000):
        answered(sender, service, sends(sender.poll(now)), now)
    assert sorted(service.stored) == list(range(14))
    assert service.gaps == set()
    assert service.doc == sender.shared


def test_rows_older_than_an_hour_are_given_up() -> None:
    sender = Sender(OVERLAY)
    for tick in range(100):
        sender.push(row(tick, tick * 60_000), {"tick": tick})
    assert [one["tick"] for one in sender.outbox.rows] == list(range(39, 100))


def test_back_pressure_holds() -> None:
    sender, service = Sender(OVERLAY), Service()
    connected(sender, service, 0)
    sender.push(row(0, 0, notable=True), {})
    assert sends(sender.poll(0, 70_000)) == []
    assert sends(sender.poll(0, 0))


def test_at_most_four_unstored_in_flight_and_32_kb_each() -> None:
    sender, service = Sender(OVERLAY), Service()
    for tick in range(3000):
        sender.push(row(tick, tick * 1000), {"tick": tick})
    connected(sender, service, 3_000_000)
    burst = sends(sender.poll(3_000_000))
    assert len(burst) == 4
    answered(sender, service, burst, 3_000_000)
    while burst:
        burst = sends(sender.poll(3_000_000))
        answered(sender, service, burst, 3_000_000)
    # what is left is less than a message's worth: it waits for the next one
    assert service.through > 2500
    assert service.gaps == set()


def test_an_outbox_beyond_its_bounds_drops_the_oldest_and_says_so() -> None:
    sender, service = Sender(OVERLAY), Service()
    dropped = []
    for tick in range(400):
        sender.push(row(tick, tick * 1000, events=50), {"tick": tick})
        dropped += [a["through"] for a in sender.drain() if a["do"] == "stored"]
    assert dropped, "more than 1 MB was pushed"
    connected(sender, service, 400_000)
    for _ in range(200):
        sender.bye(399)
        answered(sender, service, sends(sender.poll(400_000)), 400_000)
    assert sorted(service.gaps) == list(range(max(dropped) + 1))
    assert sorted(service.stored) == list(range(max(dropped) + 1, 400))
    assert service.doc is not None
    assert service.doc["counts"]["rowsLost"] == max(dropped) + 1


def test_rows_that_are_refused_again_and_again_are_given_up_counted() -> None:
    sender, service = Sender(OVERLAY), Service()
    sender.push(row(0, 0), {})
    for n in range(3):
        connected(sender, service, n * 10_000, n)
        (data,) = sends(sender.poll(n * 10_000))
        assert data["log"]["from"] == 0
        sender.link("error", {"conn": sender.conn, "code": "bad-log"}, n * 10_000)
        assert [a for a in sender.poll(n * 10_000) if a["do"] == "reconnect"]
    sender.push(row(1, 31_000), {})
    connected(sender, service, 31_000, 9)
    (data,) = sends(sender.poll(31_000))
    assert data["log"]["from"] == 1
    assert data["log"]["lost"] == 1


def test_bye_after_everything_is_stored() -> None:
    sender, service = Sender(OVERLAY), Service()
    connected(sender, service, 0)
    run(sender, service, range(5))
    sender.bye(4)
    actions = sender.poll(4100)
    assert not sends(actions, "bye")
    answered(sender, service, sends(actions), 4200)
    actions = sender.poll(4200)
    assert sends(actions, "bye") == [{"conn": sender.conn, "last": 4}]
    assert actions[-1] == {"do": "end", "why": "bye"}
    assert sender.poll(5000) == []


def test_the_offset_is_frozen_unless_it_moves_by_two_seconds() -> None:
    sender = Sender(OVERLAY)
    hello = Service().hello
    sender.link("hello", {**hello(1, 0), "now": 500}, 0)
    assert sender.offset == 500
    sender.link("hello", {**hello(2, 0), "now": 2400}, 0)
    assert sender.offset == 500
    sender.link("hello", {**hello(3, 0), "now": 2500}, 0)
    assert sender.offset == 2500


def test_the_next_owner_goes_on_with_the_former_offset() -> None:
    hello = {**Service().hello(131073, 0), "offset": 500}
    near, far = Sender(OVERLAY), Sender(OVERLAY)
    near.link("hello", {**hello, "now": 2499}, 0)
    far.link("hello", {**hello, "now": 2500}, 0)
    assert (near.offset, far.offset) == (500, 2500)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_link_and_the_engines_do_every_row_arrives_once(seed: int) -> None:
    rng = random.Random(seed)
    service = Service()
    sender = Sender(OVERLAY)
    truth: dict[int, dict[str, Any]] = {}
    mirror: dict[int, tuple[dict[str, Any], str]] = {}  # the page's copy of the outbox
    through = -1
    conns = 0
    for tick in range(300):
        now = tick * 1000
        truth[tick] = row(tick, now, rng.random() < 0.1, events=rng.randrange(3))
        sender.push(truth[tick], {"tick": tick, "mood": rng.randrange(4)})
        if not sender.linked and rng.random() < 0.4:
            conns += 1
            connected(sender, service, now, conns)
        if rng.random() < 0.05:
            sender.link("watch", {"on": rng.random() < 0.5}, now)
        for action in sender.poll(now):
            if action["do"] == "row":
                mirror[action["tick"]] = (truth[action["tick"]], action["text"])
            elif action["do"] == "stored":
                through = max(through, action["through"])
                mirror = {t: r for t, r in mirror.items() if t > through}
            elif action["do"] == "send" and sender.linked:
                fate = rng.random()
                if fate < 0.08:  # lost on the way, with the connection
                    sender.link("disconnect", {}, now)
                    continue
                for event, answer in service.receive(action["data"]):
                    if rng.random() < 0.1:  # the answer is lost, with the connection
                        sender.link("disconnect", {}, now)
                        break
                    sender.link(event, answer, now)
        if rng.random() < 0.03:  # the engine dies; the next one gets the mirror and replays
            sender = Sender(OVERLAY, through, [mirror[t] for t in sorted(mirror)])
            first = max(0, tick - rng.randrange(20))
            for again in range(first, tick + 1):
                sender.push(truth[again], {"tick": again})
    conns += 1
    connected(sender, service, 300_000, conns)
    sender.bye(299)
    for _ in range(30):
        answered(sender, service, sends(sender.poll(300_000)), 300_000)
    assert service.gaps == set()
    assert sorted(service.stored) == list(range(300))
    for tick, stored in service.stored.items():
        assert stored["values"] == truth[tick]["values"]
        assert len(stored["events"]) == len(truth[tick]["events"])
    assert service.doc == sender.shared
