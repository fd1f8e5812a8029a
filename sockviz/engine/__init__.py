"""The engine's process: intents in, events out. Also what the lab and loopback share: sampling, tasks."""
