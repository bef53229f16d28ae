"""The process that analyses one upload: a recording on stdin, JSON on stdout.

python -m callvitals_server.analyze_child MOST_BYTES SERIES POINTS
"""

from __future__ import annotations

import json
import os
import sys

from callvitals import dump

BAD = 3  # exit code for what is no recording; stdout has the sentence
TOO_LARGE = 4


def main() -> int:
    """0, BAD or TOO_LARGE."""
    os.nice(5)
    most, series, points = (int(word) for word in sys.argv[1:])
    from .analyze_export import analyze  # numpy takes a while to come

    try:
        result = analyze(sys.stdin.buffer, bool(series), most=most)
    except dump.RecordingError as error:
        print(error, end="")
        return TOO_LARGE if str(error).startswith("too large") else BAD
    if series and points:
        from .recordings import thinned

        result = thinned(result, points)
    json.dump(result, sys.stdout, separators=(",", ":"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
