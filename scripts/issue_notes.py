"""What docs/issues.md says of each rule beside what the rules themselves tell.

name: (opens when, closes when, where the thresholds come from). What helps: callvitals.advice.
{NAME} stands for a constant of the rule's module, written in the unit that follows it:
{X%} 0.01 % steps, {X/10} tenths, {Xms} ms as s, {Xus} us as ms, {X} as it is.
"""

NOTES = {
    "no-permission": (
        "the newest request for camera or microphone was refused, or none could be "
        "opened; minor where one was granted before (another camera was asked for); a closed "
        "picker for screens is a choice and no issue",
        "a later request is granted, or asked anew",
        "W3C Media Capture: the error's name",
    ),
    "connect-failed": (
        "a connection that never stood failed; `why` is one of `setup.WHYS`",
        "the connection comes about, or a newer one does",
        "RFC 8445, RFC 8656, RFC 8827; see `setup.py`",
    ),
    "ice-connection-failed": (
        "the state of a connection that stood becomes `failed`",
        "it leaves that state (ICE restart)",
        "W3C WebRTC 1.0",
    ),
    "outage": (
        "nothing has arrived for {STILL_MSms} though it did until then, and the path is "
        "dead: regular feedback on what is sent stopped too, or a connectivity check is "
        "unanswered, or the pair is no longer `succeeded`. Outgoing: media still comes, "
        "and feedback on ours broke down to a third while a check is unanswered",
        "at once when something arrives; outgoing: when feedback or an answer is back",
        "ours; RFC 7675 for the checks",
    ),
    "ice-disconnected": (
        "the state is `disconnected` for {DISCONNECTED_MSms}",
        "it is no longer",
        "ObserveRTC",
    ),
    "ice-transport-stalled": (
        "media is sent from the beginning and nothing at all has arrived for {STALLED_MSms}",
        "anything arrives",
        "ObserveRTC",
    ),
    "one-way-audio": (
        "in: nothing of an incoming sound has come for {ONE_WAY_MSms} while two of its "
        "sender's reports since then count on, and we send sound. Out: the far end has "
        "reported nearly all of our sound lost for {DEAF_MSms} while we hear it",
        "at once when it comes; out: when the far end reports that it does",
        "ours, after ObserveRTC's dry tracks",
    ),
    "capture-track-ended": (
        "the browser ended a captured track by itself (`ended`, which a page's own stop() "
        "does not cause)",
        "a track of that kind is sent again",
        "W3C Media Capture",
    ),
    "high-loss": (
        "{LOSS_OPEN%} of the packets of 10 s are lost, over all streams of a direction, "
        "or {LOSS_ALONE%} of one incoming stream; major from {LOSS_MAJOR%}",
        "below {LOSS_CLOSE%} ({LOSS_OPEN%} of one stream)",
        "Twilio (a mean above 3 %): where sound with FEC is no longer good. Twilio warns of three "
        "samples in five above 1 %, too, webrtc-issue-detector at 5 %, Microsoft calls 10 % poor",
    ),
    "stuck-decoder": (
        "whole frames have come for {DECODE_MSms}, {ASKED_LEAST} key frames were asked "
        "for, and none was decoded",
        "a frame is decoded",
        "ObserveRTC",
    ),
    "video-recovery-failed": (
        "packets have come for {RECOVER_MSms}, {ASKED_LEAST} key frames were asked for, "
        "and no whole frame came",
        "a frame is decoded",
        "ObserveRTC",
    ),
    "frozen-video": (
        "{FROZEN_OPEN_MSms} of the last 10 s were frozen and it still is; major from "
        "{FROZEN_MAJOR_MSms}",
        "nothing froze for {FROZEN_RECENT_MSms}",
        "ours",
    ),
    "high-rtt": (
        "the mean of 10 s is {RTT_OPEN/10} ms; major from {RTT_MAJOR/10} ms",
        "below {RTT_CLOSE/10} ms",
        "Twilio Voice insights (400 ms); major: G.114",
    ),
    "high-jitter": (
        "the mean over the packets of 10 s of one incoming sound is {JITTER_OPEN/10} ms; "
        "major from {JITTER_MAJOR/10} ms",
        "below {JITTER_CLOSE/10} ms",
        "Twilio Voice insights and Microsoft CQD (30 ms)",
    ),
    "audio-concealment": (
        "{CONCEALED_OPEN%} of the samples of 10 s are made up (silence is not counted), "
        "for {CONCEALED_MSms}; major from {CONCEALED_MAJOR%}",
        "below {CONCEALED_CLOSE%}",
        "ObserveRTC (3 %, 1 %, over 15 s)",
    ),
    "dry-inbound-track": (
        "nothing of an incoming picture (or of sound, where we send none) has come for "
        "{DRY_MSms} while two of its sender's reports since then count on",
        "at once when it comes",
        "ObserveRTC (5 s); that the sender counts on is ours: who mutes is no issue",
    ),
    "silent-audio-source": (
        "the microphone is on, says the page, and gives no sound at all, not even noise, "
        "for {SILENT_MSms}",
        "it gives any, or is muted",
        "ObserveRTC (30 s; below an RMS of 0.001, which is also who just listens: ours is zero)",
    ),
    "bandwidth-limited": (
        "the browser held a video back for bandwidth {NARROW_OPEN%} of 10 s, and could "
        "send less than {ROOM} % of what it wants to",
        "below {NARROW_CLOSE%}",
        "ours; ObserveRTC's congestion is the reason alone, which is also an encoder's own cap",
    ),
    "cpu-limited": (
        "the browser held a video back for the processor {CPU_OPEN%} of 10 s; major where "
        "less than half of the camera's frames are sent",
        "below {CPU_CLOSE%}",
        "ours",
    ),
    "video-decoder-overloaded": (
        "{DROPPED_OPEN%} of the frames of 10 s were dropped, or decoding took "
        "{OVERLOAD_OPEN%} of the time and fell behind; with less than {CALM_LOSS%} lost, "
        "and somebody looking",
        "below {DROPPED_CLOSE%} and {OVERLOAD_CLOSE%}",
        "ObserveRTC; that it fell behind is ours: hardware takes its time without harm",
    ),
    "encoder-bottleneck": (
        "encoding took {ENCODE_OPEN%} of 10 s and less than {SLOW%} of the camera's "
        "frames came out",
        "below {ENCODE_CLOSE%}",
        "ObserveRTC; that frames are left out is ours",
    ),
    "capture-bottleneck": (
        "the camera gives less than {CAPTURE_OPEN/10} frames per second and once gave "
        "{CAPTURE_ONCE/10}; no screen, no hidden page, and not none at all",
        "{CAPTURE_CLOSE/10} or more",
        "ObserveRTC (below 5)",
    ),
    "synthesized-audio": (
        "{SYNTHESIZED_OPEN%} of 10 s was played without anything to play",
        "below {SYNTHESIZED_CLOSE%}",
        "ours; ObserveRTC calls any an issue",
    ),
    "audio-jitter-buffer-stress": (
        "the jitter buffer wants {TARGET_OPEN_USus} ms or more and stretches "
        "{STRESS_OPEN%} of the sound of 10 s",
        "below {TARGET_CLOSE_USus} ms or {STRESS_CLOSE%}",
        "ObserveRTC (200 ms, 2 %); 5 % is ours: a busy device alone reaches 4 %",
    ),
    "audio-desync": (
        "{STRETCHED_OPEN%} of the samples of 10 s were put in or taken out",
        "below {STRETCHED_CLOSE%}",
        "ObserveRTC (10 %, 5 %)",
    ),
    "keyframe-storm": (
        "a key frame was asked for every 2 s, over 10 s, for {STORM_MSms}",
        "less than 0.15 a second",
        "ObserveRTC (0.5/s, 0.15/s, over 30 s)",
    ),
    "dry-outbound-track": (
        "a source runs and nothing of it was sent for {UNSENT_MSms}, though it was before "
        "and other tracks of the connection are sent",
        "at once when it is sent",
        "ObserveRTC (5 s); the conditions are ours: who is on hold is no issue",
    ),
    "unstable-ice-path": (
        "the selected pair changed {SWITCHES} times within 30 s",
        "it did not for 30 s",
        "ObserveRTC",
    ),
    "slow-connect": (
        "{SLOW_MSms} after both sides agreed the connection does not stand",
        "it does, or failed",
        "ObserveRTC",
    ),
    "relay-tcp": (
        "the selected pair goes through a relay over TCP or TLS",
        "it does not",
        "ours (peermetrics warns of TCP, too)",
    ),
    "stale-report": (
        "the far end has reported on nothing that is sent for {STALE_MSms}, though it did "
        "before and the path lives; or the browser has repeated the same report for "
        "{CACHED_MSms}",
        "a new report comes",
        "ours; RFC 3550: reports come every 7.5 s at the latest",
    ),
    "clock-jump": (
        "the page's clock jumped: forwards the device slept, backwards its clock was set; "
        "major from {JUMP_MAJOR_MSms}",
        "{JUMP_SHOWN_MSms} later; its end is when it jumped",
        "ours",
    ),
}

