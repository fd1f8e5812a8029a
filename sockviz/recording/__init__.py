"""Recordings: events as JSON lines in a file. Knows the events, not what they mean."""
