"""What to tell the participant who has an issue, in a sentence or two. No browser loads this file.

Beside what is wrong (`sentence`), for who is asked for help: the dashboard, the page on issues and
the report of a recording say the same.
"""

ADVICE = {
    "no-permission": (
        "Allow camera and microphone in the browser's address bar, close other programs that "
        "use them, then try again."
    ),
    "connect-failed": (
        "Try another network (a phone's hotspot). If that works, the first one blocks calls: "
        "its administrator must allow the TURN server."
    ),
    "ice-connection-failed": "Reload the page; if that does not help, change the network.",
    "outage": (
        "The network is gone: come nearer to the access point, or use a cable or the phone network."
    ),
    "ice-disconnected": "Wait some seconds: it often comes back. Else change the network.",
    "ice-transport-stalled": "A firewall may let packets out only: try another network.",
    "one-way-audio": (
        "Turn the microphone off and on again; if that does not help, leave and join again."
    ),
    "capture-track-ended": "Plug the device in again and choose it in the settings.",
    "high-loss": "Come nearer to the access point or use a cable; stop downloads.",
    "stuck-decoder": "Reload the page; turn hardware acceleration off if it happens again.",
    "video-recovery-failed": "The sender should turn the camera off and on again.",
    "frozen-video": "Turn off your own video, or ask others to, if it happens often.",
    "high-rtt": "Turn off VPN; use a cable; leave pauses when you speak.",
    "high-jitter": "Use a cable in place of Wi-Fi; stop downloads.",
    "audio-concealment": (
        "Words may be missing: ask to repeat. The speaker's or your own network is uneven."
    ),
    "dry-inbound-track": "Leave and join again.",
    "silent-audio-source": (
        "Check that the microphone is not switched off, and that the right one is chosen."
    ),
    "bandwidth-limited": "Stop uploads; use a cable; a smaller picture is right for this network.",
    "cpu-limited": (
        "Close other programs and tabs; turn off background effects; plug the device in."
    ),
    "video-decoder-overloaded": "Show fewer people at once; close other programs.",
    "encoder-bottleneck": "Turn off background effects; choose a smaller picture.",
    "capture-bottleneck": (
        "More light helps: cameras slow down in the dark. Close other programs that use it."
    ),
    "synthesized-audio": "Close other programs; plug wireless headphones in by cable.",
    "audio-jitter-buffer-stress": "Use a cable in place of Wi-Fi.",
    "audio-desync": "Leave and join again if speech and lips stay apart.",
    "keyframe-storm": "The sender's network loses pictures: a cable there helps.",
    "dry-outbound-track": "Turn the camera off and on again.",
    "unstable-ice-path": "Turn off Wi-Fi or the phone network, whichever is weaker.",
    "slow-connect": "Wait; if it fails, try another network.",
    "relay-tcp": "The network blocks UDP: another network gives better calls.",
    "stale-report": "Nothing: what is shown of the outgoing quality is old.",
    "clock-jump": "Do not close the lid during a call.",
}
