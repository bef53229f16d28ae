"""Recordings made by hand, analysed."""

import io
from typing import Any

from callvitals import analysis, dump


def of(moments: list[Any], series: bool = False, **meta: Any) -> dict[str, Any]:
    text = "".join(dump.write(moments, meta))
    return analysis.analyze(io.BytesIO(text.encode()), series)


def audio(t: int, **more: Any) -> dict[str, Any]:
    stream = {"id": "I", "type": "inbound-rtp", "kind": "audio", "ssrc": 7, "timestamp": t, **more}
    return {"t": t, "pc": "0", "stats": [stream]}
