"""Made-up tallies of past days, put where the service keeps its own, so that trends have a past.

stdin: {"data": folder of the service, "days": n, "now": epoch ms}. The tables are history's.
"""

import json
import math
import random
import sqlite3
import sys

told = json.load(sys.stdin)
HOUR = 3_600_000
dice = random.Random(11)
BROWSERS = {"Chrome": 0.58, "Safari": 0.2, "Firefox": 0.12, "Edge": 0.08, "<img src=x>": 0.02}
NETWORKS = {"wifi": 0.6, "ethernet": 0.22, "cellular": 0.13, "": 0.05}
ENGINES = {"pyodide": 0.86, "micropython": 0.14}
WORSE = {"cellular": 3.2, "Safari": 1.6, "micropython": 1.5, "ethernet": 0.3, "<img src=x>": 2}
ISSUES = {"high-loss": 0.5, "bandwidth-limited": 0.35, "cpu-limited": 0.2, "frozen-video": 0.15}
NAMES = ("hour", "by", "value", "n", "good", "fair", "poor", "joined", "failed", "count")

rows = []


def tally(hour: int, by: str, value: str, minutes: float, poor: float, joined: int) -> None:
    ms = int(minutes * 60_000)
    bad, middling = int(ms * poor), int(ms * poor * 1.7)
    failed = sum(dice.random() < 0.015 for _ in range(joined))
    parts = (ms - bad - middling, middling, bad)
    rows.append((hour, by, value, ms, *parts, joined, failed, 0))


last = told["now"] // HOUR * HOUR
for back in range(told["days"] * 24):
    hour = last - back * HOUR
    day = back / 24
    work = max(0.06, math.sin((hour // HOUR % 24) / 24 * math.pi) ** 3)
    minutes = (
        900 * work * dice.uniform(0.8, 1.2) * (0.35 if hour // (24 * HOUR) % 7 in (2, 3) else 1)
    )
    poor = 0.02 + 0.012 * math.sin(day / 5) + (0.09 if 9 <= day < 11 else 0) + dice.uniform(0, 0.01)
    tally(hour, "all", "", minutes, poor, int(minutes / 24))
    for by, values in (("browser", BROWSERS), ("network", NETWORKS), ("engine", ENGINES)):
        for value, part in values.items():
            tally(
                hour,
                by,
                value,
                minutes * part,
                poor * WORSE.get(value, 0.8),
                int(minutes * part / 24),
            )
    for name, part in ISSUES.items():
        n = int(minutes * poor * part / 1.5)
        if n:
            rows.append((hour, "issue", name, n * 90_000, 0, 0, 0, 0, 0, n))
    given = {star: dice.choice((0, 0, star // 2)) for star in range(1, 6)}
    rows += [(hour, "stars", str(star), 0, 0, 0, 0, 0, 0, n) for star, n in given.items()]
with sqlite3.connect(told["data"] + "/callvitals.db", timeout=20) as db:
    marks = ", ".join("?" * len(NAMES))
    names = ", ".join(f'"{name}"' for name in NAMES)
    db.executemany(f"INSERT OR REPLACE INTO tally ({names}) VALUES ({marks})", rows)
