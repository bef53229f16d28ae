"""Tables of integers as bytes: columns that may have holes, or a full matrix. Lossless, within
±2^63. Pure.

Each column is written as its distance from the lowest value or as differences (zigzag, so that
small ones of either sign are small), in byte planes (all lowest bytes, then all second ones, …;
planes that are zero everywhere are left out), deflated (RFC 1951): whichever is shorter. A column
that never changes takes no bytes but its place in the head. Each stands alone, so that a few are
read without the others. docs/storage.md has the figures beside other codecs.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

VERSION = 1
_HEAD = struct.Struct("<BIII")  # version, rows, bytes of the head, bytes of the presence maps

_BROKEN = (struct.error, zlib.error, ValueError, LookupError, TypeError, OverflowError)

_POSITIVE = (1 << 63) - 1

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]
Column = tuple[Bits, Ints]
"""Where there are values, and these values."""


class CodecError(ValueError):
    """These bytes are no table, or one of a version that is unknown here."""


def encode(rows: int, columns: Mapping[str, Column], about: Mapping[str, Any]) -> bytes:
    """A table of `rows` rows; about: a small JSON object that travels with it."""
    maps: dict[bytes, int] = {}
    head, body = [], []
    for name in sorted(columns):
        present, values = columns[name]
        which = maps.setdefault(np.packbits(present).tobytes(), len(maps))
        kind, base, packed = squeeze(values)
        head.append([name, which, kind, base, len(packed)])
        body.append(packed)
    text = _deflate(orjson.dumps({"about": about, "columns": head}))
    bits = _deflate(b"".join(maps))
    return b"".join((_HEAD.pack(VERSION, rows, len(text), len(bits)), text, bits, *body))


def decode(
    data: bytes, names: Iterable[str] | None = None
) -> tuple[int, dict[str, Column], dict[str, Any]]:
    """(rows, columns, about) as `encode` took them; names: these columns only, where they are
    there. Raises CodecError."""
    try:
        version, rows, head_size, bits_size = _HEAD.unpack_from(data)
        if version != VERSION:
            raise CodecError(f"a table of version {version}, this reads {VERSION}")
        start = _HEAD.size
        head = orjson.loads(zlib.decompress(data[start : start + head_size], -15))
        start += head_size
        bits = np.frombuffer(zlib.decompress(data[start : start + bits_size], -15), np.uint8)
        many = max((which for _, which, *_ in head["columns"]), default=-1) + 1
        bits = bits.reshape(many, (rows + 7) // 8)
        maps = np.unpackbits(bits, axis=1, count=rows).astype(np.bool_)
        counts = maps.sum(axis=1).tolist()
        start += bits_size
        wanted = None if names is None else set(names)
        columns = {}
        for name, which, kind, base, size in head["columns"]:
            if wanted is None or name in wanted:
                values = expand(kind, base, data[start : start + size], counts[which])
                columns[name] = (maps[which], values)
            start += size
        return rows, columns, head["about"]
    except CodecError:
        raise
    except _BROKEN as error:
        raise CodecError(f"a broken table: {error!r}") from error


# -- one column -------------------------------------------------------------------------------


def squeeze(values: Ints) -> tuple[int, int, bytes]:
    """(kind, base, bytes) of a column; kind: 0 constant, 1 distance from the base, 2 differences.

    Differences may leave 64 bits and come back: all arithmetic is modulo 2^64.
    """
    if len(values) == 0:
        return 0, 0, b""
    low, first = int(values.min()), int(values[0])
    if low == int(values.max()):
        return 0, low, b""
    apart = _deflate(_planes((values - np.int64(low)).view(np.uint64)))
    steps = np.diff(values)
    along = _deflate(_planes(_zigzag(steps)))
    return (1, low, apart) if len(apart) < len(along) else (2, first, along)


def expand(kind: int, base: int, packed: bytes, count: int) -> Ints:
    """The column that `squeeze` packed."""
    if kind == 0:
        return np.full(count, base, np.int64)
    values: Ints
    if kind == 1:
        values = _unplaned(zlib.decompress(packed, -15), count)
        values += base
        return values
    if kind != 2:
        raise CodecError(f"a column of kind {kind}")
    values = np.empty(count, np.int64)
    values[0] = base
    data = zlib.decompress(packed, -15)
    if len(data) <= 2 * (count - 1):  # as nearly all are: found in a table, which is quicker
        low: npt.NDArray[Any] = np.frombuffer(data, np.uint8, count - 1)
        if len(data) > len(low):
            high = np.frombuffer(data, np.uint8, count - 1, count - 1)
            low = low | (high.astype(np.uint16) << 8)
        _SMALL.take(low, out=values[1:])
    else:
        values[1:] = _signed(_unplaned(data, count - 1))
    return values.cumsum()


# -- a matrix -----------------------------------------------------------------------------------


def encode_matrix(matrix: Ints, about: Mapping[str, Any]) -> bytes:
    """A full matrix, columns along the second axis, in one go: for many short columns that are
    read together. `about` as in `encode`."""
    rows, columns = matrix.shape
    text = _deflate(orjson.dumps({"about": about, "columns": columns}))
    steps = np.diff(matrix, axis=0, prepend=np.int64(0)).T
    packed = _deflate(_planes(_zigzag(steps).ravel()))
    return b"".join((_HEAD.pack(VERSION, rows, len(text), 0), text, packed))


def decode_matrix(data: bytes) -> tuple[Ints, dict[str, Any]]:
    """(matrix, about). Raises CodecError."""
    try:
        version, rows, head_size, _ = _HEAD.unpack_from(data)
        if version != VERSION:
            raise CodecError(f"a matrix of version {version}, this reads {VERSION}")
        end = _HEAD.size + head_size
        head = orjson.loads(zlib.decompress(data[_HEAD.size : end], -15))
        columns = head["columns"]
        zigzag = _unplaned(zlib.decompress(data[end:], -15), rows * columns).reshape(columns, rows)
        matrix: Ints = np.cumsum(_signed(zigzag), axis=1).T
        return matrix, head["about"]
    except CodecError:
        raise
    except _BROKEN as error:
        raise CodecError(f"a broken matrix: {error!r}") from error


# -- bytes --------------------------------------------------------------------------------------


def _planes(values: npt.NDArray[np.uint64]) -> bytes:
    """Byte planes, the lowest first, as many as the largest value needs."""
    width = max(1, (int(values.max()).bit_length() + 7) // 8) if len(values) else 1
    planes = np.ascontiguousarray(values, "<u8").view(np.uint8).reshape(-1, 8)[:, :width]
    return planes.T.tobytes()


def _unplaned(data: bytes, count: int) -> Ints:
    planes = np.frombuffer(data, np.uint8).reshape(len(data) // count if count else 0, count)
    values: Ints = np.zeros(count, np.int64)
    for place, plane in enumerate(planes):
        if place:
            values |= plane.astype(np.int64) << (8 * place)
        else:
            values = plane.astype(np.int64)
    return values


def _zigzag(values: Ints) -> npt.NDArray[np.uint64]:
    """0, -1, 1, -2, 2, … as 0, 1, 2, 3, 4, …"""
    return ((values << 1) ^ (values >> 63)).view(np.uint64)


def _signed(zigzag: Ints) -> Ints:
    """What `_zigzag` took; its 64 bits come as a signed number."""
    return ((zigzag >> 1) & _POSITIVE) ^ -(zigzag & 1)


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


_SMALL = _signed(np.arange(1 << 16, dtype=np.int64))
