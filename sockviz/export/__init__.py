"""A run as something to keep or to hand out: events in, text out."""
