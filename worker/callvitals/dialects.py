"""What each browser says otherwise than W3C's webrtc-stats, mended before anything is computed.

Two tables: SPELLINGS (a value or a name that only differs in spelling) and DIALECTS (how to know
one, what to mend). What a browser lacks is not made up: `report` joins it from where it can be had.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .shapes import Item

    Groups = dict[str, list[Item]]

_RTP = ("inbound-rtp", "outbound-rtp", "remote-inbound-rtp", "remote-outbound-rtp")

# (type, field, as told, as W3C has it)
SPELLINGS = (
    # Firefox's words of RFC 5245 for RTCStatsIceCandidatePairState
    ("candidate-pair", "state", "inprogress", "in-progress"),
    ("candidate-pair", "state", "cancelled", "failed"),
)

# (type, other name, W3C name): taken where the W3C name is missing.
NAMES = (
    ("inbound-rtp", "discardedPackets", "packetsDiscarded"),  # Firefox
)


def _is_aiortc(groups: "Groups") -> "bool":
    for type_name in _RTP:
        for item in groups.get(type_name, ())[:1]:
            if item["id"].startswith(type_name + "_") and "mediaType" not in item:
                return True
    return False


def _mend_aiortc(groups: "Groups") -> "None":
    for type_name in _RTP:
        for item in groups.get(type_name, ()):
            if "jitter" in item:  # RTP clock units, not seconds
                clock = 90000 if item.get("kind") == "video" else 48000
                item["jitter"] = (2 * item["jitter"] + clock) // (2 * clock)
            if "fractionLost" in item:  # 0..255, not 0..1
                item["fractionLost"] = item["fractionLost"] // 256
            if type_name == "remote-inbound-rtp":
                item.pop("ssrc", None)  # the reporting peer's, not the stream's


def _always(_groups: "Groups") -> "bool":
    return True


def _mend_spelling(groups: "Groups") -> "None":
    for type_name, field, told, meant in SPELLINGS:
        for item in groups.get(type_name, ()):
            if item.get(field) == told:
                item[field] = meant
    for type_name, told, meant in NAMES:
        for item in groups.get(type_name, ()):
            if told in item:
                number = item.pop(told)
                item.setdefault(meant, number)


def _kind_of_id(ident: "str") -> "str":
    """audio or video by an id's looks, or "". Ids are opaque by the standard: the last resort."""
    low = ident.lower()
    audio = "audio" in low
    if audio != ("video" in low):
        return "audio" if audio else "video"
    # libwebrtc: I or O (RI, RO: remote), T and the transport's number, A or V, the SSRC
    at = 0
    while at < len(ident) and ident[at] in "RIOT0123456789":
        at += 1
    if 1 < at < len(ident) and ident[at] in "AV" and ident[at + 1 :].isdigit():
        return "audio" if ident[at] == "A" else "video"
    return ""


def _mend_kind(groups: "Groups") -> "None":
    """Old browsers say mediaType; Safari's RTP stats have neither: then the codec tells, or the id;
    of a remote end's report the stream that it is about (see `report`)."""
    codecs = None
    for type_name in _RTP:
        for item in groups.get(type_name, ()):
            if item.get("kind") in ("audio", "video"):
                continue
            if codecs is None:
                codecs = {one["id"]: one.get("mimeType", "") for one in groups.get("codec", ())}
            for hint in (
                item.get("mediaType"),
                codecs.get(item.get("codecId", ""), "").split("/")[0].lower(),
                _kind_of_id(item["id"]),
            ):
                if hint in ("audio", "video"):
                    item["kind"] = hint
                    break


def _mend_tracks(groups: "Groups") -> "None":
    """Firefox puts ids of tracks in braces; labels are filed without (events.plain)."""
    for type_name in ("inbound-rtp", "media-source", "track"):
        for item in groups.get(type_name, ()):
            if "trackIdentifier" in item:
                item["trackIdentifier"] = item["trackIdentifier"].strip("{}")


def _mend_clocks(groups: "Groups") -> "None":
    """Old Chromium (86) tells when the last packet came in seconds since the machine booted: a
    time of another clock than the report's says nothing, and must not pass for silence."""
    for type_name in ("inbound-rtp", "candidate-pair"):
        for item in groups.get(type_name, ()):
            if 2 * item.get("lastPacketReceivedTimestamp", 0) < item.get("timestamp", 0):
                item.pop("lastPacketReceivedTimestamp", None)


DIALECTS = (
    ("aiortc", _is_aiortc, _mend_aiortc),
    ("chromium", _always, _mend_clocks),
    ("firefox", _always, _mend_spelling),
    ("firefox", _always, _mend_tracks),
    ("safari", _always, _mend_kind),
)


def mend(groups: "Groups") -> "None":
    """Bring a report's items to W3C's spelling and units, in place. groups: {type: [item, ...]}."""
    for _name, applies, change in DIALECTS:
        if applies(groups):
            change(groups)
