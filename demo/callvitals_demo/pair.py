"""A call between two aiortc peers of this process, over 127.0.0.1."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aioice.ice
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaBlackhole

from . import media
from .impair import Count, Impairment

Event = dict[str, Any]

# aioice leaves 127.0.0.1 out of its candidates and has no option for it. Here it is the only one:
# nothing of a synthetic call ever leaves the machine.
_LOOPBACK: Callable[..., list[str]] = lambda use_ipv4, use_ipv6: ["127.0.0.1"]  # noqa: E731

_STATES = ("connectionState", "iceConnectionState", "iceGatheringState", "signalingState")


CONNECT_SECONDS = 15.0


class CallFailed(Exception):
    """Two peers did not find each other."""


def plain(stats: Any) -> dict[str, Any]:
    """One of aiortc's stats objects as getStats() of a browser would give it: `timestamp` in ms.

    Units are left as aiortc has them (`jitter` in RTP clock units, `fractionLost` in 1/256), which
    the core knows. Members that are None are absent, as in a browser.
    """
    return {
        name: value.timestamp() * 1000 if isinstance(value, datetime) else value
        for name, value in dataclasses.asdict(stats).items()
        if value is not None
    }


class End:
    """One peer of a call."""

    def __init__(self, seed: str, owner: str) -> None:
        self.owner = owner
        """Who is at this end: the participant, or "" for one that nobody measures."""
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.link: Impairment | None = None
        self.other: End | None = None
        self.closed = False
        self._rng = random.Random(seed)
        self._sink = MediaBlackhole()
        self._events: list[Event] = []
        self.pc.on("track", self._sink.addTrack)
        for state in _STATES:
            self.pc.on(state.lower() + "change", self._note(state))

    def _note(self, state: str) -> Callable[[], None]:
        def note() -> None:
            self._events.append({"type": "pc", state: getattr(self.pc, state)})

        return note

    def events(self) -> list[Event]:
        """What changed since the last call of this, as events of a ring entry, without `pc`."""
        events, self._events = self._events, []
        return events

    def labels(self) -> list[Event]:
        """Who sends what this end receives, as far as it is known, as events of a ring entry."""
        if self.other is None or not self.other.owner:
            return []
        sources = {"audio": "microphone", "video": "camera"}
        return [
            {
                "type": "label",
                "track": receiver.track.id,
                "participant": self.other.owner,
                "source": sources[receiver.track.kind],
            }
            for receiver in self.pc.getReceivers()
        ]

    async def report(self) -> list[dict[str, Any]]:
        """The peer's getStats() as plain dicts; empty once it is closed."""
        if self.closed:
            return []
        return [plain(stats) for stats in (await self.pc.getStats()).values()]

    def sent(self) -> Count:
        """Media packets this end sent, and how many of them its link dropped: the truth."""
        return self.link.total() if self.link else Count()

    def arriving(self) -> Count:
        """The same for what was sent to this end."""
        return self.other.sent() if self.other else Count()

    def impair(self) -> None:
        """Put the link's impairment between DTLS and ICE; once the transport exists."""
        ice = self.pc.getTransceivers()[0].sender.transport.transport
        self.link = Impairment(ice._send, self._rng)
        ice._send = self.link.send

    async def close(self) -> None:
        """Hang up. Idempotent."""
        if self.closed:
            return
        self.closed = True
        if self.link:
            await self.link.close()
        await self.pc.close()
        await self._sink.stop()


def _send_video(pc: RTCPeerConnection, owner: str) -> RTCRtpTransceiver:
    transceiver = pc.addTransceiver(media.video(owner))
    # Without RTX: aiortc gives media and RTX one stats id, so that one would hide the other.
    capabilities = RTCRtpSender.getCapabilities("video")
    transceiver.setCodecPreferences(
        [codec for codec in capabilities.codecs if codec.mimeType == "video/VP8"]
    )
    return transceiver


async def connect(
    seed: str, video: bool = False, owners: tuple[str, str] = ("", "")
) -> tuple[End, End]:
    """Two connected ends, both sending audio, and video if wanted. `owners`: the participants at
    them, "" where nobody is measured.

    `seed` decides everything that is random about their links. Raises CallFailed.
    """
    aioice.ice.get_host_addresses = _LOOPBACK
    ends = End(f"{seed}/a", owners[0]), End(f"{seed}/b", owners[1])
    ends[0].other, ends[1].other = ends[1], ends[0]
    offerer, answerer = ends[0].pc, ends[1].pc
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            for end, place in zip(ends, "ab", strict=True):
                owner = end.owner or f"far-{place}"
                end.pc.addTransceiver(media.audio(owner))
                if video:
                    _send_video(end.pc, owner)
            await offerer.setLocalDescription(await offerer.createOffer())
            await answerer.setRemoteDescription(_copy(offerer.localDescription))
            await answerer.setLocalDescription(await answerer.createAnswer())
            ends[0].impair()
            ends[1].impair()
            await offerer.setRemoteDescription(_copy(answerer.localDescription))
            for end in ends:
                await end._sink.start()
            await asyncio.gather(*(_connected(end.pc) for end in ends))
    except BaseException as error:
        await asyncio.gather(*(end.close() for end in ends))
        if isinstance(error, TimeoutError):
            raise CallFailed(f"no connection within {CONNECT_SECONDS:g} s") from None
        raise
    return ends


def _copy(description: RTCSessionDescription) -> RTCSessionDescription:
    return RTCSessionDescription(description.sdp, description.type)


async def _connected(pc: RTCPeerConnection) -> None:
    done = asyncio.Event()

    def look() -> None:
        if pc.connectionState in ("connected", "failed", "closed"):
            done.set()

    pc.on("connectionstatechange", look)
    look()
    await done.wait()
    pc.remove_listener("connectionstatechange", look)
    if pc.connectionState != "connected":
        raise CallFailed(f"the connection is {pc.connectionState}")
