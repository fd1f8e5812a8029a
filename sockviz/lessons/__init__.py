"""Lessons: their format, what they may say and do, the runner that plays them. No screen, no engine."""
