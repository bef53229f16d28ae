"""The callvitals service: ingest, live state, history, REST and dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callvitals import __version__

if TYPE_CHECKING:
    from .frame import Table, read

__all__ = ["Table", "__version__", "read"]


def __getattr__(name: str) -> Any:
    # Late: the middleware lives in this package, too, and must not bring numpy or a database.
    if name in ("Table", "read"):
        from . import frame

        return getattr(frame, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
