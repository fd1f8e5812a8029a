"""The sentences about drops: the cause with its figures, and what to do about it."""

from typing import Final

from sockviz.world.watch import figures
from sockviz.world.watch.model import Finding, Watch, WatchedListener

ACCEPT_QUEUE: Final = "accept-queue-full"
SYN_QUEUE: Final = "syn-queue-full"
COOKIES: Final = "syn-cookies"
OTHER_DROP: Final = "listen-drop"

NAMESPACE: Final[dict[str, tuple[str, str]]] = {
    "SyncookiesFailed": (
        "{n} ACKs claimed to answer a SYN cookie that this kernel had not sent (or not lately).",
        "A scan, or clients that answer very late: nothing to do unless it goes on.",
    ),
    "TCPBacklogDrop": (
        "{n} segments were dropped because a socket's backlog was full while its program was inside a call.",
        "The program reads too slowly for what comes in: give it more processor time, or a larger SO_RCVBUF.",
    ),
    "TCPRcvQDrop": (
        "{n} segments were dropped because a socket's receive buffer was full.",
        "The program reads too slowly; have it read more often, or raise net.ipv4.tcp_rmem.",
    ),
    "TCPZeroWindowDrop": (
        "{n} segments were dropped because they came although the receiver's window was closed.",
        "The program does not read: see which connection's Recv-Q is full.",
    ),
    "TCPAbortOnMemory": (
        "{n} connections were aborted because TCP's memory, or the number of orphaned sockets, is exhausted.",
        "Look at net.ipv4.tcp_mem and net.ipv4.tcp_max_orphans, and at who leaves sockets behind (ss -s).",
    ),
    "TCPAbortOnTimeout": (
        "{n} connections were aborted because the peer did not answer any more.",
        "The peer or the way to it is gone; see the connections that are being retransmitted.",
    ),
    "TCPTimeWaitOverflow": (
        "{n} connections skipped TIME_WAIT because there are too many.",
        "Raise net.ipv4.tcp_max_tw_buckets, or have the clients close first.",
    ),
    "TCPDeferAcceptDrop": (
        "{n} final ACKs were ignored, as TCP_DEFER_ACCEPT asks: the connection waits for data.",
        "This is what the program asked for; clients that send nothing are not seen by it.",
    ),
    "EmbryonicRsts": (
        "{n} connections were reset before their handshake was complete.",
        "Clients gave up, or a scan; with net.ipv4.tcp_abort_on_overflow=1 also a full accept queue.",
    ),
    "PAWSEstab": (
        "{n} segments were dropped because their timestamp was older than one seen before.",
        "Segments were overtaken by later ones, or clients behind one NAT share an address.",
    ),
    "TCPRetransFail": (
        "{n} retransmissions could not be sent.",
        "The device or its queue refused them: look at `ip -s link` and `tc -s qdisc`.",
    ),
    "InCsumErrors": (
        "{n} segments with a wrong checksum were dropped.",
        "Something on the way damages packets: the network card, its offloads, or a tunnel.",
    ),
}
"""What the kernel counts for the whole network namespace only: the cause, and what to do."""


def sentences(watch: Watch, finding: Finding) -> tuple[str, str]:
    """The cause with its figures, and the advice."""
    if finding.kind in NAMESPACE:
        cause, advice = NAMESPACE[finding.kind]
        return f"{cause.format(n=finding.count)} {_WHOSE}", advice
    listener = watch.listeners.get(finding.listener) if finding.listener is not None else None
    match finding.kind:
        case "accept-queue-full":
            cause, advice = _accept_queue(watch, finding, listener)
        case "syn-queue-full":
            cause, advice = _syn_queue(watch, finding, listener)
        case "syn-cookies":
            cause, advice = _cookies(finding, listener)
        case _:
            cause = (
                f"{_times(finding.count, 'connection attempt')} dropped, and not because a queue was full: "
                "no memory, no route back, or a filter."
            )
            advice = "Look at dmesg, `nstat -az` and the firewall's rules."
    if not finding.certain:
        cause += _doubt(watch, listener)
    return cause, advice


_WHOSE: Final = "The kernel counts this for the whole network namespace, not for one listener."


def _doubt(watch: Watch, listener: WatchedListener | None) -> str:
    """Why it may be somebody else's."""
    if listener is not None:
        return f" {listener.local} is the likely one; the counters are those of all listeners together."
    if len(watch.listeners) > 1:
        return " Which of the listeners it was is not told: the counters are those of all of them together."
    return ""


