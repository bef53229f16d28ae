"""callvitals: the vital signs of a WebRTC call, computed the same everywhere."""

__version__ = "0.1.0"
