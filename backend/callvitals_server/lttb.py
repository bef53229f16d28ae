"""Largest-Triangle-Three-Buckets (Steinarsson, 2013), by a fast library or by the reference one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Downsampler: Any = None
try:
    import tsdownsample
except ImportError:  # no wheel for this machine
    pass
else:
    make: Any = tsdownsample.LTTBDownsampler
    Downsampler = make()
    # It would match the names of our types, which never vary, against regular expressions: for
    # short lines that takes longer than all the rest.
    Downsampler.x_dtype_regex_list = Downsampler.y_dtype_regex_list = None

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def thin(x: Ints, y: Floats, n: int) -> Ints:
    """The places of at most `n` points that keep the line's shape, ascending. The first and the
    last stay, if n >= 2; of one point the one that is farthest from the mean.

    x: never descending; y: finite.
    """
    if len(x) <= n:
        return np.arange(len(x))
    if n < 2:
        return np.array([int(np.argmax(np.abs(y - y.mean())))])
    if n < 3:
        return np.array([0, len(x) - 1])
    x = np.ascontiguousarray(x - x[0])
    y = np.ascontiguousarray(y)
    if Downsampler is None:
        return reference(x, y, n)
    # n >= 3: below that the library panics past `except Exception`.
    return np.asarray(Downsampler.downsample(x, y, n_out=n)).astype(np.int64)


def reference(x: Ints, y: Floats, n: int) -> Ints:
    """The same by the package `lttb`: slow, pure numpy. It wants strictly ascending x."""
    import lttb  # type: ignore[import-untyped]

    places = np.arange(len(x))
    line = x if bool((np.diff(x) > 0).all()) else places
    kept = lttb.downsample(np.column_stack((line, y)).astype(np.float64), n_out=n)
    found: Ints = np.searchsorted(line, kept[:, 0].astype(np.int64))
    return found
