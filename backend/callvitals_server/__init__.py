"""The callvitals service: ingest, live state, history, REST and dashboard."""
