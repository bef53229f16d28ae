"""Shapes for the type checker only; never imported at run time."""

from typing import Any

# A stats object with integers in the scale of fields.py, or one of the joined streams.
Item = dict[str, Any]
# (pc, list of W3C stats objects)
Report = tuple[str, Any]
# Per type of a schema: (type, [(field, how to read it), ...])
Plan = list[tuple[str, list[tuple[str, int]]]]
# What report.read gives
View = dict[str, Any]
# A stream's sums: integers, None where the browser does not tell
Slots = list[Any]
# The Session's whole memory: text, integers, booleans, None, lists, objects
Memory = dict[str, Any]
# A row: {"tick", "t", "values", "events", "notable"}
Row = dict[str, Any]
# What a meeting's verdict looks at of one participant: together.person
Person = dict[str, Any]
# A meeting's memory: by kind of issue, who has it since when (together.step)
Together = dict[str, Any]
