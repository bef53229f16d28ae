"""The laboratory for a test, or a loud word that there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .laboratory import Laboratory, Unable


@pytest.fixture
def laboratory() -> Iterator[Laboratory]:
    """A link between two namespaces. Where CI has root there has to be one: else the test fails."""
    try:
        # Pictures come in heaps: an account a second does not tell how many a row's second had.
        with Laboratory(seed=7, every=0.1) as lab:
            yield lab
    except Unable as error:
        if os.environ.get("CI") and os.geteuid() == 0:
            pytest.fail(f"CI has root, yet nothing is tried on a real link: {error}")
        # Skips are shown with their reasons (`-rs` in pyproject.toml).
        pytest.skip(f"NOT TRIED ON A REAL LINK: {error}")
