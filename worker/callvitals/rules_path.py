"""Rules about getting and staying connected. See `rules_network` for the form, `setup` for why."""

from . import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Found = dict[str, dict[str, Any]]

DISCONNECTED_MS = 5000  # ObserveRTC
SLOW_MS = 5000  # ObserveRTC
STALLED_MS = 5000  # ObserveRTC
SWITCHES = 3  # in 30 s; ObserveRTC


def connect_failed(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """A connection never came about."""
    found = {}
    for key in sorted(now["setups"]):
        setup = now["setups"][key]
        why = setup.get("failed")
        if why and "connected" not in setup:
            found[key] = moment.fact("major", setup["since"], {"pc": key, "why": why}, (key,))
    return found


def ice_connection_failed(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """A connection that stood has failed, and the browser has given it up."""
    found = {}
    for record in now["pcs"]:
        setup = record["setup"]
        if setup.get("failed", "lost") != "lost":
            continue  # it never came about: connect-failed says why
        since = record["notes"].get("failed")
        if since is not None and ("connected" in setup or record["live"] is not None):
            since = setup.get("broken", since)
            evidence = {"pc": record["key"]}
            found[record["key"]] = moment.fact("major", since, evidence, (record["key"],))
    return found


def ice_disconnected(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The browser has lost the way to the far end and looks for another."""
    found = {}
    for record in now["pcs"]:
        since = record["notes"].get("disconnected")
        if since is not None and now["t"] - since >= DISCONNECTED_MS:
            evidence = {"pc": record["key"], "silentMs": now["t"] - since}
            found[record["key"]] = moment.fact("major", since, evidence, (record["key"],))
    return found


def ice_transport_stalled(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """We send from the start, and nothing has come back: a wall lets packets out only, or the far
    end is not there. (What stops after it flowed is an outage.)"""
    found = {}
    for key in sorted(now["pulses"]):
        felt = now["pulses"][key]
        if not felt["flowed"] and felt["sending"] and felt["still"] >= STALLED_MS:
            evidence = {"pc": key, "silentMs": felt["still"]}
            found[key] = moment.fact("major", felt["live"], evidence, (key,))
    return found


def unstable_ice_path(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The selected pair changes again and again: between Wi-Fi and cellular, or two relays."""
    found = {}
    for record in now["pcs"]:
        times = record["switches"]
        if len(times) >= (1 if is_open(record["key"]) else SWITCHES):
            evidence = {"pc": record["key"], "switches": len(times)}
            found[record["key"]] = moment.fact(
                "minor", times[0], evidence, (record["key"],), times[-1]
            )
    return found


def relay_tcp(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """Media goes through a relay over TCP or TLS: one lost packet holds up all that follow."""
    found = {}
    for record in now["pcs"]:
        since = record["notes"].get("tcp")
        if since is not None and record["key"] in now["pulses"]:
            evidence = {"pc": record["key"], "relayProtocol": record["route"]["relayProtocol"]}
            found[record["key"]] = moment.fact("minor", since, evidence, (record["key"],))
    return found


def slow_connect(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """A connection is being made, and takes long."""
    found = {}
    for record in now["pcs"]:
        setup = record["setup"]
        began = setup.get("answered")  # before that we wait for a person to pick up
        if began is None or setup.get("late") or "connected" in setup or "failed" in setup:
            continue
        if now["t"] - began >= SLOW_MS:
            evidence = {"pc": record["key"], "waitMs": now["t"] - began}
            found[record["key"]] = moment.fact("minor", began, evidence, (record["key"],))
    return found


def no_permission(now: "dict[str, Any]", is_open: "Any") -> "Found":
    """The page asked for camera, microphone or screen and got none. Minor where it had one of the
    kind before: it asked for another, and the call goes on with what there is."""
    found = {}
    for what in sorted(now["capture"]):
        told = now["capture"][what]
        if told["state"] != "failed":
            continue
        error = told.get("error", "")
        if what == "getDisplayMedia" and error in ("NotAllowedError", "AbortError"):
            continue  # the person closed the picker: their choice
        evidence = {"what": what, "error": error}
        kinds = [kind for kind in ("audio", "video") if told.get(kind)]
        for kind in kinds:
            evidence[kind] = True
        had = told.get("had", "").split(" ")
        less = [kind for kind in kinds if kind not in had]
        severity = "minor" if kinds and not less else "major"
        found[what] = moment.fact(severity, told["since"], evidence, (what,))
    return found