# How other products call it -> ours, or why there is none.
PARITY = (
    ("congestion", "bandwidth-limited", ""),
    ("cpulimitation", "cpu-limited", ""),
    ("dry-inbound-track", "dry-inbound-track", "of sound while we send: `one-way-audio`"),
    ("dry-outbound-track", "dry-outbound-track", ""),
    ("freezed-video-track", "frozen-video", ""),
    ("keyframe-storm", "keyframe-storm", ""),
    ("video-recovery-failed", "video-recovery-failed", ""),
    ("stuck-decoder", "stuck-decoder", ""),
    ("audio-concealment", "audio-concealment", ""),
    ("audio-desync", "audio-desync", ""),
    ("audio-jitter-buffer-stress", "audio-jitter-buffer-stress", ""),
    ("synthesized-audio", "synthesized-audio", ""),
    (
        "inbound-video-playout-discrepancy",
        "",
        "cannot fire: no browser tells `framesRendered`",
    ),
    ("video-decoder-overloaded", "video-decoder-overloaded", ""),
    ("capture-bottleneck", "capture-bottleneck", ""),
    ("encoder-bottleneck", "encoder-bottleneck", ""),
    ("capture-track-ended", "capture-track-ended", ""),
    ("silent-audio-source", "silent-audio-source", ""),
    ("ice-disconnected", "ice-disconnected", ""),
    ("ice-connection-failed", "ice-connection-failed", ""),
    ("ice-transport-stalled", "ice-transport-stalled", "what stops after it flowed: `outage`"),
    ("unstable-ice-path", "unstable-ice-path", ""),
    ("too-long-pc-connection", "slow-connect", ""),
    ("Twilio: high-rtt", "high-rtt", "its threshold"),
    ("Twilio: high-jitter", "high-jitter", "its threshold"),
    (
        "Twilio: high-packet-loss",
        "high-loss",
        "its mean above 3 %, over 10 s in place of 7; not 1 % in 3 of 5 samples, which sound with "
        "FEC does not feel (4.2 by the E-model)",
    ),
    ("Twilio Video: track stalled, below 0.5 frames/s", "frozen-video", "or `stuck-decoder`"),
    ("Twilio: low-mos", "", "the rating: an event `rating`, `poor` below 3.1 (docs/scores.md)"),
    ("Twilio: low-bytes-received, -sent", "outage", "or `one-way-audio`, `dry-inbound-track`"),
    ("Twilio: constant-audio-input-level", "silent-audio-source", "where it is silence"),
)
