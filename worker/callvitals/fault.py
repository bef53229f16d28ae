"""Whose fault: the sender's, the receiver's, the path's, or unknown; and the sentence that says so.

What is known: an issue whose harm comes from one sender's streams alone names that sender
(`evidence.participant`, by the app's labels); each participant's own issues; who is affected.
Where that does not decide it, the answer is "unknown", with the reason. Pure.
"""

from .kinds import DEVICE, OTHER, RECEIVED, SENT, SOURCE, about, explains, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .shapes import Person, Together

MAX_NAME = 40
NAMED = 3  # so many are told by name, more are counted


def judge(
    case: "dict[str, Any]", memory: "Together", people: "dict[str, Person]"
) -> "dict[str, Any]":
    """Whose fault a meeting's issue is: {"side": "sender" | "receiver" | "path" | "unknown",
    "participant"?, "confidence": "high" | "medium" | "low", "because": sentence}.

    case: {"kind", "type", "scope", "who": [participantId, ...], "present": n}; memory: who has
    which kind; people: all present. "receiver" is who has the issue, where it is about what they
    receive, their device or their connection.
    """
    what = about(case["kind"])
    if what == RECEIVED:
        found = _by_name(case, memory, people)
        if found is None:
            found = _only_source(case, memory, people)
        if found is not None:
            return found
    if case["scope"] == "everyone":
        return _common(case, people, what)
    if case["scope"] == "several":
        if what in (SOURCE, DEVICE):
            side = "sender" if what == SOURCE else "receiver"
            return _said(side, "", "medium", "The trouble is on each one's own device.")
        if case["present"] < 3:
            return _unknown(TOO_FEW)
        return _unknown("no single sender and no common moment explains it.")
    if what == RECEIVED:
        return _receiver(case, memory, people)
    return _alone(case, people, what)


def _said(side: "str", pid: "str", confidence: "str", because: "str") -> "dict[str, Any]":
    out = {"side": side, "confidence": confidence, "because": because}
    if pid:
        out["participant"] = pid
    return out


def _unknown(why: "str") -> "dict[str, Any]":
    return _said("unknown", "", "low", "Whose fault it is cannot be told: " + why)


def _sender(pid: "str", confidence: "str", why: "str", name: "str") -> "dict[str, Any]":
    because = "The trouble is on " + _of(name) + " side: " + why + "."
    return _said("sender", pid, confidence, because)


# -- the rules ----------------------------------------------------------------------------------


def _by_name(
    case: "dict[str, Any]", memory: "Together", people: "dict[str, Person]"
) -> "dict[str, Any] | None":
    """Most receivers name the same sender, or one does and the sender is in trouble too."""
    who = case["who"]
    votes: "dict[str, int]" = {}
    for pid in who:
        named = memory[case["kind"]]["who"][pid]["blames"]
        if named and named != pid:
            votes[named] = votes.get(named, 0) + 1
    best = ""
    for named in sorted(votes):
        if not best or votes[named] > votes[best]:
            best = named
    if not best or 2 * votes[best] <= len(who):
        return None
    name = name_of(best, people)
    own = _own(case["kind"], best, memory, True)
    if votes[best] == 1 and not own:
        return None
    one = name_of(who[0], people) + " has" if votes[best] == 1 else _count(votes[best]) + " have"
    why = one + " it with " + _of(name) + " streams alone"
    if own:
        return _sender(best, "high", why + ", and " + name + " " + words(own, 1), name)
    return _sender(best, "high" if votes[best] > 2 else "medium", why, name)


def _only_source(
    case: "dict[str, Any]", memory: "Together", people: "dict[str, Person]"
) -> "dict[str, Any] | None":
    """Nobody need be named: all who have it receive the same one sender, who is in trouble."""
    source = ""
    for pid in case["who"]:
        senders = _senders(pid, people)
        if len(senders) != 1 or (source and senders[0] != source):
            return None
        source = senders[0]
    # Between two, what one sends badly and the other receives badly are the same packets.
    own = _own(case["kind"], source, memory, case["present"] > 2)
    if not own:
        return None
    name = name_of(source, people)
    why = "nobody else is received, and " + name + " " + words(own, 1)
    return _sender(source, "medium", why, name)


