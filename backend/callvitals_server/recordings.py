"""An analysed recording, made ready to be shown: series thinned, numbers in words. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from callvitals import catalog, fields
from callvitals.advice import ADVICE

from .columns import Columns, ints
from .series import answer

NONE = "\N{EN DASH}"
SHAPES = {"good": "●", "fair": "▲", "poor": "■", "unknown": "○"}

# What is charted of a connection: (title, (series, its name) ..., lowest top of the scale).
CHARTS: tuple[tuple[str, tuple[tuple[str, str], ...], float], ...] = (
    ("Score", (("score", "Score"),), 5.0),
    ("Bandwidth", (("download", "Download"), ("upload", "Upload")), 100_000.0),
    (
        "Delay",
        (("rtt", "Round trip"), ("jitter", "Jitter"), ("jitterBuffer", "Jitter buffer")),
        0.05,
    ),
    ("Loss", (("lossIn", "Loss in"), ("lossOut", "Loss out"), ("concealed", "Concealed")), 0.02),
    ("Frames per second", (("fpsIn", "Frames in"), ("fpsOut", "Frames out")), 10.0),
    ("Frozen video", (("frozen", "Frozen"),), 1.0),
)


def fold(series: dict[str, Any], points: int, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """A connection's `series` of about `points` points, as REST gives them: gaps marked by None.

    names: those series only, also where there are none; without, all.
    """
    values = {}
    for name in names or series["series"]:
        given = series["series"].get(name, [None] * len(series["t"]))
        bare = name.split(".")[0]
        steps = (fields.SERIES.get(bare) or catalog.unit(bare) or (1,))[0]
        column = [np.nan if value is None else round(value * steps) for value in given]
        values[name] = np.array(column, np.float64)
    t = np.maximum.accumulate(ints(series["t"])) if series["t"] else ints([])
    return answer(Columns(np.arange(len(t)), t, values), points)


def thinned(result: dict[str, Any], points: int) -> dict[str, Any]:
    """The result with every connection's series of about `points` points; 0: as they are."""
    if not points:
        return result
    several = []
    for connection in result["connections"]:
        one = dict(connection)
        if one.get("series") and one["series"]["t"]:
            one["series"] = fold(one["series"], points)
        several.append(one)
    return {**result, "connections": several}


def verdict(result: dict[str, Any]) -> str:
    """One sentence for the whole, or for one connection: never empty."""
    if result["sentence"]:
        return str(result["sentence"])
    if result["rating"] == "unknown":
        if not any(one["streams"] for one in result.get("connections", [result])):
            return "There is no sound and no picture in it."
        return "Too little media to judge: a score takes ten seconds of it."
    if result["rating"] == "good":
        return "Nothing to complain of."
    return "No single cause stands out."


def facts(result: dict[str, Any]) -> str:
    """When, how long, in what browser: "24 Nov 2026 03:20:31 UTC · 59 s · Chromium 156"."""
    known = result["facts"]
    parts = []
    if result["start"] is not None:
        parts.append(moment(result["start"]) + " UTC")
    parts.append(span(result["duration"]))
    version = str(known.get("browserVersion", "")).split(".")[0]
    browser = f"{known.get('browser', '')} {version}".strip()
    if browser:
        system = known.get("os")
        parts.append(f"{browser} on {system}" if system else browser)
    parts += [f"{name} {result[name]}" for name in ("meeting", "participant") if name in result]
    count = len(result["connections"])
    parts.append(f"{count} connection{'' if count == 1 else 's'}")
    return " · ".join(parts)


def route(connection: dict[str, Any]) -> str:
    """How it travelled: "host to relay over udp"; "" if nobody knows."""
    way = connection["route"]
    if not way.get("local"):
        return ""
    text = f"{way['local']} to {way.get('remote', '?')}"
    if way.get("protocol"):
        text += f" over {way['protocol']}"
    if way.get("relayProtocol"):
        text += f" (relay by {way['relayProtocol']})"
    network = way.get("networkType", "unknown")
    return text if network == "unknown" else f"{text}, {network}"


