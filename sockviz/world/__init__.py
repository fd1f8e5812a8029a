"""The world: what is true at one moment, a fold of the events up to it. Pure: no I/O, no clock."""
