"""Pure geometry: a `StageView` in, strips for Textual's line API out. No widget, no application, no clock, no I/O."""
