"""Tests of the synthetic callers and the demo."""
