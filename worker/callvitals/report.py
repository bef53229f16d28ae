"""One connection's report -> its streams, pairs and transports, all numbers integers.

With `dialects` the only file that knows vendor quirks. Nothing a report holds makes it raise: what
cannot be right is left out and counted as nonsense. Integers are in the scale of `fields.py`.
"""

from . import dialects, fields, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Item, Plan, Report, View

    Groups = dict[str, list[Item]]

MAX_ITEMS = 4096  # stats objects of one report; a real one has some hundreds


# ---------------------------------------------------------------------------------------------
# packed rows


_plans: "list[Any]" = [None, []]  # the newest schema seen and what it means
_NUMBER = 0
_TEXT = 1
_BOOL = 2
_UNKNOWN = 3


def _plan(schema: "list[list[Any]]") -> "Plan":
    """Per type of the schema: (type, [(field, how to read it), ...])."""
    if _plans[0] is not schema:
        plan: "Plan" = []
        for type_name, names in schema:
            known = values.KNOWN.get(type_name, {})
            how = []
            for name in names:
                if name not in known:
                    how.append((name, _UNKNOWN))
                elif name in fields.TEXT:
                    how.append((name, _TEXT))
                else:
                    how.append((name, _BOOL if name in fields.BOOL else _NUMBER))
            plan.append((type_name, how))
        _plans[0] = schema
        _plans[1] = plan
    return _plans[1]  # type: ignore[no-any-return]


def unpack(schema: "list[list[Any]]", strings: "list[str]", numbers: "Any") -> "list[list[Any]]":
    """Packed rows -> reports: [[pc, [{type, id, ...}, ...]], ...], with known fields only.

    schema: [[type, [field, ...]], ...]; numbers: a flat sequence of floats, NaN = absent. Where the
    rows cannot be read on, None is put in place of the rest, so that it is counted.
    """
    plan = _plan(schema)
    out: "list[list[Any]]" = []
    total = len(numbers)
    at = 0
    while at < total:
        index = numbers[at]
        row = None
        if index == index and 0 <= index < len(plan):
            row = plan[int(index)]
        if row is None or at + len(row[1]) >= total:
            out.append(["", None])
            break
        at += 1
        item = {"type": row[0]}
        for name, how in row[1]:
            value = numbers[at]
            at += 1
            if value != value:
                continue
            if how == _NUMBER:
                item[name] = value
            elif how == _TEXT:
                item[name] = strings[int(value)] if 0 <= value < len(strings) else value
            elif how == _BOOL:
                item[name] = value == 1 if value == 0 or value == 1 else value
        if row[0] == "pc":
            out.append([item.get("id"), []])
        elif not out:
            out.append(["", None])
            break
        elif row[0] in values.KNOWN:
            out[-1][1].append(item)
    return out


# ---------------------------------------------------------------------------------------------
# joining


def _by_id(groups: "Groups", type_name: "str") -> "dict[str, Item]":
    return {item["id"]: item for item in groups.get(type_name, ())}


class _Remotes:
    """The far end's reports of one direction, to be found by what leads to them."""

    __slots__ = ("by_id", "by_local", "by_ssrc", "items")

    def __init__(self, items: "list[Item]") -> "None":
        self.items = items
        self.by_id: "dict[str, Item]" = {}
        self.by_local: "dict[str, Item]" = {}
        self.by_ssrc: "dict[int, Item]" = {}
        for item in items:
            self.by_id.setdefault(item["id"], item)
            if "localId" in item:
                self.by_local.setdefault(item["localId"], item)
            elif "ssrc" in item:
                self.by_ssrc.setdefault(item["ssrc"], item)

    def of(self, stream: "Item", alone: "bool") -> "Item | None":
        """The report on a stream: by link, by SSRC, or because there is but one."""
        remote = self.by_local.get(stream["id"])
        if remote is None:
            remote = self.by_id.get(stream.get("remoteId", ""))
        if remote is None:
            remote = self.by_ssrc.get(stream.get("ssrc", -1))
        if remote is None and alone:
            kind = stream["kind"]
            same = [r for r in self.items if r.get("kind") == kind and "ssrc" not in r]
            if len(same) == 1:
                remote = same[0]
        return remote