def _receiver(
    case: "dict[str, Any]", memory: "Together", people: "dict[str, Person]"
) -> "dict[str, Any]":
    """One receiver has it, and no sender is found guilty."""
    kind = case["kind"]
    me = case["who"][0]
    name = name_of(me, people)
    named = memory[kind]["who"][me]["blames"]
    senders = [named] if named else _senders(me, people)
    fine = ""  # somebody who receives the same and has no such trouble
    for pid in sorted(people):
        if pid not in memory[kind]["who"] and people[pid]["rated"] and not fine:
            shared = [one for one in senders if one != pid and one in people[pid]["senders"]]
            fine = pid if shared else ""
    if named:
        other = name_of(named, people)
        if fine:
            because = "The trouble is between " + other + " and " + name + ": "
            because += name + " has it with " + _of(other) + " streams alone, and "
            because += name_of(fine, people) + " receives " + other + " well."
            return _said("path", "", "medium", because)
        why = name + " has it with " + _of(other) + " streams alone, and nobody else who receives "
        return _unknown(why + other + " is known.")
    if len(senders) < 2:
        why = "only one sender is received."
        if not senders:
            why = "no label tells who sends what " + name + " receives."
        return _unknown(why)
    because = "The trouble is on " + _of(name) + " side: it is not one sender's streams alone"
    if fine:
        because += ", and " + name_of(fine, people) + " receives the same well"
    return _said("receiver", me, "high" if fine else "medium", because + ".")


def _alone(case: "dict[str, Any]", people: "dict[str, Person]", what: "str") -> "dict[str, Any]":
    """One participant has it, and it is not about what they receive."""
    me = case["who"][0]
    name = name_of(me, people)
    if what in (SOURCE, DEVICE):
        side = "sender" if what == SOURCE else "receiver"
        return _said(side, me, "high", "The trouble is on " + _of(name) + " own device.")
    if what == OTHER:
        return _unknown("this kind of issue does not tell.")
    if case["present"] < 3:
        return _unknown(TOO_FEW)
    side = "sender" if what == SENT else "receiver"
    because = "The trouble is on " + _of(name) + " own connection: nobody else has it."
    return _said(side, me, "medium", because)


def _common(case: "dict[str, Any]", people: "dict[str, Person]", what: "str") -> "dict[str, Any]":
    """Everyone has it at once, and no one sender explains it."""
    if what in (SOURCE, DEVICE, OTHER):
        return _unknown("look for what the devices or their page have in common.")
    if case["present"] == len(case["who"]):
        return _said("path", "", "high", COMMON_PATH)
    well = [pid for pid in sorted(people) if pid not in case["who"]]
    if what == RECEIVED and len(well) == 1:
        # The one who has no trouble may be the one who sends it, unless the labels tell otherwise.
        told = [pid for pid in case["who"] if len(_senders(pid, people)) > 1]
        if len(told) < len(case["who"]):
            why = "it may be the path, or what " + name_of(well[0], people) + " sends."
            return _unknown(why)
    return _said("path", "", "medium", COMMON_PATH)


COMMON_PATH = "The trouble is at the service or on the common path."
TOO_FEW = "between so few it may be either side or the path."


def _own(kind: "str", pid: "str", memory: "Together", network: "bool") -> "str":
    """The kind of a sender's own trouble that explains what its receivers suffer, or "".

    network: whether its trouble with what it sends counts, or only that of its device.
    """
    for own in sorted(memory):
        if pid in memory[own]["who"] and explains(own, kind, network):
            return own
    return ""


def _senders(pid: "str", people: "dict[str, Person]") -> "list[str]":
    """Whom a participant receives, of those present, by its labels."""
    return [one for one in sorted(people[pid]["senders"]) if one != pid and one in people]


# -- the words ----------------------------------------------------------------------------------


def sentence(
    case: "dict[str, Any]", own: "str", people: "dict[str, Person]", judged: "dict[str, Any]"
) -> "str":
    """A meeting's issue in one sentence, or two where one participant has it.

    own: what the (first) participant's own page says of it; case["blames"]: whom that names, or "".
    """
    who = case["who"]
    because = judged["because"] if judged["side"] != "unknown" else ""
    if case["blames"]:  # a page knows others by their ids only
        own = own.replace(" from " + case["blames"], " from " + name_of(case["blames"], people), 1)
    if case["scope"] == "one":
        name = name_of(who[0], people)
        said = name + (": " + own if own else " " + words(case["kind"], 1) + ".")
        if case["present"] > 1:
            said = "Only " + said
        plain = not because or about(case["kind"]) in (SOURCE, DEVICE)  # it goes without saying
        return said if plain else said + " " + because
    said = _subject(who, case["present"], people) + " " + words(case["kind"], len(who))
    if because and ":" not in because:
        return said + ": " + because[:1].lower() + because[1:]
    return said + ". " + because if because else said + "."


def _subject(who: "list[str]", present: "int", people: "dict[str, Person]") -> "str":
    count = len(who)
    if count == present:
        return "Both participants" if count == 2 else "All " + str(count) + " participants"
    if count > NAMED:
        return str(count) + " of " + str(present) + " participants"
    names = [name_of(pid, people) for pid in who]
    return ", ".join(names[:-1]) + " and " + names[-1]


def _count(receivers: "int") -> "str":
    return str(receivers) + " receivers"


def name_of(pid: "str", people: "dict[str, Person]") -> "str":
    """What a participant is called, in one short line."""
    name = people[pid]["name"] if pid in people and people[pid]["name"] else pid
    name = " ".join(name.split())
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "\u2026"


def _of(name: "str") -> "str":
    return name + "'s"
