"""Print the benchmarks that are named, or all: core, peers, wire, config, service, recordings,
storage, sizing, http, jobs, alerts, dashboard, sizes, boot.

Medians of several runs with the spread (lowest to highest). A machine that is busy shows in the
spread, and in the reference too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console

from . import (
    alerts,
    browsers,
    config,
    core,
    http,
    jobs,
    peers,
    recordings,
    service,
    sizing,
    storage,
    together,
    wire,
)
from .report import Figure, table

GROUPS: dict[str, tuple[str, Callable[[], list[Figure]]]] = {
    "core": ("The core, per tick of a call with sound and pictures", core.figures),
    "peers": ("A stream's sample, beside what others take for it", peers.figures),
    "wire": ("What a clean call sends", wire.figures),
    "config": ("What a config costs a participant, beside what is told", config.figures),
    "service": ("The service, on one core", service.figures),
    "recordings": ("A recording of an hour, analysed", recordings.figures),
    "together": ("One or all: a beat in which every meeting has changed", together.figures),
    "storage": ("What history costs and gives, beside wide rows", storage.figures),
    "sizing": ("What `callvitals sizing` reckons with, measured anew", sizing.figures),
    "http": ("What a middleware adds to a request, in process", http.figures),
    "alerts": ("A look of the alerts' rules, of which there is one in 5 s", alerts.figures),
    "jobs": ("Batches of requests as jobs, beside counting them at once", jobs.figures),
    "dashboard": (
        "The dashboard in Chromium, beside an empty page and a naive list",
        browsers.screens,
    ),
    "sizes": ("What a page downloads (brotli 11, as a release serves it)", browsers.sizes),
    "boot": ("From boot to ready in Chromium, files from loopback", browsers.boots),
}


def main() -> int:
    """0; 2 for a name that is none."""
    # Into a file or a pipe: wide enough for every name.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    chosen = sys.argv[1:] or list(GROUPS)
    unknown = [name for name in chosen if name not in GROUPS]
    if unknown:
        console.print(f"Error: no benchmark {unknown[0]}. Try one of: {', '.join(GROUPS)}")
        return 2
    for name in chosen:
        title, run = GROUPS[name]
        with console.status(f"{title} …"):
            figures = run()
        console.print(table(title, figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
