"""Files that a run is in: recordings (events as JSON lines) and captures (pcap, pcapng), as events."""
