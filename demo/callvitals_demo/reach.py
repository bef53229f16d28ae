"""Is there a callvitals service? Asked before anything heavy is loaded, to be told soon."""

from __future__ import annotations

import json
import os
import socket
import urllib.error
import urllib.request

REACH_SECONDS = 4.0


class SynthError(Exception):
    """Why callers cannot do their work, in one line."""


def reach(url: str) -> None:
    """Raise SynthError unless a callvitals service answers at `url` within 4 s."""
    # Straight there, as the callers will go, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/healthz", timeout=REACH_SECONDS) as answer:
            text = answer.read(1 << 20)
    except urllib.error.HTTPError as error:
        with error:
            text = error.read(1 << 20)  # 503: a service in trouble is a service
    except TimeoutError:
        raise SynthError(f"{url} does not answer within {REACH_SECONDS:g} s.") from None
    except OSError as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            raise SynthError(f"{url} does not answer within {REACH_SECONDS:g} s.") from None
        raise SynthError(f"cannot reach {url} ({_short(error)}). Try: callvitals serve") from None
    except Exception as error:  # not HTTP at all
        raise SynthError(f"{url} answers, but it is no callvitals service.") from error
    try:
        health = json.loads(text)
    except ValueError:
        health = None
    if not isinstance(health, dict) or "status" not in health:
        raise SynthError(f"{url} answers, but it is no callvitals service.")


def _short(error: OSError) -> str:
    """The system's own words for what went wrong: "connection refused"."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, socket.gaierror):
        return "unknown host"
    number = getattr(cause, "errno", None)
    return os.strerror(number).lower() if number else str(cause)
