"""What is told when a kernel's setting changes: what the setting does (ip-sysctl in the kernel's documents).

Data only, as in `sockviz.world.texts`.
"""

from typing import Final

from sockviz.world.texts import Text

SYSCTL: Final = Text(1, "{name} of the {who}'s kernel is now {value}.{meaning}")

MEANINGS: Final = {
    "net.core.somaxconn": "It is the most that listen() can ask for.",
    "net.ipv4.tcp_abort_on_overflow": "1: RST for a final ACK that finds the accept queue full. 0: silence.",
    "net.ipv4.tcp_fin_timeout": "Seconds in FIN_WAIT2 without an owner. It is not TIME_WAIT's.",
    "net.ipv4.tcp_keepalive_time": "Seconds of silence before SO_KEEPALIVE asks the peer.",
    "net.ipv4.tcp_max_syn_backlog": "Without SYN cookies three quarters of it may be half-open.",
    "net.ipv4.tcp_syn_retries": "How often connect() repeats its SYN before it fails.",
    "net.ipv4.tcp_synack_retries": "How often a SYN-ACK is repeated before it is given up.",
    "net.ipv4.tcp_syncookies": "SYN queue full: 0 drops the SYN, 1 answers with a cookie.",
    "net.ipv4.tcp_timestamps": "1: segments carry times, which tell old ones from new ones.",
    "net.ipv4.tcp_tw_reuse": "1: connect() may take an address that is in TIME_WAIT.",
}
"""Setting → what its value means, in few words."""
