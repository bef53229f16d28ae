"""Lets a fleet's sessions have begun in the past, so that pictures agree with themselves: when a
session started is the service's own knowledge, and a page cannot tell it.

stdin: {"data": the folder of a service that does not run, "sessions": [… as for fleet.py]}.
"""

import json
import sys
import time
from pathlib import Path

from callvitals_server.history import History
from callvitals_server.records import Who
from fleet import session_id  # beside this file

told = json.load(sys.stdin)
history = History(Path(told["data"]))
now = time.time_ns() // 1_000_000
begun = []
for place, one in enumerate(told["sessions"]):
    who = Who(session_id(place, one), one["meeting"], one["participant"], one.get("name", ""))
    begun.append((now - 1000 * (one["seconds"] + one.get("age", 0)), who))
for start, who in sorted(begun, key=lambda pair: pair[0]):
    history.claim(who, 1, True, start)
for _start, who in begun:  # and they were heard of just now, so they go on
    history.claim(who, 2, True, now)
history.close()
