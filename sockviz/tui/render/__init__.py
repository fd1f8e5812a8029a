"""Pure geometry: a `StageView` in, strips for the line API out. No widget, no app, no clock, no I/O."""
