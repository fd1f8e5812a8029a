"""Everything the operator can do, as data: see `sockviz.tui.actions.registry`. Imports no textual."""
