"""Rows of `export` as NDJSON, CSV or Parquet, piece after piece. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import orjson

from .export import ROWS, Batch, Type

TYPES = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
# A cell that begins so is run as a formula by spreadsheets; names come from strangers' pages.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class MissingError(Exception):
    """A format needs a package that is not there. The message says how to get it."""


def pieces(form: str, columns: dict[str, Type], batches: Iterable[Batch]) -> Iterator[bytes]:
    """The file of this format, in order; nothing is read before it is asked for. Raises
    MissingError at once."""
    if form == "parquet":
        return _parquet(_arrow(), columns, batches)
    return (_ndjson if form == "ndjson" else _csv)(columns, batches)


def plain(values: Any) -> list[Any]:
    """A column as Python has it, None for NaN."""
    if not isinstance(values, np.ndarray):
        return list(values)
    if values.dtype.kind == "f":
        there = ~np.isnan(values)
        values = values.astype(object)
        values[~there] = None
    out: list[Any] = values.tolist()
    return out


def _ndjson(columns: dict[str, Type], batches: Iterable[Batch]) -> Iterator[bytes]:
    names = list(columns)
    for batch in batches:
        rows = zip(*map(plain, batch), strict=True)
        lines = [orjson.dumps(dict(zip(names, row, strict=True))) for row in rows]
        if lines:
            yield b"\n".join([*lines, b""])


def guarded(text: str | None) -> str | None:
    """Text as a cell that no spreadsheet runs."""
    return f"'{text}" if text and text.startswith(_FORMULA) else text


def unguarded(cell: str) -> str:
    """The text of such a cell."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _csv(columns: dict[str, Type], batches: Iterable[Batch]) -> Iterator[bytes]:
    """RFC 4180, UTF-8, one line with names; no value: an empty cell."""
    text = io.StringIO()
    write = csv.writer(text)
    write.writerow(columns)
    told: dict[Type, Callable[[Any], Any]] = {
        "json": lambda one: orjson.dumps(one).decode(),
        "text": guarded,
        "bool": lambda one: "true" if one else "false",
    }
    for batch in batches:
        cells = [
            [told[type_](one) for one in column] if type_ in told else plain(column)
            for type_, column in zip(columns.values(), batch, strict=True)
        ]
        write.writerows(zip(*cells, strict=True))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()  # nothing but the names


# -- Parquet --------------------------------------------------------------------------------------


def _arrow() -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError as error:
        raise MissingError("Parquet needs: pip install 'callvitals[parquet]'") from error
    assert pyarrow.parquet
    return pa


class _Sink:
    """A file of which the reader takes what is there."""

    closed = False

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        return len(self._held[-1])

    def take(self) -> bytes:
        """What was written since."""
        held, self._held = self._held, []
        return b"".join(held)

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def _parquet(pa: Any, columns: dict[str, Type], batches: Iterable[Batch]) -> Iterator[bytes]:
    """Ids that repeat are stored once (dictionaries); `t` and what ends in `At` are timestamps."""
    types = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    moment = pa.timestamp("ms", tz="UTC")
    schema = pa.schema(
        [
            (name, moment if is_time(name) else types.get(type_, pa.string()))
            for name, type_ in columns.items()
        ]
    )
    sink = _Sink()
    with pa.parquet.ParquetWriter(
        pa.PythonFile(sink, mode="w"), schema, compression="zstd"
    ) as writer:
        for many in _gathered(batches):
            arrays = [
                _array(pa, field, type_, [batch[place] for batch in many])
                for place, (field, type_) in enumerate(zip(schema, columns.values(), strict=True))
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def is_time(name: str) -> bool:
    """Does this column hold times?"""
    return name == "t" or name.endswith("At")


def _gathered(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Several at a time: a row group of a few rows is a waste."""
    held: list[Batch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += len(batch[0])
        if rows >= ROWS:
            yield held
            held, rows = [], 0
    if held:
        yield held


def _array(pa: Any, field: Any, type_: Type, parts: list[Any]) -> Any:
    arrays = []
    for part in parts:
        if type_ == "json":
            part = [orjson.dumps(one).decode() for one in part]
        if isinstance(part, np.ndarray):
            arrays.append(pa.array(part, type=field.type, from_pandas=True))  # NaN: no value
        else:
            arrays.append(pa.array(part, type=field.type))
    return pa.chunked_array(arrays, type=field.type)
