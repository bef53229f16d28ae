"""docs/configuration.md, out of the settings themselves.

python scripts/gen-docs.py > docs/configuration.md
"""

import sys
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "backend"), str(ROOT / "worker")]

HEAD = """# Configuration

<!-- Made by `python scripts/gen-docs.py > docs/configuration.md`. -->

`callvitals serve` needs none of this. A flag wins over the environment, the environment over a
file `.env` in the working directory, that over the default. Lists are written with commas; 1 and 0
mean yes and no. A value that makes no sense is refused in one line, and the service warns of a
`CALLVITALS_…` in the environment that is no setting.

| environment | flag | default | what it is |
|---|---|---|---|
"""

TAIL = """
Where the service can be reached from other machines (`--host` is not loopback) and no token is set,
it makes one for the run, prints it and locks the dashboard. Programs show the token as
`Authorization: Bearer …`. Measured pages need none; `CALLVITALS_KEYS` (`data-key` on the tag) and
`CALLVITALS_ORIGINS` say who may send.

## What pages obey

`MESSAGE_SECONDS`, `SAMPLE_SECONDS`, `SHARE`, `ENGINE`, `OFF` reach pages when they connect, and
can be changed while the service runs, so that nobody redeploys a page: on the dashboard's
*Settings*, or

```sh
curl -X PUT https://vitals.example.com/api/config -H 'Content-Type: application/json' \\
  -d '{"messageSeconds": 30, "engine": "micropython"}'
```

Every connected page of every process is told at once (other processes look once a second), and
those that come later when they connect. What is null or left out goes back to what the service
was started with; a restart keeps what was changed. `GET /api/config` tells `config`, `defaults`,
what was `changed`, and what each value of each setting costs one participant a minute: bytes,
messages, processor time, download, memory, as measured by `python -m tests.bench config`; `GET
/api/config/cost?messageSeconds=5` tells it of any combination. With `If-Match` (the answer's
`ETag`) a change is refused with 412 where somebody else changed it meanwhile.

A page that is left out by a lower `share`, or runs an engine that was asked for, stays so until
it is loaded again; all else is taken back as it is given.
"""


def shown(value: Any) -> str:
    """A default as one would write it."""
    if isinstance(value, bool):
        return f"`{int(value)}`"
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"`{text}`" if text else "none"


def choices(annotation: Any) -> str:
    """` One of …` for a Literal."""
    words = [word for word in get_args(annotation) if isinstance(word, str)]
    return f" ({', '.join(f'`{word}`' for word in words)})" if words else ""


def limits(metadata: list[Any]) -> str:
    """` (1 to 300)` for a bounded number."""
    low = next((m.ge for m in metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in metadata if hasattr(m, "le")), None)
    if low is None:
        return ""
    return f" ({low} to {high})" if high is not None else f" (at least {low})"


def main() -> str:
    from callvitals_server.cli import serve
    from callvitals_server.settings import Settings

    flags = {p.name: max(p.opts, key=len) for p in serve.params if p.param_type_name == "option"}
    rows = []
    for name, field in Settings.model_fields.items():
        assert field.description, f"{name} has no description"
        flag = f"`{flags[name]}`" if name in flags else ""
        what = field.description + choices(field.annotation) + limits(field.metadata)
        rows.append(f"| `CALLVITALS_{name.upper()}` | {flag} | {shown(field.default)} | {what} |\n")
    return HEAD + "".join(rows) + TAIL


if __name__ == "__main__":
    sys.stdout.write(main())
