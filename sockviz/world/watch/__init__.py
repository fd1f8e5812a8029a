"""What is known of listeners that run already: their queues, connections, waiting times and drops. Pure.

`Watch` (watch.model) is what the screen draws; `fold` (watch.fold) takes one event more into it, at the cost
of what the event says has changed. Nothing here is read, and no clock: time comes from the events.
"""
