"""All troubles that a World can have by its knobs, and calls in which they come one by one.

The golden cases run them on every engine, so portable subset only.
"""

from world import STREAMS, World

# (name, its knobs while it lasts)
TROUBLES = (
    ("outage", {"down": True}),
    ("outage", {"down_out": True}),
    ("high-loss", {"loss": 8}),
    ("high-loss", {"loss_out": 8}),
    ("high-rtt", {"rtt": 600}),
    ("high-jitter", {"jitter": 45}),
    ("bandwidth-limited", {"bandwidth": 100, "available": 300000}),
    ("stale-report", {"reported": False}),
    ("stale-report", {"cached": True}),
    ("one-way-audio", {"sent_not_come": ("annAudio",)}),
    ("one-way-audio", {"deaf": True}),
    ("audio-concealment", {"concealed": 6}),
    ("audio-desync", {"stretched": 15}),
    ("audio-jitter-buffer-stress", {"target": 300, "stretched": 7}),
    ("synthesized-audio", {"synthesized": 5}),
    ("silent-audio-source", {"silent": True}),
    ("frozen-video", {"stuck": True}),
    ("video-recovery-failed", {"stuck": True, "pli": 1}),
    ("stuck-decoder", {"stuck": True, "pli": 1, "whole": True}),
    ("keyframe-storm", {"pli": 1}),
    ("video-decoder-overloaded", {"dropped": 30}),
    ("dry-inbound-track", {"sent_not_come": ("annVideo",)}),
    ("dry-outbound-track", {"unsent": True}),
    ("cpu-limited", {"cpu": 90, "encoded": 40}),
    ("encoder-bottleneck", {"encoded": 50, "encode": 95}),
    ("capture-bottleneck", {"camera": 3}),
    ("unstable-ice-path", {"wander": True}),
    ("relay-tcp", {"relay": "tcp"}),
)


def labels():
    """Who sends what, as a host app tells it."""
    out = []
    for name, _kind, _ssrc, track in STREAMS:
        out.append({"type": "label", "track": track, "participant": name[:3].upper()})
    return out


def began():
    """The events of the first tick: connected, not muted, labelled."""
    told = {"type": "pc", "pc": "0", "connectionState": "connected"}
    told["iceConnectionState"] = "connected"
    told["audio"] = "live"
    told["video"] = "live"
    out = labels()
    out.insert(0, told)
    return out


def entries(step, names, on=20000, off=10000):
    """Ring entries, `step` ms apart, of a call in which the troubles come one after the other."""
    world = World()
    world.run(step)
    yield world.entry(*began())
    for _what, knobs in names:
        before = {name: getattr(world, name) for name in knobs}
        for _ in range(off // step):
            world.run(step)
            yield world.entry()
        for name in knobs:
            setattr(world, name, knobs[name])
        for _ in range(on // step):
            world.run(step)
            yield world.entry()
        for name in knobs:
            setattr(world, name, before[name])
