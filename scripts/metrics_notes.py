# ruff: noqa: RUF001 (formulas are written with minus and multiplication signs)
"""What docs/metrics.md says besides the table: notes, and the names of others for the same."""

# Name: what one should know besides.
NOTES = {
    "rtt": "From the newest receiver report; none once that is 10 s old: `reportAge`.",
    "loss": "Outbound only when a new receiver report has come (RFC 3550: every 5 s or so).",
    "untold": "Not in `loss` and no part of `packetsLost`: add it where an outage is to count.",
    "discarded": "Among those received, so the packets received are the whole.",
    "resent": "Chromium's inbound count has padding on the RTX stream in it, when it probes for "
    "bandwidth.",
    "bitrate": "`bytesSent` has no headers in it (webrtc-stats), so both are added.",
    "payloadBitrate": "Without headers, padding and retransmissions: see `targetBitrate`.",
    "frameDeviation": "Of frames, not of our samples: whatever the polling period, the same.",
    "jitter": "RFC 3550 section 6.4.1; aiortc's clock units become seconds.",
    "fractionLost": "RFC 3550 section 6.4.1: between its last two reports.",
    "congested": "RFC 9331.",
    "rttIce": "RFC 8445 and RFC 7675: STUN checks of the path itself. RTCP's is kept apart, for "
    "behind a relaying server the two end at different machines.",
    "availableOut": "The browser's own estimate; it grows only while there is enough to send.",
    "psnr": "Where the browser measures it (an experiment of Chromium).",
    "corruption": "Where the sender sends the header extension that it needs.",
    "pairSwitches": "A change of network or an ICE restart; known without "
    "`selectedCandidatePairChanges`, too, which Firefox does not tell.",
    "loudness": "Root mean square of the samples, 1 is full scale.",
}

