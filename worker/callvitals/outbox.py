"""Finished rows that the service has not stored yet: an hour or 1 MB of them, oldest first out."""

from . import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 1048576
MAX_MS = 3600000


class Outbox:
    """Rows in the order of their ticks, with the sizes of their texts."""

    __slots__ = ("_sizes", "_total", "rows")

    def __init__(self) -> "None":
        self.rows: "list[dict[str, Any]]" = []
        self._sizes: "list[int]" = []
        self._total = 0

    def last(self) -> "int":
        """The newest row's tick; -1: none."""
        return self.rows[-1]["tick"] if self.rows else -1

    def keep(self, row: "dict[str, Any]", size: "int") -> "None":
        """Add the next row; size: characters of its text."""
        self.rows.append(row)
        self._sizes.append(size)
        self._total += size

    def forget(self, through: "int") -> "int":
        """Drop rows up to tick `through`; how many they were."""
        n = 0
        while n < len(self.rows) and self.rows[n]["tick"] <= through:
            self._total -= self._sizes[n]
            n += 1
        if n:
            self.rows = self.rows[n:]
            self._sizes = self._sizes[n:]
        return n

    def beyond(self, t: "int") -> "int | None":
        """The tick up to which rows must go to hold the bounds at time t (epoch ms), or None.

        The newest row always stays.
        """
        n = 0
        total = self._total
        while n < len(self.rows) - 1 and (total > MAX_BYTES or t - self.rows[n]["t"] > MAX_MS):
            total -= self._sizes[n]
            n += 1
        return self.rows[n - 1]["tick"] if n else None

    def fills_message(self, cursor: "int") -> "bool":
        """Do the rows from tick `cursor` on exceed what one message takes?"""
        waiting = 0
        for index in range(len(self.rows) - 1, -1, -1):
            if self.rows[index]["tick"] < cursor:
                break
            waiting += self._sizes[index]
            if waiting > wire.MAX_LOG:
                return True
        return False

    def take(self, cursor: "int") -> "list[dict[str, Any]]":
        """The rows from tick `cursor` on that go into one message: consecutive, within its size,
        one at least if there is any."""
        rows: "list[dict[str, Any]]" = []
        size = 0
        for index in range(len(self.rows)):
            row = self.rows[index]
            if row["tick"] < cursor:
                continue
            size += self._sizes[index]
            if rows and (
                size > wire.MAX_LOG
                or row["tick"] != rows[-1]["tick"] + 1
                or len(rows) >= wire.MAX_SPAN
            ):
                break
            rows.append(row)
        return rows
