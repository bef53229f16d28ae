"""docs/issues.md, out of the rules' table, their thresholds and scripts/issue_notes.py.

python scripts/gen-issues.py > docs/issues.md
"""

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "worker"), str(ROOT / "scripts")]

from callvitals import issue, rules_network, sample, sentence  # noqa: E402
from callvitals.advice import ADVICE  # noqa: E402
from issue_notes import NOTES, PARITY  # noqa: E402

HEAD = """# Issues

<!-- Made by `python scripts/gen-issues.py > docs/issues.md`. -->

An issue is a named problem with severity, evidence, and one sentence that says it. It opens when
its opening threshold is reached and closes below a lower one, judged over time and never by the
number of samples, so that it is the same at every polling period; `since` and `until` are when the
harm really began and ended, not when it was noticed. What closes tells of the worst. At most
{most} are open at a time; of the others the state counts the most there were (`issuesBeyond`).

- **Roots.** While a root cause is there its symptoms are not told: during an `outage` nobody needs
  to hear of frozen video. A symptom that was told already closes with `because`, its root's name.
- **Whose.** Where the app labels tracks (`label(track, {{participant}})`), `evidence.participant`
  names who the harm comes from: only when all harmed streams are theirs and another labelled
  participant's stream of that kind plays unharmed.
- **No issue** is raised for who is muted, on hold, silent (DTX) or has left, for shared screens
  that stand still, simulcast layers that are not used, removed tracks, and hidden pages whose
  timers are slow. Recorded calls hold it (`tests/core`).
- **Reach.** Rules about single streams look at those remembered in full, the first {full} of a
  session; what concerns connections and everything knows no such bound.
- **Evidence** is in base units outside (s, 0 to 1), names that end in `Ms` in ms.

| issue | is | severity | opens | closes | from |
|---|---|---|---|---|---|
"""

DETAILS = """
## What is said, and what helps

{{…}} stands for evidence; the first sentence while it lasts, the second when it is over.

"""

OTHERS = """
## Beside other products

ObserveRTC's client issues and Twilio's warnings, and what we have for them.

| theirs | ours | |
|---|---|---|
"""

LIMITS = """
## What cannot be known

- An outage of sound alone is found by its feedback: browsers answer what is sent within a quarter
  of a second, and in an outage that stops at once ({still} s are waited for). Where the far end has
  no such feedback, or nothing is sent, only an unanswered connectivity check tells an outage from a
  far end that fell silent: these are 2.5 s apart, so that it may take 4.5 s.
- The end of an outage is known to the sample in which something comes again.
- Browsers tell of a freeze when it is over, and call it one, too, when the far end paused: a pause
  of less than {hush} s counts as a freeze.
- `bandwidth-limited`, `cpu-limited`, `encoder-bottleneck` and feedback by packets are told by
  Chromium alone; `silent-audio-source` and `capture-track-ended` need the page (not a dump).
"""


def written(module: Any) -> Callable[[re.Match[str]], str]:
    """Fills in a constant of the module in the unit asked for."""

    def fill(found: re.Match[str]) -> str:
        number = getattr(module, found[1])
        unit = found[2]
        if unit == "%":
            return f"{number / 100:g} %"
        if unit == "/10":
            return f"{number / 10:g}"
        if unit == "ms":
            return f"{number / 1000:g} s"
        return f"{number / 1000:g}" if unit == "us" else str(number)

    return fill


def filled(text: str, module: Any) -> str:
    """The note with its thresholds."""
    return re.sub(r"\{([A-Z][A-Z_]*?)(%|/10|ms|us)?\}", written(module), text)


def severity(rule: Any) -> str:
    """What the rule's source says: the words "major" and "minor" in it and in what it calls."""
    found = {word for word in ("minor", "major") if f'"{word}"' in inspect.getsource(rule)}
    for helper in re.findall(r"\b(_\w+)\(", inspect.getsource(rule)):
        inner = getattr(inspect.getmodule(rule), helper, None)
        if inner is not None:
            source = inspect.getsource(inner)
            found |= {word for word in ("minor", "major") if f'"{word}"' in source}
    return ", ".join(sorted(found, reverse=True))


def first_sentence(rule: Any) -> str:
    text = " ".join((inspect.getdoc(rule) or "").split())
    return re.split(r"(?<=[a-z)0-9])\. ", text)[0].rstrip(".") + "."


def details(name: str, roots: tuple[str, ...]) -> str:
    out = [f"### {name}\n"]
    for key, (now, then) in sentence.SAID.items():
        if key.split(":")[0] == name:
            cause = f"`{key.split(':')[1]}`: " if ":" in key else ""
            out.append(
                f"- {cause}{now} / {then}".replace("{from}", " {from …}").replace("  {", " {")
            )
    out.append(f"\nTell the participant: {ADVICE[name]}")
    if roots:
        out.append("\nNot told during: " + ", ".join(f"`{root}`" for root in roots) + ".")
    return "\n".join(out) + "\n"


def main() -> str:
    from callvitals import measure

    text = HEAD.format(most=issue.MAX_OPEN, full=measure.MAX_FULL)
    for name, rule, wait, _worse, _roots in issue.RULES:
        opens, closes, source = NOTES[name]
        closes += f", for {wait / 1000:g} s" if wait else ""
        module = inspect.getmodule(rule)
        cells = [
            f"[`{name}`](#{name})",
            first_sentence(rule),
            severity(rule),
            filled(opens, module),
            filled(closes, module),
            source,
        ]
        text += "| " + " | ".join(cells) + " |\n"
    text += OTHERS
    for theirs, ours, note in PARITY:
        text += f"| {theirs} | {f'`{ours}`' if ours else '-'} | {note} |\n"
    text += DETAILS.replace("{{", "{").replace("}}", "}")
    text += "\n".join(details(rule[0], rule[4]) for rule in issue.RULES)
    return text + LIMITS.format(still=rules_network.STILL_MS / 1000, hush=sample.HUSH_US / 1000000)


if __name__ == "__main__":
    print(main(), end="")
