"""Takes comments, docstrings and deep indentation out of Python sources.

    python scripts/strip.py FOLDER FILE… > core.json      {"session.py": "…", …}

For MicroPython, which compiles the sources in the page: they shrink to half. It only cuts from the
text and never writes expressions anew (`ast.unparse` of a newer Python nests quotes in a way that
MicroPython cannot read).
"""

import io
import json
import pathlib
import sys
import tokenize
from tokenize import COMMENT, DEDENT, ENCODING, ENDMARKER, INDENT, NEWLINE, NL, STRING

# From Python 3.12 on an f-string is a row of tokens; inside it nothing may be cut.
F_START = getattr(tokenize, "FSTRING_START", -1)
F_END = getattr(tokenize, "FSTRING_END", -1)


def strip(source: str) -> str:
    """The same program in fewer bytes: no comment, docstring, blank line; one space per level."""
    lines = source.splitlines()
    indent: dict[int, int] = {}  # row → depth, for rows whose leading space is not text of a string
    cuts: list[tuple[tuple[int, int], tuple[int, int]]] = []
    statement: list[tokenize.TokenInfo] = []
    text: set[int] = set()  # rows whose end is text of a string
    depth = inside = opened = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind, (row, column) = token.type, token.start
        if kind in (INDENT, DEDENT):
            depth += 1 if kind == INDENT else -1
        elif kind == COMMENT:
            cuts.append((token.start, token.end))
        elif kind == NEWLINE:
            if all(t.type == STRING for t in statement):
                cuts.append((statement[0].start, statement[-1].end))
            statement = []
        elif kind not in (NL, ENCODING, ENDMARKER):
            if not inside and not lines[row - 1][:column].strip():
                indent[row] = 0 if statement else depth
            opened = opened if inside else row
            inside += (kind == F_START) - (kind == F_END)
            if not inside:
                text.update(range(opened, token.end[0]))
            statement.append(token)
    return shorten(lines, indent, cuts, text)


def shorten(
    lines: list[str],
    indent: dict[int, int],
    cuts: list[tuple[tuple[int, int], tuple[int, int]]],
    text: set[int],
) -> str:
    """Carry out the cuts, last first, so that the positions before them stay true."""
    docs: set[int] = set()
    for (row, column), (end_row, end_column) in reversed(cuts):
        is_doc = row in indent and lines[row - 1][column] != "#"
        tail = lines[end_row - 1][end_column:]
        # A body may consist of its docstring alone: a 0 keeps its place.
        lines[row - 1] = lines[row - 1][:column] + ("0" if is_doc else "") + tail
        docs.update(range(row + 1, end_row + 1))
    out = []
    for row, line in enumerate(lines, 1):
        if row in docs:
            continue
        kept = " " * indent[row] + line.lstrip() if row in indent else line
        if row not in text:
            kept = kept.rstrip()
        if kept or row in text:
            out.append(kept)
    return "\n".join(out) + "\n"


def main(folder: str, *names: str) -> None:
    sources = {name: strip((pathlib.Path(folder) / name).read_text("utf-8")) for name in names}
    json.dump(sources, sys.stdout, sort_keys=True, separators=(",", ":"))


if __name__ == "__main__":
    main(*sys.argv[1:])
