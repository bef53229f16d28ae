"""docs/api.md, out of the service's own OpenAPI document.

python scripts/gen-api.py > docs/api.md
"""

import json
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "backend"), str(ROOT / "worker")]

from callvitals_server.api import make_router  # noqa: E402  (they have to be found first)
from callvitals_server.openapi import mount_openapi  # noqa: E402
from callvitals_server.service import Service  # noqa: E402
from callvitals_server.settings import Settings  # noqa: E402
from fastapi import FastAPI  # noqa: E402

TAGS = ("meetings", "sessions", "hours and days", "export", "service")

HEAD = """# The REST API

<!-- Made by `python scripts/gen-api.py > docs/api.md`. -->

Everything that the service remembers of calls, as JSON. `/openapi.json` is the same as a document
for programs (OpenAPI 3.1, with examples); a test asks it at random and holds it to what it says.
The API beside the calls (`/api/endpoints`) has `docs/http.md`, recordings (`POST /api/analyze`)
have `docs/recordings.md`.

- **Units** are base units as JSON numbers: seconds, bit/s, 0 to 1, scores 1.0 to 5.0. Times are
  epoch ms of the service's clock. `null` where there is no value, and in gaps.
- **Names** are W3C's where it has one; `docs/metrics.md` lists the series, `docs/issues.md` the
  issues.
- **Errors** are problem details (RFC 9457), `application/problem+json`: `{"type": "about:blank",
  "title": "Not Found", "status": 404, "detail": "no such meeting"}`; 422 says which parameter and
  why, in `errors` all of them. 503: history cannot be read now.
- **Access**: with `CALLVITALS_TOKEN` set, show it as `Authorization: Bearer …`. `/healthz` and
  `/readyz` are open to all.
- **Pages**: `next` is the cursor of the next page, null on the last. A cursor names the last
  meeting seen, so nothing is shown twice or left out while meetings come and go. It is of one
  `sort`.

```sh
curl -s 'https://vitals.example.com/api/meetings?live=true&rating=poor'
curl -s 'https://vitals.example.com/api/summaries?verdict=poor&from=1795392000000&sort=score'
curl -s 'https://vitals.example.com/api/daily?by=all,browser,network,issue'
curl -s 'https://vitals.example.com/api/export?what=minutes&format=csv&meeting=standup' -o a.csv
```
"""

TAIL = """
## In a notebook

```python
import callvitals_server

ticks = callvitals_server.read("callvitals-data", meeting="standup", metrics=["rtt", "lossIn"])
ticks["rtt"].max()                      # numpy arrays by name
frame = ticks.pandas()                  # a DataFrame, times as timestamps in UTC
hours = callvitals_server.read("postgresql://me@db/vitals", "hourly", start="2026-11-01").pandas()
```

`read(source, what, meeting=, participant=, session=, started=, start=, end=, metrics=)` takes a
data folder, in use or not, a backup, or a PostgreSQL address, and only reads. `what` is as in
`/api/export`; `started` is of one of the times that a meeting of that name took place. It holds
all of it in memory at once: a session's day of ticks is 13 MB; for more, export Parquet.

## Files of an export

| | NDJSON | CSV (RFC 4180, UTF-8) | Parquet (`pip install 'callvitals[parquet]'`) |
|---|---|---|---|
| no value | `null` | empty cell | null |
| times | epoch ms | epoch ms | timestamps in UTC |
| `detail` of an event | an object | JSON text | JSON text |
| text that a spreadsheet would run (`=1+1`) | as it is | with `'` before it | as it is |

`ticks` have `tick`, `t` and a column per series. `minutes` and `hours` have per series the mean
over time, `…Min` and `…Max`, and `seconds` covered, `gapSeconds`, `goodSeconds`, `fairSeconds`,
`poorSeconds`; `t` is where the bucket begins. Streams' own series (`metrics=loss.s0`) are kept with
the ticks only. Rows come while they are read, some thousand at a time: the service's memory does
not grow with the range, and a slow reader slows nobody else.
"""


def main() -> None:
    """Print it."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Settings(data=Path(folder), _env_file=None), lambda: 0)
        app = FastAPI()
        app.include_router(make_router(service))
        mount_openapi(app)
        document = app.openapi()
        service.history.close()
    out, shown = [HEAD], set[str]()
    for tag in TAGS:
        out.append(f"\n## {tag[0].upper()}{tag[1:]}\n")
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if tag in operation.get("tags", ()):
                    out.append(route(method, path, operation, document, shown))
    print("".join([*out, TAIL]), end="")


def route(
    method: str, path: str, operation: dict[str, Any], document: dict[str, Any], shown: set[str]
) -> str:
    """One of them: what it tells, its parameters, its answer."""
    out = [f"\n### {method.upper()} {path}\n\n{fill(operation['description'])}\n"]
    asked = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    if asked:
        out.append("\n| parameter | | default |\n|---|---|---|\n")
        for one in asked:
            schema = one["schema"]
            default = schema.get("default")
            usual = "" if default in (None, "") else f"`{json.dumps(default)}`".replace('"', "")
            words = [kind(schema), flat(one.get("description", ""))]
            out.append(f"| `{one['name']}` | {'; '.join(w for w in words if w)} | {usual} |\n")
    answer = operation["responses"]["200"].get("content", {})
    for content in answer.values():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if name:
            told = document["components"]["schemas"][name].get("description", "")
            out.append(f"\n{fill(f'`{name}`: {told}')}\n")
            if name in shown:
                out[-1] = f"\n`{name}`, as above.\n"
            else:
                out.append(f"\n```json\n{pretty(content['example'])}\n```\n")
            shown.add(name)
    return "".join(out)


def kind(schema: dict[str, Any]) -> str:
    """A parameter's type, or the words that it takes."""
    for one in (schema, *schema.get("anyOf", ())):
        if "enum" in one:
            return ", ".join(f"`{word}`" for word in one["enum"])
    types = [one["type"] for one in (schema, *schema.get("anyOf", ())) if "type" in one]
    bounds = ""
    if "maximum" in schema and schema["maximum"] < 2**53:
        bounds = f" {schema['minimum']} to {schema['maximum']}"
    return next((word for word in types if word != "null"), "") + bounds


def pretty(value: Any, indent: int = 0) -> str:
    """JSON with what fits on a line on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= 96 or not isinstance(value, dict | list) or not value:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {pretty(one, indent + 2)}" for key, one in value.items()]
    else:
        parts = [pretty(one, indent + 2) for one in value]
    left, right = "{}" if isinstance(value, dict) else "[]"
    return f"{left}\n" + ",\n".join(pad + part for part in parts) + f"\n{' ' * indent}{right}"


def fill(text: str) -> str:
    """In lines of some length."""
    return textwrap.fill(flat(text), 100, break_long_words=False, break_on_hyphens=False)


def flat(text: str) -> str:
    """On one line."""
    return " ".join(text.split())


if __name__ == "__main__":
    main()
