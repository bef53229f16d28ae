"""What the rtcstats client would write, and what its reader would read: by the rules of the format
(see `callvitals.rtcstats`), written anew and as plainly as can be, so that ours is held against
something else than itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from callvitals.rtcstats_names import FIELDS, KEYS, METHODS, TYPES

Stats = dict[str, dict[str, Any]]
LEFT_OUT = ("isRemote", "ip", "mediaType", "writable")


class Client:
    """One connection's compression."""

    def __init__(self) -> None:
        self.before: Stats = {}
        self.numbers: dict[str, str] = {}

    def compress(self, stats: Iterable[dict[str, Any]]) -> dict[str, Any]:
        now = {item["id"]: item for item in deepcopy(list(stats))}
        gone = [self.numbers[i] for i in self.before if i in self.numbers and i not in now]
        delta: dict[str, Any] = {}
        for ident, item in now.items():
            was = self.before.get(ident, {})
            report = {n: v for n, v in item.items() if n != "id"}
            delta[ident] = {n: _less(v, was[n]) if n in was else v for n, v in report.items()}
            delta[ident] = {n: v for n, v in delta[ident].items() if v is not _SAME}
        times = [report["timestamp"] for report in delta.values() if "timestamp" in report]
        newest = max(times) if times else None
        for ident in list(delta):
            if delta[ident].get("timestamp") == newest:
                delta[ident].pop("timestamp", None)
            if not delta[ident] or now[ident]["type"] == "certificate":
                del delta[ident]
        for ident in delta:
            self.numbers.setdefault(ident, str(len(self.numbers)))
        out: dict[str, Any] = {}
        for ident, report in delta.items():
            for name in [n for n in report if n in LEFT_OUT or n.endswith("CertificateId")]:
                del report[name]
            for name in [n for n in report if n.endswith("Id")]:
                report[name] = self.numbers.get(report[name])
            if report.get("type") in TYPES:
                report["type"] = TYPES.index(report["type"]) + 1
            named = {KEYS.get(n, n): v for n, v in report.items() if v is not None}
            out[self.numbers[ident]] = named
        if newest is not None:
            out["t"] = newest
        out.update(dict.fromkeys(gone))
        self.before = now
        return out


_SAME = object()


def _less(now: Any, was: Any) -> Any:
    """What is sent of a value that was `was`."""
    if isinstance(now, dict) and isinstance(was, dict):
        return {n: v for n, v in now.items() if v != was.get(n)} or _SAME
    return _SAME if now == was and type(now) is type(was) else now


def dump(lines: Iterable[dict[str, Any]]) -> bytes:
    """A whole dump of capture lines {"t", "pc", "stats"}."""
    out = ["RTCStatsDump", json.dumps({"fileFormat": 3, "userAgent": "Mozilla Firefox/153.0"})]
    clients: dict[str, Client] = {}
    last = 0
    for line in lines:
        if line["pc"] not in clients:
            clients[line["pc"]] = Client()
            out.append(json.dumps([39, line["pc"], {"iceServers": []}, line["t"] - last]))
            last = line["t"]
        delta = clients[line["pc"]].compress(line["stats"])
        out.append(json.dumps(["g", line["pc"], delta, line["t"] - last]))
        last = line["t"]
    out.append(json.dumps(["close", None, 1001, 0]))
    return ("\n".join(out) + "\n").encode()


def read(text: str) -> list[tuple[str, Any, Any]]:
    """[(method, connection, value), ...] as the client's own reader has them: getStats undone."""
    lines = text.splitlines()
    assert lines[0] == "RTCStatsDump"
    assert json.loads(lines[1])["fileFormat"] == 3
    base: dict[str, Stats] = {}
    out = []
    now = 0.0
    for line in map(json.loads, lines[2:]):
        assert len(line) >= 4
        now += line[-1]
        method = METHODS.get(str(line[0]), line[0])
        value = line[2]
        if method == "getStats":
            value = base[line[1]] = _undo(base.get(line[1], {}), value)
        out.append((method, line[1], value))
    return out


def _undo(base: Stats, delta: dict[str, Any]) -> Stats:
    newest = delta.pop("t", None)
    new: dict[str, Any] = {}
    for ident, report in delta.items():
        if report is None:
            new[ident] = None
            continue
        new[ident] = {FIELDS.get(name, name): value for name, value in report.items()}
        if isinstance(new[ident].get("type"), int):
            new[ident]["type"] = TYPES[new[ident]["type"] - 1]
    for ident, was in base.items():
        if ident in new and new[ident] is None:
            del new[ident]
            continue
        report = new.setdefault(ident, {})
        own = "timestamp" in report
        for name, value in was.items():
            if name not in report:
                report[name] = value
            elif isinstance(value, dict) and isinstance(report[name], dict):
                report[name] = {**value, **report[name]}
        if newest is not None and not own:
            report["timestamp"] = newest
    for report in new.values():
        if newest is not None and report is not None:
            report.setdefault("timestamp", newest)
    return new
