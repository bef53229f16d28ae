"""The wire's state machine of the sending side: what to say to the service, and when.

Fed with finished rows, the socket's events and the time; answers with actions (a list of plain
dicts, docs/internals.md section 1). Knows no socket and no clock, so that the page's worker, the
page itself and synthetic callers speak the very same protocol.
"""

from . import state, wire
from .outbox import Outbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MESSAGE_SECONDS = 10  # one message per this many seconds when nothing notable changes
WATCHED_MS = 1000  # while somebody watches
APART_MS = 1000  # notable changes at once, but this far apart
STORED_MS = 15000  # no `stored` for so long with rows in flight: the connection is dead
OFFSET_KEPT_MS = 2000  # a new clock offset nearer than this to the former one changes nothing
BUFFERED_MAX = 65536  # bytes waiting in the socket above which nothing is added
REFUSALS = 3  # refusals of the same rows after which they are given up, counted


class Sender:
    """One per owner of the socket. Times are the page's epoch ms, integers."""

    __slots__ = (
        "_after",
        "_bye_sent",
        "_closing",
        "_counts",
        "_cursor",
        "_flight",
        "_flight_since",
        "_full",
        "_last_sent",
        "_notable",
        "_out",
        "_overlay",
        "_refused",
        "_state",
        "config",
        "conn",
        "linked",
        "offset",
        "outbox",
        "rev",
        "shared",
        "through",
        "token",
        "watched",
    )

    def __init__(
        self,
        overlay: "dict[str, Any]",
        through: "int" = -1,
        outbox: "Sequence[tuple[dict[str, Any], str]]" = (),
    ) -> "None":
        """overlay: {"engine", "host", "why", ...} laid over every state document.

        through: the last tick known to be stored. outbox: finished rows that an earlier engine
        of this session left, as [(row, its text), ...] in order of their ticks.
        """
        self._overlay = overlay
        self.through = through
        self.outbox = Outbox()  # rows after `through`
        self._out: "list[dict[str, Any]]" = []
        self._counts: "dict[str, int]" = {}
        for row, row_text in outbox:
            if row["tick"] > through:
                self.outbox.keep(row, len(row_text))
        self.conn = -1
        self.linked = False
        self.rev = 0  # of the next message
        self.shared: "dict[str, Any]" = {}  # the state as last sent
        self.offset: "int | None" = None  # ms to add to the page's time for the service's
        self.token: "str | None" = None
        self.config: "dict[str, Any]" = {}
        self.watched = False
        self._state: "dict[str, Any] | None" = None  # the newest state
        self._cursor = through + 1  # the next tick to send
        self._flight: "list[int]" = []  # last ticks of messages not yet stored
        self._flight_since = 0
        self._full = True
        self._notable = False
        self._last_sent = 0
        self._after = 0  # not before this time (busy)
        self._refused = 0
        self._closing: "int | None" = None
        self._bye_sent = False

    # -- what comes in --------------------------------------------------------------------

    def last_tick(self) -> "int":
        """The newest tick with a row, stored or not."""
        return max(self.outbox.last(), self.through)

    def push(self, row: "dict[str, Any]", doc: "dict[str, Any]") -> "None":
        """A finished row and the state after it. A row known already (replay) is dropped;
        one that differs from what was known is counted: purity would be broken."""
        tick = row["tick"]
        self._state = doc
        if row["notable"]:
            self._notable = True
        row = {"tick": tick, "t": row["t"], "values": row["values"], "events": row["events"]}
        row_text = wire.text(row)
        if tick <= self.last_tick():
            for known in self.outbox.rows:
                if known["tick"] == tick and wire.text(known) != row_text:
                    self._count("rowsUnequal", 1)
            return
        self.outbox.keep(row, len(row_text))
        self._out.append({"do": "row", "tick": tick, "text": row_text})
        self._bound(row["t"])

    def link(self, event: "str", data: "dict[str, Any]", now: "int") -> "None":
        """What the socket says: "hello", "stored", "resync", "watch", "config", "busy", "error"
        with their data, and "disconnect"."""
        if event == "hello":
            self._hello(data, now)
        elif event == "disconnect":
            self._unlink()
        elif event == "config":
            self.config = data
            self._out.append({"do": "config", "config": data})
            self._out.append({"do": "enter", "event": {"type": "config", "config": data}})
        elif event == "watch":
            self._watch(data.get("on") is True)
        elif event == "busy":
            self._after = now + int(data.get("retryAfter", 1)) * 1000
        elif data.get("conn", self.conn) != self.conn:
            return
        elif event == "stored":
            self._stored(data["through"], now)
        elif event == "resync":
            self._full = True
            self._count("resyncs", 1)
        elif event == "error":
            self._error(data, now)

    def bye(self, last: "int") -> "None":
        """The session ends with tick `last`: send all that is left without throttle, then `bye`."""
        self._closing = last

    def poll(self, now: "int", buffered: "int" = 0) -> "list[dict[str, Any]]":
        """Everything to be done by now. `buffered`: bytes that wait in the socket."""
        if self.linked:
            if self._flight and now - self._flight_since > STORED_MS:
                self._reconnect("nothing stored for 15 s")
            else:
                while self._due(now) and buffered <= BUFFERED_MAX:
                    buffered += self._send(now)
                self._say_bye()
        return self.drain()

    def drain(self) -> "list[dict[str, Any]]":
        """The actions gathered so far; sends nothing."""
        out = self._out
        self._out = []
        return out

    # -- the link ---------------------------------------------------------------------------

    def _hello(self, data: "dict[str, Any]", now: "int") -> "None":
        self.conn = data["conn"]
        self.linked = True
        # 0 on a new connection. The page's starter may have answered with revision 0 already,
        # and says so in `rev`.
        self.rev = data.get("rev", 0)
        self.token = data["sessionToken"]
        offset = data["now"] - now
        # The service tells what an earlier owner of this session said.
        former = data.get("offset") if self.offset is None else self.offset
        if former is None or abs(offset - former) >= OFFSET_KEPT_MS:
            former = offset
        self.offset = former
        self._full = True
        self._flight = []
        self._after = 0
        self._bye_sent = False
        if data["through"] > self.through:
            self._forget(data["through"])
        # The service may know less than we were told (it lost its disk): what is gone is declared.
        self.through = data["through"]
        self._cursor = self.through + 1
        self._watch(False)
        self.link("config", data["config"], now)

    def _unlink(self) -> "None":
        self.linked = False
        self._flight = []
        self._watch(False)

    def _reconnect(self, why: "str", after: "int" = 0) -> "None":
        self._unlink()
        self._count("reconnects", 1)
        self._out.append({"do": "reconnect", "why": why, "after": after})

    def _watch(self, on: "bool") -> "None":
        if on != self.watched:
            self.watched = on
            self._out.append({"do": "enter", "event": {"type": "watch", "on": on}})

    def _stored(self, through: "int", now: "int") -> "None":
        if through > self.through:
            self.through = through
            self._forget(through)
            self._refused = 0
        self._flight = [to for to in self._flight if to > through]
        self._flight_since = now

    def _error(self, data: "dict[str, Any]", now: "int") -> "None":
        code = data.get("code")
        self._count("errors", 1)
        if code == "superseded":
            self._unlink()
            self._out.append({"do": "end", "why": "superseded"})
        elif code == "out-of-order":
            self._flight = []
            self._stored(data["through"], now)
            self.through = data["through"]
            self._cursor = self.through + 1
        elif self._flight:
            # Refused for what it says. Sent again it would be refused for ever: after a few
            # tries its rows are given up and declared lost.
            self._refused += 1
            if self._refused >= REFUSALS:
                given_up = self._flight[0]
                self._count("rowsRefused", self._forget(given_up))
                self._refused = 0
            self._reconnect("refused: " + str(code), 5)

    # -- the outbox ---------------------------------------------------------------------------

    def _forget(self, through: "int") -> "int":
        gone = self.outbox.forget(through)
        self._cursor = max(self._cursor, through + 1)
        self._out.append({"do": "stored", "through": through})
        return gone

    def _bound(self, t: "int") -> "None":
        """What no longer fits is dropped; the next message declares it lost."""
        through = self.outbox.beyond(t)
        if through is not None:
            self._count("rowsLost", self._forget(through))

    # -- what goes out --------------------------------------------------------------------------

    def _count(self, name: "str", n: "int") -> "None":
        self._counts[name] = self._counts.get(name, 0) + n

    def _laid_over(self, doc: "dict[str, Any]") -> "dict[str, Any]":
        doc = dict(doc)
        for key in self._overlay:
            doc[key] = self._overlay[key]
        if self._counts:
            counts = dict(doc.get("counts", {}))
            for key in self._counts:
                counts[key] = counts.get(key, 0) + self._counts[key]
            doc["counts"] = counts
        return doc

    def _unsent(self) -> "bool":
        return self.outbox.last() >= self._cursor

    def _due(self, now: "int") -> "bool":
        if not self.linked or self._state is None or now < self._after or self._bye_sent:
            return False
        if self._full:
            return True
        if len(self._flight) >= wire.MAX_IN_FLIGHT:
            return False
        if self._closing is not None:
            return self._unsent()
        since = now - self._last_sent
        if self._notable and since >= APART_MS:
            return True
        interval = WATCHED_MS if self.watched else self._message_ms()
        # A timer may be early by a few ms; a message must not slip by a whole sample for that.
        if since >= interval - 50:
            return self._unsent()
        return self.outbox.fills_message(self._cursor)  # an outage's rows wait: go on

    def _message_ms(self) -> "int":
        seconds: "int" = self.config.get("messageSeconds", MESSAGE_SECONDS)
        return max(1, seconds) * 1000

    def _send(self, now: "int") -> "int":
        """One message: the state, then rows oldest first. Returns its size, about."""
        data: "dict[str, Any]" = {"conn": self.conn, "rev": self.rev}
        doc = self._laid_over(self._state or {})
        if self._full:
            data["isFullState"] = True
            data["metrics"] = doc
            data["sessionToken"] = self.token
            data["offset"] = self.offset
        else:
            data["isFullState"] = False
            data["metrics"] = state.diff(self.shared, doc)
            data["check"] = state.check(doc)
        if len(self._flight) < wire.MAX_IN_FLIGHT:
            rows = self.outbox.take(self._cursor)
            if rows:
                before = self._flight[-1] if self._flight else self.through
                data["log"] = wire.encode_log(rows, max(0, rows[0]["tick"] - before - 1))
                last = rows[-1]["tick"]
                if not self._flight:
                    self._flight_since = now
                self._flight.append(last)
                self._cursor = last + 1
        self.shared = doc
        self.rev += 1
        self._full = False
        self._notable = False
        self._last_sent = now
        self._out.append({"do": "send", "event": "meeting:metrics", "data": data})
        return len(wire.text(data))

    def _say_bye(self) -> "None":
        if self._closing is None or self._bye_sent or self._full or self._unsent() or self._flight:
            return
        self._bye_sent = True
        self._out.append(
            {"do": "send", "event": "bye", "data": {"conn": self.conn, "last": self._closing}}
        )
        self._out.append({"do": "end", "why": "bye"})
