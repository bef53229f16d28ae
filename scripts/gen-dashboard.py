"""What the dashboard takes from the core, as JSON: thresholds to draw, which way is bad, what to
tell participants.

python scripts/gen-dashboard.py
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "worker"), str(ROOT / "scripts")]

from callvitals import fields, rules_audio, rules_network, score  # noqa: E402
from callvitals.advice import ADVICE  # noqa: E402


def main() -> None:
    # Base units: s and 0 to 1. Where each issue opens (docs/issues.md).
    thresholds = {
        "good": score.GOOD / 100,
        "fair": score.FAIR / 100,
        "rtt": rules_network.RTT_OPEN / 10_000,
        "jitter": rules_network.JITTER_OPEN / 10_000,
        "loss": rules_network.LOSS_OPEN / 10_000,
        "concealed": rules_audio.CONCEALED_OPEN / 10_000,
        "jitterBuffer": rules_audio.TARGET_OPEN_US / 1_000_000,
    }
    low = [name for name in fields.HEADLINE if fields.SERIES[name][2] == "min"]
    print(json.dumps({"thresholds": thresholds, "lowIsBad": low, "tell": ADVICE}))


if __name__ == "__main__":
    main()
