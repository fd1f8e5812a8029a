"""See TCP connections being made by the real kernel. Nothing is simulated."""

__version__ = "0.1.0"
