"""callvitals: the vital signs of a WebRTC call, computed the same everywhere."""

from typing import IO, Any

__version__ = "0.1.0"


def analyze(path: "str | IO[bytes]", series: bool = False) -> dict[str, Any]:
    """How the calls in a recording were: scores, streams, issues of each connection.

    path: a recording of ours, a dump of chrome://webrtc-internals, or an rtcstats dump, plain or
    gzipped (or an open binary file of one). series: every tick's values, too. The result is what
    `callvitals analyze --json` prints (docs/recordings.md): base units, epoch ms.
    Raises OSError when the file cannot be opened, ValueError when it is no recording.
    """
    from .analysis import analyze as run

    return run(path, series)