def _accept_queue(watch: Watch, finding: Finding, listener: WatchedListener | None) -> tuple[str, str]:
    ignored = f"{_times(finding.count, 'SYN or final ACK', 'SYNs or final ACKs')} ignored"
    if listener is None:
        return f"An accept queue is full: {ignored}.", "Watch the listener whose depth exceeds its limit."
    cause = f"The accept queue is full ({figures.overfull(watch, listener)}): {ignored}"
    rate = figures.rate(watch, listener)
    if rate is None:
        choose = "" if listener.chosen else " Choose it to see how often accept() is called."
        return f"{cause}.", f"{_where_from(watch, listener)}{choose}{_then(watch)}"
    cause += f". The program {_called(rate)} in the last {rate.seconds} s."
    return cause, f"{_faster(rate)}{_where_from(watch, listener)}{_then(watch)}"


def _faster(rate: figures.Rate) -> str:
    if not rate.perhaps:
        return "The program does not call accept(): see what it is busy with, or blocked in. "
    if rate.ignored > rate.perhaps:
        return (
            "A longer queue helps with bursts only: have the program call accept() more often "
            "(more threads or processes, less work between two calls). "
        )
    return ""


def _where_from(watch: Watch, listener: WatchedListener) -> str:
    """What sets the limit. The backlog that listen() was called with is known to the program only."""
    most = figures.setting(watch, figures.SOMAXCONN)
    limit = max((one.limit for one in listener.sockets.values()), default=listener.limit)
    if most is None or not figures.is_number(most):
        return f"The limit {limit} is listen()'s backlog, clamped by {figures.SOMAXCONN}: raise them."
    if limit >= int(most):
        return (
            f"The limit {limit} is {figures.SOMAXCONN}, which clamps the backlog that the program gave "
            f"listen(): for a longer queue raise it (sysctl -w {figures.SOMAXCONN}=N), then restart it."
        )
    return (
        f"The limit {limit} is the backlog that the program passed to listen(): for a longer queue raise it "
        f"there ({figures.SOMAXCONN} allows {most})."
    )


def _then(watch: Watch) -> str:
    """What becomes of the clients."""
    if figures.setting(watch, "net.ipv4.tcp_abort_on_overflow") == "1":
        return " Clients whose final ACK is ignored are reset (net.ipv4.tcp_abort_on_overflow=1)."
    return " Clients are not refused: they try again after 1 s, 2 s, 3 s …"


def _syn_queue(watch: Watch, finding: Finding, listener: WatchedListener | None) -> tuple[str, str]:
    cause = f"The SYN queue is full, and there are no SYN cookies: {_times(finding.count, 'SYN')} ignored."
    if listener is not None:
        cause = (
            f"The SYN queue is full ({listener.half_open} half-open, backlog {listener.limit}), and there "
            f"are no SYN cookies: {_times(finding.count, 'SYN')} ignored."
        )
    most = figures.setting(watch, "net.ipv4.tcp_max_syn_backlog")
    bound = f" and net.ipv4.tcp_max_syn_backlog (now {most})" if most else ""
    return cause, (
        "Turn SYN cookies on (sysctl -w net.ipv4.tcp_syncookies=1), or raise the backlog"
        f"{bound}. If the peers never answer, it is a flood, or they can't be reached."
    )


def _cookies(finding: Finding, listener: WatchedListener | None) -> tuple[str, str]:
    where = "" if listener is None else f" ({listener.half_open} half-open, backlog {listener.limit})"
    cause = (
        f"The SYN queue is full{where}: {_times(finding.count, 'SYN')} answered with SYN cookies. "
        "Nothing is lost by that, but options (window scale, SACK) may be, and nothing is kept of these SYNs."
    )
    return cause, (
        "A burst, or a flood. If the peers are real, raise the backlog, and have accept() called more often: "
        "while the accept queue is full, half-open connections can't leave the SYN queue."
    )


def _called(rate: figures.Rate) -> str:
    often = {1: "once", 2: "twice"}.get(rate.accepted, f"{rate.accepted} times")
    if rate.perhaps > rate.accepted:
        return f"called accept() {rate.accepted} to {rate.perhaps} times"
    return f"called accept() {often}" if rate.accepted else "did not call accept()"


def _times(count: int, one: str, many: str = "") -> str:
    return f"1 {one} was" if count == 1 else f"{count} {many or one + 's'} were"