def arrival(connection: dict[str, Any]) -> str:
    """How it came up: "connected in 93 ms, first picture after 159 ms"; "" if nobody knows."""
    known = connection["setup"]
    if "failed" in known:
        return f"never stood: {known['failed']}" if known["failed"] != "lost" else "lost"
    parts = []
    for name, words in (
        ("connectTime", "connected in"),
        ("firstFrameTime", "first picture after"),
        ("firstSoundTime", "first sound after"),
    ):
        if name in known:
            parts.append(f"{words} {seconds(known[name])}")
    return ", ".join(parts)


def about(connection: dict[str, Any]) -> str:
    """What stands beside a connection's name: length, way, how it came up, its last state."""
    told = [span(connection["duration"]), route(connection), arrival(connection)]
    return " · ".join(part for part in [*told, connection["state"] or ""] if part)


def title(stream: dict[str, Any]) -> str:
    """A stream's name for people: "audio in", "video out h"."""
    way = "in" if stream["direction"] == "inbound" else "out"
    return " ".join([stream["kind"], way, str(stream.get("rid", ""))]).strip()


def titles(streams: list[dict[str, Any]]) -> dict[str, str]:
    """Names by the streams' keys; of several that share one, each with its mid or, where that
    tells them not apart either, its SSRC."""
    out: dict[str, str] = {}
    for stream in streams:
        name = title(stream)
        alike = [one for one in streams if title(one) == name]
        if len(alike) > 1:
            mids = {one.get("mid") for one in alike}
            apart = len(mids) == len(alike) and None not in mids
            name += f" {stream['mid'] if apart else stream['ssrc']}"
        out[stream["key"]] = name
    return out


def advice(issues: list[dict[str, Any]]) -> dict[str, str]:
    """What helps, by type of the issues, in their order; each once."""
    return {one["type"]: ADVICE[one["type"]] for one in issues if one["type"] in ADVICE}


def whose(issue: dict[str, Any], names: dict[str, str]) -> str:
    """Which of several streams an issue is about, "" where the sentence says enough. names: those
    of the connection's streams (`titles`)."""
    name = names.get(issue["evidence"].get("stream", ""), "")
    return name if len(name.split(" ")) > 2 else ""


# -- numbers ----------------------------------------------------------------------------------


def moment(ms: int) -> str:
    """Epoch ms as a date and time, UTC."""
    try:
        return f"{datetime.fromtimestamp(ms / 1000, UTC):%d %b %Y %H:%M:%S}"
    except (OverflowError, ValueError, OSError):
        return f"{ms} ms"


def clock(ms: float) -> str:
    """A time from the start: 0:07, 1:02:03."""
    seconds = max(0, int(ms / 1000))
    hours, rest = divmod(seconds, 3600)
    if hours:
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{rest // 60}:{rest % 60:02d}"


def span(seconds: float) -> str:
    """A length of time: 59 s, 3 min 20 s, 1 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def number(name: str, value: float | None) -> str:
    """A series' value with its unit; a dash for none."""
    if value is None:
        return NONE
    unit = fields.SERIES[name.split(".")[0]][1]
    if unit == "bit/s":
        return bits(value)
    if unit == "s":
        return seconds(value)
    if unit == "ratio":
        return percent(value)
    return f"{value:.2f}" if name == "score" else f"{value:.1f}"


def bits(value: float) -> str:
    """A bitrate in three digits."""
    for unit, size in (("Mbit/s", 1e6), ("kbit/s", 1e3)):
        if value >= size * 0.9995:
            return f"{_three(value / size)} {unit}"
    return f"{value:.0f} bit/s"


def seconds(value: float) -> str:
    """A short time: in ms below a second."""
    return f"{_three(value * 1000)} ms" if value < 0.9995 else f"{_three(value)} s"


def percent(value: float) -> str:
    """A share."""
    return f"{_three(value * 100)} %"


def _three(value: float) -> str:
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}".rstrip("0").rstrip(".")
