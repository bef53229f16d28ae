"""What an engine does in a page, tick after tick; runs on CPython, Pyodide and MicroPython.

`load` once, then time `once`: boot, and every tick of the call from its packed doubles to its row,
state and checkpoint.
"""

import json

from callvitals import browser, fields

_pack = {}
_ticks = []


def load(path):
    """Read what golden.write_packed wrote; gives the number of ticks."""
    _ticks.clear()
    with open(path + ".json") as file:
        head = json.loads(file.read())
    with open(path, "rb") as file:
        for tick, t, count in head["ticks"]:
            header = {"tick": tick, "t": t, "events": [], "strings": {"at": 0, "list": []}}
            _ticks.append((json.dumps(header), file.read(8 * count)))
    _pack.update({"engine": "pyodide", "host": "worker", "why": "bench", "through": -1})
    _pack.update({"schema": fields.SCHEMA, "strings": head["strings"], "outbox": []})
    return len(_ticks)


def once():
    """One whole call; the last row as text."""
    browser.boot(json.dumps(_pack))
    out = ""
    for header, packed in _ticks:
        browser.reserve(len(packed))
        browser.buffer()[: len(packed)] = packed
        out = browser.feed(header, len(packed))
    return out
