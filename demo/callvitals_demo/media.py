"""Sound and pictures for synthetic callers, encoded once and sent again and again.

Encoding live costs more than all the rest of a call; a caller needs packets, not new music.
"""

from __future__ import annotations

import asyncio
import fractions
import functools
import math
import random
import struct
from typing import Any

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, CodecContext, VideoFrame
from av.packet import Packet

AUDIO_RATE = 48_000
AUDIO_FRAME = 960  # 20 ms
VIDEO_FPS = 10
VIDEO_SIZE = (320, 180)
_AUDIO_BASE = fractions.Fraction(1, AUDIO_RATE)
_VIDEO_BASE = fractions.Fraction(1, VIDEO_FPS)


@functools.cache
def tone() -> tuple[bytes, ...]:
    """One second of a 440 Hz tone as 50 Opus packets of 20 ms, about 32 kbit/s."""
    codec = CodecContext.create("libopus", "w")
    codec.bit_rate = 32_000
    codec.format = "s16"
    codec.layout = "mono"
    codec.sample_rate = AUDIO_RATE
    codec.time_base = _AUDIO_BASE
    packets: list[bytes] = []
    for start in range(0, 51 * AUDIO_FRAME, AUDIO_FRAME):
        wave = [
            int(8000 * math.sin(2 * math.pi * 440 * k / AUDIO_RATE))
            for k in range(start, start + AUDIO_FRAME)
        ]
        frame = AudioFrame(format="s16", layout="mono", samples=AUDIO_FRAME)
        frame.planes[0].update(struct.pack(f"<{AUDIO_FRAME}h", *wave))
        frame.sample_rate = AUDIO_RATE
        frame.time_base = _AUDIO_BASE
        frame.pts = start
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(packets[:50])


@functools.cache
def clip() -> tuple[bytes, ...]:
    """Two seconds of a drifting pattern as VP8 frames, a key frame first: loss heals by itself."""
    width, height = VIDEO_SIZE
    codec = CodecContext.create("libvpx", "w")
    codec.width, codec.height = VIDEO_SIZE
    codec.pix_fmt = "yuv420p"
    codec.bit_rate = 250_000
    codec.time_base = _VIDEO_BASE
    codec.options = {"deadline": "realtime", "cpu-used": "8", "g": "1000"}
    grain = random.Random(1).randbytes(4 * width * height)
    frames: list[bytes] = []
    for index in range(2 * VIDEO_FPS):
        frame = VideoFrame(width, height, "yuv420p")
        luma, *chroma = frame.planes
        start = index * (width + 3)  # the same grain, moved: something for the encoder to do
        luma.update(bytes(96 + (g >> 4) for g in grain[start : start + luma.buffer_size]))
        for plane in chroma:
            plane.update(b"\x80" * plane.buffer_size)
        frame.pts = index
        frame.time_base = _VIDEO_BASE
        frames += [bytes(packet) for packet in codec.encode(frame)]
    frames += [bytes(packet) for packet in codec.encode(None)]
    return tuple(frames)


class LoopTrack(MediaStreamTrack):
    """A track that plays encoded packets over and over, each `step` of its time base long."""

    def __init__(
        self, name: str, kind: str, packets: tuple[bytes, ...], base: fractions.Fraction, step: int
    ) -> None:
        super().__init__()
        self.kind = kind
        self._name = name
        self._packets = packets
        self._base = base
        self._step = step
        self._next = 0
        self._start = 0.0

    @property
    def id(self) -> str:
        """The same in every call of a caller: a label of it holds for the next call, too."""
        return self._name

    async def recv(self) -> Packet[Any]:
        """The next packet, at its time."""
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        if self._next == 0:
            self._start = loop.time()
        pts = self._next * self._step
        await asyncio.sleep(self._start + float(pts * self._base) - loop.time())
        packet = Packet(self._packets[self._next % len(self._packets)])
        packet.pts = pts
        packet.time_base = self._base
        self._next += 1
        return packet


def audio(owner: str) -> LoopTrack:
    """The microphone of a caller."""
    return LoopTrack(f"{owner}-audio", "audio", tone(), _AUDIO_BASE, AUDIO_FRAME)


def video(owner: str) -> LoopTrack:
    """The camera of a caller."""
    return LoopTrack(f"{owner}-video", "video", clip(), _VIDEO_BASE, 1)
