"""The callvitals service: ingest, live state, history, REST and dashboard."""

from callvitals import __version__

__all__ = ["__version__"]
