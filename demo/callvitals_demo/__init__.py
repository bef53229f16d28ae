"""Synthetic callers, scenarios and the demo meeting page."""