# Old Safari and Chromium (before 112): picture, freezes and concealment were the track's.
_OF_TRACK = [
    field[0]
    for field in fields.FIELDS["track"]
    if field[0] not in ("id", "timestamp", "kind", "trackIdentifier")
]


def _only(items: "list[Item]", kind: "str") -> "Item | None":
    """The one item of this kind, or None."""
    same = [item for item in items if item.get("kind") == kind]
    return same[0] if len(same) == 1 else None


def _put_codec(stream: "Item", codecs: "dict[str, Item]") -> "None":
    """codec (lower case), clockRate, red; of Opus, also inside RED (RFC 2198), fec and dtx."""
    codec = codecs.get(stream.get("codecId", ""))
    if codec is None:
        return
    name = codec.get("mimeType", "").split("/")[-1][:32].lower()
    stream["codec"] = name
    stream["red"] = name == "red"
    if "clockRate" in codec:
        stream["clockRate"] = codec["clockRate"]
    if name == "red":
        for key in sorted(codecs):
            if codecs[key].get("mimeType", "").lower() == "audio/opus":
                codec = codecs[key]
    options = codec.get("sdpFmtpLine", "").replace(" ", "").split(";")
    stream["fec"] = "useinbandfec=1" in options
    stream["dtx"] = "usedtx=1" in options


class _Others:
    """A report's items that belong to streams."""

    __slots__ = ("codecs", "playouts", "sources", "tracks")

    def __init__(self, groups: "Groups") -> "None":
        self.codecs = _by_id(groups, "codec")
        self.tracks = _by_id(groups, "track")
        self.sources = _by_id(groups, "media-source")
        self.playouts = _by_id(groups, "media-playout")

    def join(self, stream: "Item", alone: "bool") -> "None":
        """Put source, playout, codec and track to the stream. alone: the only one of its kind and
        direction, so that what has no link (Firefox) belongs to it, if it is the only one, too."""
        _put_codec(stream, self.codecs)
        if stream["direction"] == "outbound":
            source = self.sources.get(stream.get("mediaSourceId", ""))  # may dangle
            if source is None and alone and "mediaSourceId" not in stream:
                source = _only([self.sources[key] for key in self.sources], stream["kind"])
            if source is not None:
                stream["source"] = source
                if "trackIdentifier" in source:
                    stream["trackIdentifier"] = source["trackIdentifier"]
        elif stream["kind"] == "audio":
            playout = self.playouts.get(stream.get("playoutId", ""))
            if playout is not None:
                stream["playout"] = playout
        track = self.tracks.get(stream.get("trackId", ""))
        if track is not None:
            for name in _OF_TRACK:
                if name in track and name not in stream:
                    stream[name] = track[name]
            if "trackIdentifier" in track:
                stream.setdefault("trackIdentifier", track["trackIdentifier"])


def _streams(groups: "Groups") -> "tuple[list[Item], int]":
    others = _Others(groups)
    out = []
    seen = set()
    bad = 0
    for direction in ("inbound", "outbound"):
        far = "remote-outbound-rtp" if direction == "inbound" else "remote-inbound-rtp"
        remotes = _Remotes(groups.get(far, []))
        near = groups.get(direction + "-rtp", [])
        kinds = [item.get("kind") for item in near]
        for stream in near:
            if stream.get("kind") not in ("audio", "video") or "timestamp" not in stream:
                bad += 1
                continue
            who = (direction, stream["kind"], stream.get("ssrc", stream["id"]))
            if who in seen:
                continue
            seen.add(who)
            stream["direction"] = direction
            alone = kinds.count(stream["kind"]) == 1
            remote = remotes.of(stream, alone)
            if remote is not None:
                stream["remote"] = remote
            others.join(stream, alone)
            out.append(stream)
    return out, bad


def _newest(pairs: "list[Item]") -> "Item":
    """Of several nominated pairs (an ICE restart leaves old ones behind) the one in use."""
    best = pairs[0]
    best_rank = None
    for pair in pairs:
        rank = (
            pair.get("lastPacketReceivedTimestamp", 0),
            pair.get("bytesReceived", 0) + pair.get("bytesSent", 0),
            pair["id"],
        )
        if best_rank is None or rank > best_rank:
            best = pair
            best_rank = rank
    return best