# The tables of others, name by name: (theirs, ours).
CLIENT = (
    ("bitrate, packetRate", "`bitrate` (theirs: without headers), `packetRate`"),
    ("deltaFractionLost, fractionLost", "`loss`, `fractionLost`"),
    ("discardRate", "`discarded`; theirs counts a discarded packet twice in the whole"),
    ("retransmissionRatio, retransmittedPacketRatio", "`resentBitrate` ÷ `bitrate`, `resent`"),
    ("payloadBitrate", "`payloadBitrate`; theirs takes headers off that were never in it"),
    ("concealmentRate", "`concealed`"),
    ("concealmentEventRate", "`concealmentRate`"),
    ("timeStretchRate", "`stretched`"),
    ("avgJitterBufferDelayInMs, jitterBufferTargetDelayInMs", "`jitterBuffer`, `bufferTarget`"),
    ("decodeTimePerFrameInMs, encodeTimePerFrameInMs", "`decodeTime`, `encodeTime`"),
    ("dropRatio", "`dropped`"),
    ("renderRatio", "not made: no recorded browser tells `framesRendered`"),
    ("keyFrameRate, pliRate, firRate, nackRate", "the same"),
    ("fpsVolatility", "`frameVariation`: by frames, so that the polling period does not matter"),
    ("ewmaFps", "`fps`; smoothing is left to who draws it"),
    ("bitPerPixel", "`bitsPerPixel`, of payload"),
    ("deltaCorruptionProbability", "`corruption`"),
    ("isFreezed", "`frozen`"),
    ("avgQpPerFrame, avgPacketSendDelayInMs", "`qp`, `sendDelay`"),
    (
        "qualityLimitationDurationShares",
        "`cpuLimited`, `bandwidthLimited`, `otherLimited`",
    ),
    ("remote: packetRate, deltaPacketsLost, avgRoundTripTime", "`lossOut`, `rttMean`"),
    (
        "candidate-pair: avgRTT, usingTurn, usingTcp, relayProtocol, pathKind",
        "`rttIceMean`, `path`",
    ),
    ("sourceFps, rmsAudioLevel", "`sourceFps`, `loudness`"),
    ("playoutDelayPerSampleInMs, synthesizedSamplesRatio", "`playout`, `synthesized`"),
    (
        "peer-connection: RTT by RTCP and by ICE, bitrates by kind, loss, available bitrates",
        "`rttRtcp`, `rttIce`, `sendAudio` … `receiveVideo`, `lossIn`, `lossOut`, `availableOut`",
    ),
)
CHROMIUM = (
    (
        "[bytesSent_in_bits/s], [bytesReceived_in_bits/s] of a stream",
        "`bitrate` − `headerBitrate`; `payloadBitrate` leaves retransmissions out, too",
    ),
    ("[headerBytesSent_in_bits/s], [headerBytesReceived_in_bits/s]", "`headerBitrate`"),
    (
        "[retransmittedBytesSent_in_bits/s], [retransmittedBytesReceived_in_bits/s]",
        "`resentBitrate`",
    ),
    ("[fecBytesReceived_in_bits/s]", "`fecBitrate`, and `fecRate` in packets"),
    (
        "[packetsSent/s], [packetsReceived/s], [packetsSentWithEct1/s], "
        "[packetsReceivedWithEct1/s]",
        "`packetRate`, `ectRate`",
    ),
    ("[totalPacketSendDelay/packetsSent_in_ms]", "`sendDelay`"),
    (
        "[totalEncodedBytesTarget_in_bits/s]",
        "`targetBitrate`: the counter is no longer in webrtc-stats, and 0",
    ),
    ("[framesEncoded/s], [framesSent/s]", "`encodedFps`, `fps`"),
    ("[totalEncodeTime/framesEncoded_in_ms]", "`encodeTime`"),
    ("[qpSum/framesEncoded], [qpSum/framesDecoded]", "`qp`"),
    ("[psnrSum/psnrMeasurements]", "`psnr`, `psnrU`, `psnrV`"),
    ("[packetsReceivedWithCe/(packetsReceivedWithEct1+packetsReceivedWithCe)]", "`congested`"),
    ("[packetsDiscarded/s]", "`discarded` × `packetRate`"),
    (
        "[framesReceived/s], [framesDecoded/s], [keyFramesDecoded/s]",
        "`receivedFps`, `fps`, `keyFrameRate`",
    ),
    ("[framesReceived-framesDecoded-framesDropped]", "`waiting`"),
    ("[totalDecodeTime/framesDecoded_in_ms]", "`decodeTime`"),
    (
        "[totalInterFrameDelay/framesDecoded_in_ms], [interFrameDelayStDev_in_ms]",
        "`frameDistance`, `frameDeviation`",
    ),
    ("[totalSamplesReceived/s]", "`sampleRate`"),
    (
        "[concealedSamples/s], [concealedSamples/totalSamplesReceived]",
        "`concealed` + `silentConcealed`, × `sampleRate`",
    ),
    (
        "[silentConcealedSamples/s], [insertedSamplesForDeceleration/s], "
        "[removedSamplesForAcceleration/s]",
        "`silentConcealed`, `slowed`, `sped`, × `sampleRate`",
    ),
    ("[Audio_Level_in_RMS]", "`loudness`"),
    (
        "[jitterBufferDelay/jitterBufferEmittedCount_in_ms], "
        "[jitterBufferTargetDelay/jitterBufferEmittedCount_in_ms], "
        "[jitterBufferMinimumDelay/jitterBufferEmittedCount_in_ms]",
        "`jitterBuffer`, `bufferTarget`, `bufferMinimum`",
    ),
    (
        "[totalProcessingDelay/jitterBufferEmittedCount_in_ms]",
        "`processing`; of pictures per frame decoded, as webrtc-stats defines it",
    ),
    ("[totalAssemblyTime/framesAssembledFromMultiplePackets_in_ms]", "`assembly`"),
    ("[totalPlayoutDelay/totalSamplesCount]", "`playout`"),
    ("[totalCorruptionProbability/corruptionMeasurements]", "`corruption`"),
    (
        "[totalRoundTripTime/roundTripTimeMeasurements], [totalRoundTripTime/responsesReceived]",
        "`rttMean`, `rttIceMean`",
    ),
    (
        "[messagesSent/s], [messagesReceived/s], [bytesSent_in_bits/s] of a data channel",
        "`messagesOut`, `messagesIn`, `dataOut`, `dataIn`",
    ),
    (
        "[bytesSent_in_bits/s], [packetsSent/s] of a transport or candidate pair",
        "`upload`, `download`, `packetsOut`, `packetsIn`",
    ),
    (
        "[codec], [lastPacketReceivedTimestamp], [lastPacketSentTimestamp], [remoteTimestamp], "
        "[estimatedPlayoutTimestamp]",
        "no rates: ids and times in words; `codec`, `packetAge`, `reportAge`",
    ),
)

COMING_UP = """\
Once per connection, from its own events (W3C WebRTC 1.0), in `pcs` of the state; told by all
browsers. `failed` beside them says in a word why there is no connection (the list is in
`worker/callvitals/setup.py`). Not told where we saw the connection only when it was under way."""

# setup.TIMES, by name.
TIMES = {
    "connectTime": "the first description applied … `connectionState` connected",
    "answerTime": "the first description applied … both are (signalling, and people who ring)",
    "gatherTime": "`iceGatheringState` gathering … complete",
    "iceTime": "`iceConnectionState` checking … connected or completed",
    "dtlsTime": "that … `connectionState` connected",
    "firstFrameTime": "the first description applied … the first picture shown",
    "firstSoundTime": "the first description applied … the first sound played",
}
