"""The whole product over a bad link whose truth is known: what the dashboard is told is what was.

Two browsers in two network namespaces, the real service, the real script tag in both pages. Needs
root and /dev/net/tun. Where there is none this cannot be shown, and it says so.
"""

from __future__ import annotations

import statistics
import time
from itertools import pairwise
from typing import Any

import pytest

from .laboratory import Driver, Laboratory
from .truth import Truth

LOSS_S = 10.0  # how long the link loses packets
LOSS = 0.08
DELAY_MS = 50
SETTLED_MS = 6000  # round trips told from then on are all of the delayed link


@pytest.mark.root
def test_the_dashboard_is_told_what_the_wire_did(laboratory: Laboratory) -> None:
    """Loss per stream within one packet and the sampling second, round trip within 10 ms."""
    lab, notes = laboratory, []
    driver = Driver(lab, "live.mjs", {"addresses": lab.addresses})
    try:
        notes.append(driver.hear())
        assert notes[-1].get("note") == "carrying"
        lab.set(delay=DELAY_MS, loss=LOSS)
        begun = int(time.time() * 1000)
        # Time is the subject: so long the link is bad. Then it is healed, and the last of the
        # losses get counted; the delay stays, so that nothing is overtaken.
        time.sleep(LOSS_S)
        lab.set(loss=0)
        time.sleep(3)
        driver.order(do="end")
        told = driver.hear()["told"]
    finally:
        driver.close()
    lab.close()
    truth = Truth([*notes, *lab.truth])
    assert {end["engine"] for end in told} == {"pyodide", "micropython"}
    for end in told:
        assert [line for line in end["said"] if line["type"] == "uncaught"] == []
        _losses_equal(end, truth)
        later = [row for row in end["rows"] if row["t"] > begun + SETTLED_MS]
        rtts = [row["rtt"] for row in later if row.get("rtt") is not None]
        assert len(rtts) > 5
        assert abs(statistics.median(rtts) * 1000 - 2 * DELAY_MS) <= 10, end["participant"]
        opened = [one for one in end["events"] if one["type"] == "issue-open"]
        assert "high-loss" in {one["name"] for one in opened}, end["events"]
        assert "outage" not in {one["name"] for one in opened}


def _losses_equal(end: dict[str, Any], truth: Truth) -> None:
    """Per stream that comes in: its loss of every second, in packets, against the wire's."""
    rows = sorted(end["rows"], key=lambda row: row["tick"])
    found = 0
    for key, stream in end["state"]["streams"].items():
        if stream["direction"] != "inbound":
            continue
        ours = 0
        for before, row in pairwise(rows):
            assert row["tick"] == before["tick"] + 1, "no row is missing"
            # The share of a second, of the packets that the wire had in that second.
            sent = truth.sent(stream["ssrc"], row["t"]) - truth.sent(stream["ssrc"], before["t"])
            ours += round((row.get(f"loss.{key}") or 0) * sent)
        wire = truth.counted(stream["ssrc"], rows[-1]["t"])[1]["lost"]
        assert wire > 0
        assert abs(ours - wire) <= 1, f"{stream['kind']}: {ours}, the wire lost {wire}"
        found += 1
    assert found == 2, "sound and pictures"
