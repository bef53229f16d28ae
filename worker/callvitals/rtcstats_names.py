"""The numbers that rtcstats puts in place of names (its wire's version 5, dump format 3).

Facts of the format, from rtcstats' packages/rtcstats-shared/compression.js (MIT); numbers are never
given anew there. Names without a number travel as they are. No browser loads this file.
"""

# Method numbers. 62 was given twice by mistake and is not in use.
METHODS = {
    "g": "getStats",
    "1": "getStats",  # understood, not yet sent
    "12": "createOfferOnFailure",
    "13": "createAnswerOnFailure",
    "14": "setLocalDescriptionOnFailure",
    "15": "setRemoteDescriptionOnFailure",
    "16": "addIceCandidateOnFailure",
    "20": "onicecandidate",
    "21": "onicecandidateerror",
    "22": "ontrack",
    "23": "onsignalingstatechange",
    "24": "oniceconnectionstatechange",
    "25": "onconnectionstatechange",
    "26": "onicegatheringstatechange",
    "36": "close",
    "39": "create",
    "60": "navigator.mediaDevices.getUserMedia",
    "61": "navigator.mediaDevices.getUserMediaOnSuccess",
    "63": "navigator.mediaDevices.getDisplayMedia",
    "64": "navigator.mediaDevices.getDisplayMediaOnSuccess",
    "65": "navigator.mediaDevices.getUserMediaOnFailure",
    "67": "navigator.mediaDevices.ondevicechange",
    "68": "navigator.mediaDevices.getDisplayMediaOnFailure",  # understood, not yet sent
}

# Types, from 1.
_TYPES = (
    "inbound-rtp outbound-rtp remote-inbound-rtp remote-outbound-rtp transport candidate-pair"
    " local-candidate remote-candidate data-channel peer-connection certificate media-source"
    " media-playout codec"
)
TYPES = _TYPES.split(" ")

# Fields, from 4; "-" where a number is not in use. The last ten are understood, not yet sent.
_FIRST = 4
_NAMES = (
    "payloadType transportId mimeType clockRate channels sdpFmtpLine ssrc kind codecId -"
    " packetsReceived packetsLost jitter trackIdentifier mid remoteId framesDecoded"
    " keyFramesDecoded framesDropped frameWidth frameHeight framesPerSecond qpSum totalDecodeTime"
    " totalInterFrameDelay totalSquaredInterFrameDelay pauseCount totalPausesDuration freezeCount"
    " totalFreezesDuration lastPacketReceivedTimestamp headerBytesReceived packetsDiscarded"
    " fecPacketsReceived fecPacketsDiscarded fecBytesReceived fecSsrc bytesReceived nackCount"
    " firCount pliCount totalProcessingDelay estimatedPlayoutTimestamp jitterBufferDelay"
    " jitterBufferTargetDelay jitterBufferEmittedCount jitterBufferMinimumDelay"
    " totalSamplesReceived concealedSamples silentConcealedSamples concealmentEvents"
    " insertedSamplesForDeceleration removedSamplesForAcceleration audioLevel totalAudioEnergy"
    " totalSamplesDuration framesReceived decoderImplementation playoutId powerEfficientDecoder"
    " framesAssembledFromMultiplePackets totalAssemblyTime contentType googTimingFrameInfo"
    " retransmittedPacketsReceived retransmittedBytesReceived rtxSsrc totalCorruptionProbability"
    " totalSquaredCorruptionProbability corruptionMeasurements localId roundTripTime"
    " totalRoundTripTime fractionLost roundTripTimeMeasurements packetsSent bytesSent"
    " mediaSourceId rid encodingIndex headerBytesSent retransmittedPacketsSent"
    " retransmittedBytesSent targetBitrate totalEncodedBytesTarget framesSent hugeFramesSent"
    " framesEncoded keyFramesEncoded totalEncodeTime totalPacketSendDelay qualityLimitationReason"
    " qualityLimitationDurations qualityLimitationResolutionChanges encoderImplementation"
    " powerEfficientEncoder active scalabilityMode remoteTimestamp reportsSent echoReturnLoss"
    " echoReturnLossEnhancement width height frames synthesizedSamplesDuration"
    " synthesizedSamplesEvents totalPlayoutDelay totalSamplesCount dataChannelsOpened"
    " dataChannelsClosed label protocol dataChannelIdentifier state messagesSent messagesReceived"
    " iceRole iceLocalUsernameFragment dtlsState iceState selectedCandidatePairId"
    " localCertificateId remoteCertificateId tlsVersion dtlsCipher dtlsRole srtpCipher"
    " selectedCandidatePairChanges rtcpTransportStatsId address port candidateType priority url"
    " relayProtocol foundation relatedAddress relatedPort usernameFragment tcpType networkType - -"
    " localCandidateId remoteCandidateId nominated lastPacketSentTimestamp currentRoundTripTime"
    " availableOutgoingBitrate availableIncomingBitrate requestsReceived requestsSent"
    " responsesReceived responsesSent consentRequestsSent packetsDiscardedOnSend"
    " bytesDiscardedOnSend - fingerprint fingerprintAlgorithm base64Certificate"
    " issuerCertificateId psnrMeasurements psnrSum packetsReceivedWithEct1 packetsReceivedWithCe"
    " packetsReportedAsLost packetsReportedAsLostButRecovered packetsWithBleachedEct1Marking"
    " packetsSentWithEct1 ccfbMessagesSent ccfbMessagesReceived"
)
_SENT = 166  # the highest number that is sent

TIMESTAMP = "t"


def _by_number() -> "dict[str, str]":
    out = {TIMESTAMP: "timestamp"}
    names = _NAMES.split(" ")
    for index in range(len(names)):
        if names[index] != "-":
            out[str(_FIRST + index)] = names[index]
    return out


def _by_name() -> "dict[str, str]":
    out = {}
    for key in FIELDS:
        if key == TIMESTAMP or int(key) <= _SENT:
            out[FIELDS[key]] = key
    return out


FIELDS = _by_number()  # key -> name
KEYS = _by_name()  # name -> key
