"""Raw ticks as a blob: about 600 of one session, every series a column of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import codec
from .codec import CodecError
from .columns import Columns, ints, places, runs
from .rollup import Before

CHUNK_TICKS = 600
_T = "t"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Ticks of one session in order. before: what was before the first of them; offsets: [tick,
    ms]: from that tick on this was added to the page's time, to come to `t`."""

    columns: Columns
    before: Before | None = None
    offsets: Sequence[tuple[int, int]] = ()


def pack(chunk: Chunk) -> bytes:
    """As a blob."""
    columns = chunk.columns
    n = len(columns.t)
    table: dict[str, codec.Column] = {_T: (np.ones(n, np.bool_), columns.t)}
    for name, values in columns.values.items():
        there = ~np.isnan(values)
        if there.any():
            table[name] = (there, values[there].astype(np.int64))
    about = {"ticks": runs(columns.tick), "before": chunk.before, "offsets": chunk.offsets}
    return codec.encode(n, table, about)


def unpack(data: bytes, names: Iterable[str] | None = None) -> Chunk:
    """What `pack` packed; names: these series only, NaN where there are none. Raises
    CodecError."""
    wanted = None if names is None else list(names)
    rows, table, about = codec.decode(data, None if wanted is None else [_T, *wanted])
    try:
        tick = places(*ints(about["ticks"]).reshape(-1, 2).T)
        t = table.pop(_T)[1]
        before = about["before"]
        offsets = [(first, offset) for first, offset in about["offsets"]]
    except (LookupError, TypeError, ValueError) as error:
        raise CodecError(f"no chunk: {error!r}") from error
    if len(tick) != rows or len(t) != rows:
        raise CodecError("a chunk whose ticks and times disagree")
    values = {}
    nothing = (np.zeros(rows, np.bool_), ints([]))
    for name in table if wanted is None else wanted:
        there, numbers = table.get(name, nothing)
        if len(numbers) == rows:
            values[name] = numbers.astype(np.float64)
        else:
            values[name] = np.full(rows, np.nan)
            values[name][there] = numbers
    return Chunk(Columns(tick, t, values), None if before is None else tuple(before), offsets)


def enough(rows: Sequence[dict[str, Any]], ended: bool) -> int:
    """How many of a session's journal rows, in order, make the next chunk; 0: wait. Whole rows,
    until there are 600 ticks; of a session that ended, also fewer."""
    ticks = 0
    for place, row in enumerate(rows):
        ticks += row["last"] - row["first"] + 1
        if ticks >= CHUNK_TICKS:
            return place + 1
    return len(rows) if ended else 0
