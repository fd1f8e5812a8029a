"""Which of the kernel's counters explain what is seen. Pure: names.

As in /proc/net/netstat and /proc/net/snmp; those of UDP have `Udp` before their names, as in `nstat`.
"""

from typing import Final

COUNTERS: Final = frozenset(
    {
        # Tcp
        "ActiveOpens",
        "PassiveOpens",
        "AttemptFails",
        "EstabResets",
        "RetransSegs",
        "OutRsts",
        "InErrs",
        "InCsumErrors",
        # TcpExt: the listener's queues
        "ListenOverflows",
        "ListenDrops",
        "TCPReqQFullDoCookies",
        "TCPReqQFullDrop",
        "SyncookiesSent",
        "SyncookiesRecv",
        "SyncookiesFailed",
        "TCPDeferAcceptDrop",
        # TcpExt: sent again
        "TCPSynRetrans",
        "TCPTimeouts",
        "TCPLossProbes",
        "TCPRetransFail",
        # TcpExt: ended otherwise than by FIN
        "EmbryonicRsts",
        "TCPAbortOnData",
        "TCPAbortOnClose",
        "TCPAbortOnTimeout",
        "TCPAbortOnLinger",
        "TCPAbortOnMemory",
        "TCPAbortFailed",
        # TcpExt: the rest of what explains a picture
        "TW",
        "TCPBacklogDrop",
        "TCPRcvQDrop",
        "TCPZeroWindowDrop",
        "TCPKeepAlive",
        "TCPChallengeACK",
        "TCPTimeWaitOverflow",
        "PAWSPassive",
        "PAWSActive",
        "PAWSEstab",
        # Udp
        "UdpNoPorts",
        "UdpRcvbufErrors",
    }
)
"""Those that only count traffic are left out."""
