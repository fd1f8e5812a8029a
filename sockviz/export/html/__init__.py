"""The player: one page with the whole run in it, that needs no network and knows nothing of TCP."""
