"""What a browser's or rtcstats' log of WebRTC calls tells, as ring events (docs/internals.md).

Both logs use the same method names; Chromium's writes a value as JSON text where the rtcstats
client writes it plain. No browser loads this file.
"""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Event = dict[str, Any]

# Reports made of the far end's RTCP: their time is that of the packet.
FAR = ("remote-inbound-rtp", "remote-outbound-rtp")

_STATES = {
    "connectionstatechange": "connectionState",
    "iceconnectionstatechange": "iceConnectionState",
    "icegatheringstatechange": "iceGatheringState",
    "signalingstatechange": "signalingState",
}
_MEDIA = "navigator.mediaDevices."


def plain(value: "Any") -> "Any":
    """The value, read where it is JSON text."""
    if isinstance(value, str) and value[:1] in ('"', "{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _is_word(value: "Any") -> "bool":
    return isinstance(value, str) and 0 < len(value) <= 32 and value.replace("-", "").islower()


def events_of(method: "str", pc: "Any", value: "Any") -> "list[Event]":
    """One line of a log -> ring events, none if it tells nothing of ours.

    pc: the connection's name, or None.
    """
    value = plain(value)
    if method[: len(_MEDIA)] == _MEDIA:
        return _media(method[len(_MEDIA) :], value)
    if not isinstance(pc, str):
        return []
    name = method.lower()
    state = _STATES.get(name[2:] if name[:2] == "on" else name)
    if state is not None and _is_word(value):
        return [{"type": "pc", "pc": pc, state: value}]
    if name == "create":
        return [_created(pc, value)]
    if name in ("close", "stop"):
        return [{"type": "pc", "pc": pc, "connectionState": "closed"}]
    if name in ("onicecandidateerror", "icecandidateerror") and isinstance(value, dict):
        return _candidate_error(pc, value)
    return []


def _created(pc: "str", config: "Any") -> "Event":
    """By what it may get through: how many servers of each kind, never their names."""
    event: "Event" = {"type": "pc", "pc": pc, "signalingState": "stable"}
    for name in ("connectionState", "iceConnectionState", "iceGatheringState"):
        event[name] = "new"
    if not isinstance(config, dict):
        return event
    if _is_word(config.get("iceTransportPolicy")):
        event["iceTransportPolicy"] = config["iceTransportPolicy"]
    servers = config.get("iceServers")
    for server in servers if isinstance(servers, list) else []:
        urls = server.get("urls", server.get("url")) if isinstance(server, dict) else None
        for url in urls if isinstance(urls, list) else [urls]:
            kind = _kind(url)
            if kind:
                event[kind] = event.get(kind, 0) + 1
    return event


def _kind(url: "Any") -> "str":
    kind = url.split(":")[0].lower() if isinstance(url, str) else ""
    return kind if kind in ("stun", "stuns", "turn", "turns") else ""


def _candidate_error(pc: "str", value: "dict[str, Any]") -> "list[Event]":
    code: "Any" = value.get("errorCode", value.get("error_code"))
    if isinstance(code, str) and code.isdigit() and len(code) < 6:
        code = int(code)
    if code is True or not isinstance(code, int) or not code:
        return []
    url: "Any" = value.get("url")
    event = {"type": "icecandidateerror", "pc": pc, "errorCode": code, "kind": _kind(url)}
    transport = url.split("transport=")[-1] if isinstance(url, str) and "transport=" in url else ""
    event["transport"] = transport if transport in ("udp", "tcp") else ""
    return [event]


def _media(method: "str", value: "Any") -> "list[Event]":
    if method == "ondevicechange":
        return [{"type": "device", "what": "devicechange"}]
    for what in ("getUserMedia", "getDisplayMedia"):
        if method == what:
            asked = value if isinstance(value, dict) else {}
            # `{}` asks for it, too; `false` does not.
            kinds = [name for name in asked if asked[name] is not False and asked[name] is not None]
            return [media(what, "audio" in kinds, "video" in kinds, True)]
        if method == what + "OnSuccess":
            kinds = [one[0] for one in value if one and isinstance(one, list)] if value else []
            return [media(what, "audio" in kinds, "video" in kinds, False)]
        if method == what + "OnFailure":
            told = value.get("error") if isinstance(value, dict) else value
            return [refused(what, told if isinstance(told, str) else "")]
    return []


def media(what: "str", audio: "bool", video: "bool", asked: "bool") -> "Event":
    """A capture that was asked for, or granted."""
    event: "Event" = {"type": "media", "what": what, "audio": audio, "video": video}
    event["asked" if asked else "ok"] = True
    return event


def refused(what: "str", error: "str") -> "Event":
    """A capture that failed. error: its name, with or without a message behind a colon."""
    name = error.split(":")[0][:64] or "Error"
    if name == "OverConstrainedError":  # as Chromium's dumps have it, and no API
        name = "OverconstrainedError"
    return {"type": "media", "what": what, "ok": False, "error": name}


# ---------------------------------------------------------------------------------------------
# browsers

# (token of a user agent before the version, name), the most special first.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chromium"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def facts_of(agent: "Any", data: "Any" = None, more: "Any" = None) -> "dict[str, Any]":
    """What a user agent, its client hints and the numbers beside them tell: {browser,
    browserVersion, os, mobile, cores, memoryGb}, as far as known."""
    out: "dict[str, Any]" = {}
    if isinstance(agent, str):
        for token, name in _BROWSERS:
            at = agent.find(token)
            if at >= 0:
                out["browser"] = name
                out["browserVersion"] = agent[at + len(token) :].split(" ")[0][:32]
                break
        for token, name in _SYSTEMS:
            if token in agent:
                out["os"] = name
                break
        if out:
            out["mobile"] = "Mobi" in agent
    if isinstance(data, dict):
        _hints(out, data)
    for name, source in (("cores", "hardwareConcurrency"), ("memoryGb", "deviceMemory")):
        number: "Any" = more.get(source) if isinstance(more, dict) else None
        if isinstance(number, (int, float)) and number is not True and 0 < number < 100000:
            out[name] = int(number) or 1
    return out


def _hints(out: "dict[str, Any]", data: "dict[str, Any]") -> "None":
    brands = data.get("fullVersionList") or data.get("brands")
    for one in brands if isinstance(brands, list) else []:
        name = one.get("brand") if isinstance(one, dict) else None
        # One of them is noise on purpose, such as "Not:A-Brand"; a maker's own beats Chromium.
        if not isinstance(name, str) or "Not" in name or not isinstance(one.get("version"), str):
            continue
        if name != "Chromium" or "browser" not in out or out["browser"] == "Chromium":
            out["browser"] = name.replace("Google ", "").replace("Microsoft ", "")[:32]
            out["browserVersion"] = one["version"][:32]
    if isinstance(data.get("platform"), str) and data["platform"]:
        out["os"] = data["platform"][:32]
    if isinstance(data.get("mobile"), bool):
        out["mobile"] = data["mobile"]