def _selected(pairs: "dict[str, Item]", transports: "dict[str, Item]") -> "list[str]":
    """Ids of the pairs in use: told by the transports, by the pairs, or found by nomination."""
    chosen = set()
    for key in transports:
        pair_id = transports[key].get("selectedCandidatePairId")
        if pair_id in pairs:
            chosen.add(pair_id)
    if not chosen:
        chosen = {key for key in pairs if pairs[key].get("selected")}
    if not chosen:
        groups: "dict[str, list[Item]]" = {}
        for key in sorted(pairs):
            pair = pairs[key]
            if pair.get("nominated") and pair.get("state") == "succeeded":
                groups.setdefault(pair.get("transportId", ""), []).append(pair)
        chosen = {_newest(groups[key])["id"] for key in groups}
    return sorted(chosen)


def _route(pairs: "dict[str, Item]", chosen: "list[str]", groups: "Groups") -> "dict[str, str]":
    """How the first selected pair travels: local, remote, protocol, relayProtocol, networkType."""
    route: "dict[str, str]" = {}
    if not chosen:
        return route
    pair = pairs[chosen[0]]
    local = _by_id(groups, "local-candidate").get(pair.get("localCandidateId", ""), {})
    remote = _by_id(groups, "remote-candidate").get(pair.get("remoteCandidateId", ""), {})
    for name, source, field in (
        ("local", local, "candidateType"),
        ("remote", remote, "candidateType"),
        ("protocol", local, "protocol"),
        ("relayProtocol", local, "relayProtocol"),
        ("tcpType", local, "tcpType"),
        ("networkType", local, "networkType"),
    ):
        if source.get(field):
            route[name] = source[field][:32]
    return route


def read(report: "Any") -> "View":
    """A report (list of W3C stats objects) -> {"streams", "pairs", "selected", "transports",
    "route", "channels", "candidates", "remotes", "ts", "nonsense"}.

    ts: the newest timestamp (microseconds) of the report, 0 if none; channels: its data channels;
    candidates: its local ones; remotes: how many remote ones. A stream has besides its own fields
    "direction", "remote", "source" (media-source), "playout" (media-playout), "codec" (lower case),
    "clockRate", "fec", "dtx", "red" (Opus' options; RFC 2198) as far as they are told.
    """
    groups: "Groups" = {}
    bad = 0
    if not isinstance(report, (list, tuple)):
        report = []
        bad = 1
    for raw in report[:MAX_ITEMS]:
        item, wrong = values.convert(raw)
        bad += wrong
        if item is not None:
            group = groups.get(item["type"])
            if group is None:
                groups[item["type"]] = [item]
            else:
                group.append(item)
    bad += max(0, len(report) - MAX_ITEMS)
    dialects.mend(groups)
    streams, wrong = _streams(groups)
    pairs = _by_id(groups, "candidate-pair")
    transports = _by_id(groups, "transport")
    chosen = _selected(pairs, transports)
    newest = 0
    for type_name in ("inbound-rtp", "outbound-rtp", "candidate-pair", "transport"):
        for item in groups.get(type_name, ()):
            newest = max(newest, item.get("timestamp", 0))
    return {
        "streams": streams,
        "pairs": pairs,
        "selected": chosen,
        "transports": transports,
        "route": _route(pairs, chosen, groups),
        "channels": groups.get("data-channel", []),
        "candidates": groups.get("local-candidate", []),
        "remotes": len(groups.get("remote-candidate", ())),
        "ts": newest,
        "nonsense": bad + wrong,
    }


def entries(reports: "Any") -> "tuple[list[Report], int]":
    """A ring entry's reports -> ([(pc, report), ...] sorted by pc, each pc once; nonsense)."""
    if not isinstance(reports, (list, tuple)):
        return [], 0 if reports is None else 1
    found: "dict[str, Any]" = {}
    bad = 0
    for entry in reports:
        if (
            not isinstance(entry, (list, tuple))
            or len(entry) != 2
            or not isinstance(entry[0], str)
            or entry[1] is None
        ):
            bad += 1
        else:
            found[values.clean_text(entry[0], 64)] = entry[1]
    return [(name, found[name]) for name in sorted(found)], bad
