"""Captures made by others, pcap and pcapng: their packets, the connections in them, and these as events.

Files are data that anybody may have made: any bytes come out as packets, as one sentence on what is wrong
where, or as a `UserError`.
"""
