"""A run as a view sees it: log, playhead, link to the engine. Imports no screen and no source."""
