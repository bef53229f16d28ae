"""Writes the page's packing table, generated from the core's one table of fields.

python scripts/gen-fields.py > sdk/src/generated/fields.ts
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "worker"))

from callvitals import fields, wire

HEAD = """\
// Generated from worker/callvitals/fields.py by scripts/gen-fields.py; not kept in git.

/** `[type, [field, …]]`, in the order of the packed rows. */
export const SCHEMA: [string, string[]][] = """


def main() -> None:
    def names(of: frozenset[str]) -> str:
        return f"new Set({json.dumps(sorted(of))})"

    print(HEAD + json.dumps(fields.schema()) + ";\n")
    print("/** Fields whose value is an index into the session's strings. */")
    print(f"export const TEXT: ReadonlySet<string> = {names(fields.TEXT)};\n")
    print("/** The wire's protocol number. */")
    print(f"export const PROTOCOL = {wire.PROTOCOL};\n")
    print("/** Fields that are 0 or 1. */")
    print(f"export const BOOL: ReadonlySet<string> = {names(fields.BOOL)};")


if __name__ == "__main__":
    main()
