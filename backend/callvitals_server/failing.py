"""How a command ends that cannot go on."""

from __future__ import annotations

import sys
from typing import NoReturn


def fail(message: str, code: int = 1) -> NoReturn:
    """`Error: …` on stderr, and out."""
    print(f"Error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
