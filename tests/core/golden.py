"""The golden cases: ticks in, crc32 of every row, state and checkpoint out.

Runs unchanged on CPython, Pyodide and MicroPython, so portable subset only: no pytest, no random.
"""

import json
from array import array

import troubles
from callvitals import fields, report, sender, session, wire
from madeup import generated


def pack(reports, strings):
    """Reference packer: plain reports -> array of doubles, as the page's packer makes them.

    strings: the session's table, appended to.
    """
    index = {strings[i]: i for i in range(len(strings))}
    out = array("d")
    for pc, items in reports:
        out.append(0.0)
        _put_text(out, pc, strings, index)
        for item in items:
            if item.get("type") in fields.ORDER:
                _pack_item(out, item, strings, index)
    return out


def _pack_item(out, item, strings, index):
    out.append(float(fields.ORDER.index(item["type"])))
    for name, kind, _scale, _unit in fields.FIELDS[item["type"]]:
        value = item.get(name)
        if "." in name:
            outer, inner = name.split(".")
            holder = item.get(outer)
            value = holder.get(inner) if isinstance(holder, dict) else None
        if kind == fields.TEXT_KIND:
            if isinstance(value, str):
                _put_text(out, value, strings, index)
            else:
                out.append(float("nan"))
        elif kind == fields.BOOL_KIND:
            out.append(1.0 if value is True else 0.0 if value is False else float("nan"))
        elif value is None or value is True or value is False:
            out.append(float("nan"))
        else:
            out.append(float(value))


def _put_text(out, value, strings, index):
    if value not in index:
        index[value] = len(strings)
        strings.append(value)
    out.append(float(index[value]))


# ---------------------------------------------------------------------------------------------
# running


def _hello(conn, through, now):
    config = {"messageSeconds": 10, "sampleSeconds": 0}
    hello = {"conn": conn, "through": through, "now": now + 7, "config": config}
    hello["sessionToken"] = "golden"
    return hello


def messages(link, row, state, now, waiting):
    """Text of all that leaves at this tick; a service that stores at once, asks for the full
    state now and then, is watched for a while, and is lost every two minutes.

    waiting: what the page would put into its next tick (watch, config), appended to.
    """
    tick = row["tick"]
    if tick % 120 == 0:
        link.link("disconnect", {}, now)
        link.link("hello", _hello(65536 + tick, link.through, now), now)
    elif tick % 37 == 0:
        link.link("resync", {"conn": link.conn}, now)
    if tick % 50 in (10, 22):  # for long enough to come to a checkpoint
        link.link("watch", {"on": tick % 50 == 10}, now)
    link.push(row, state)
    out = []
    for action in link.poll(now):
        if action["do"] == "enter":
            waiting.append(action["event"])
        if action["do"] == "send":
            out.append(wire.text(action["data"]))
            if "log" in action["data"]:
                stored = {"conn": link.conn, "through": action["data"]["log"]["to"]}
                link.link("stored", stored, now)
    link.drain()
    return "".join(out)


def crc_of(entries, out, name, every=20):
    """out[name]: crc32 over all rows and messages and, every so many ticks, states and checkpoints.

    At each checkpoint the Session is thrown away and the restored one goes on. A generator: it
    rests there, because MicroPython collects its garbage only between calls from outside.
    """
    crc = 0
    one = session.Session()
    link = sender.Sender({"engine": "golden", "host": "test", "why": "equal everywhere"})
    waiting = []
    for entry in entries:
        if waiting:
            entry = dict(entry)
            entry["events"] = entry["events"] + waiting
            waiting = []
        row = one.feed(entry)
        text = wire.text(row) + messages(link, row, one.state(), entry["t"], waiting)
        if (entry["tick"] + 1) % every == 0:
            kept = one.checkpoint()
            one = session.restore(kept)
            text += kept + wire.text(one.state())
            yield
        crc = wire.crc(str(crc) + text)
    out[name] = wire.crc(str(crc) + wire.text(one.state()) + one.checkpoint())


def through_packing(entries):
    """The same entries with their reports packed and unpacked again."""
    strings = []
    for entry in entries:
        values = pack(entry["reports"], strings)
        entry = dict(entry)
        entry["reports"] = report.unpack(fields.SCHEMA, strings, values)
        yield entry


def write_packed(entries, path):
    """Keep entries (without events) packed: path has the doubles, path + ".json" the rest."""
    strings = []
    ticks = []
    with open(path, "wb") as file:
        for entry in entries:
            values = pack(entry["reports"], strings)
            ticks.append([entry["tick"], entry["t"], len(values)])
            file.write(bytes(values))
    with open(path + ".json", "w") as file:
        file.write(json.dumps({"strings": strings, "ticks": ticks}))


def packed_entries(path):
    """Ring entries of what write_packed wrote; every tick may use all strings."""
    with open(path + ".json") as file:
        head = json.loads(file.read())
    with open(path, "rb") as file:
        for tick, t, count in head["ticks"]:
            values = array("d", bytes(8 * count))
            file.readinto(values)
            reports = report.unpack(fields.SCHEMA, head["strings"], values)
            yield {"tick": tick, "t": t, "reports": reports, "events": []}


def capture_entries(path):
    """Ring entries of a capture as plain lines (as dump.entries, which no browser loads)."""
    current = None
    tick = 0
    with open(path) as file:
        for text in file:
            line = json.loads(text)
            if (
                current is not None
                and line["t"] - current["t"] <= 500
                and line["pc"] not in [one[0] for one in current["reports"]]
            ):
                current["reports"].append([line["pc"], line["stats"]])
                continue
            if current is not None:
                yield current
                tick += 1
            current = {"tick": tick, "t": line["t"], "events": []}
            current["reports"] = [[line["pc"], line["stats"]]]
    if current is not None:
        yield current


def name_of(path):
    return path.split("/")[-1].split(".")[0]


def work(out, plain, packed, ticks, seeds):
    """All cases into out, {name: crc}; a generator that rests now and then. plain: captures, not
    gzipped; packed: what write_packed wrote."""
    for seed in seeds:
        name = "generated " + str(seed)
        yield from crc_of(generated(seed, ticks), out, name + " plain")
        yield from crc_of(through_packing(generated(seed, ticks)), out, name + " packed")
    # Every issue opens and closes once; in the quick run every third one.
    every = 3 if ticks < 1000 else 1
    few = [troubles.TROUBLES[i] for i in range(0, len(troubles.TROUBLES), every)]
    name = "generated troubles"
    yield from crc_of(troubles.entries(5000, few), out, name + " plain", 7)
    yield from crc_of(through_packing(troubles.entries(5000, few)), out, name + " packed", 7)
    for path in plain:
        yield from crc_of(capture_entries(path), out, name_of(path) + " plain")
    for path in packed:
        yield from crc_of(packed_entries(path), out, name_of(path) + " packed")


def run(plain, packed, ticks, seeds):
    """The same without rest."""
    out = {}
    for _ in work(out, plain, packed, ticks, seeds):
        pass
    return out
