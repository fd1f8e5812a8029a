"""Listeners that are not ours, seen from outside: the kernel's table, its tracepoint, packets, owners.

Nothing of what is watched is changed, and nothing is slowed: all of it is read, rarely enough.
"""
