"""The lab's two hosts as network namespaces, each with one end of a veth pair whose other end is the wire's.

Everything is set by netlink, ioctl and proc; no `ip` command. A process of its own builds it, which goes from
namespace to namespace, while the engine imports what it needs.

No frame but what programs send has a reason to exist on these links: neighbours are permanent (no ARP, no
neighbour discovery), addresses are not probed (no DAD), there is no link-local address and no router
solicitation. What the kernel sends all the same (multicast reports) the wire ignores.
"""

import ctypes
import errno
import fcntl
import json
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sockviz.errors import UserError, exhausted
from sockviz.lab import kernel
from sockviz.lab.rtnetlink import Rtnetlink
from sockviz.process import die_with_parent, is_stopped, set_thread_name
from sockviz.sources import sysctls

_PATIENCE = 10.0
"""Seconds; it takes a fraction of one."""
_BETWEEN_LOOKS = 0.5
"""Seconds: whether somebody stopped it."""

MTU = 1500
"""Bytes of an IP packet; a frame has 14 more."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a host is on the link."""

    host: str
    ipv4: str
    ipv6: str
    mac: str

    @property
    def end(self) -> str:
        """The name of the wire's end on this host's side, in the engine's network namespace."""
        return f"wire-{self.host}"

    @property
    def interface(self) -> str:
        """The name of the host's only interface but `lo`."""
        return "eth0"


SERVER = Address("server", "10.0.0.1", "fd00::1", "02:00:00:00:00:01")
CLIENT = Address("client", "10.0.0.2", "fd00::2", "02:00:00:00:00:02")
HOSTS = (CLIENT, SERVER)
NOBODY = Address("nobody", "10.0.0.66", "fd00::66", "02:00:00:00:00:66")
"""Addresses of the subnet that no host has: what is sent there goes to the wire, and no further."""

_SMALL_TABLE = {"net.ipv4.tcp_child_ehash_entries": "1024"}
"""Linux ≥ 6.1: namespaces made from here get a small hash table of their own; it reads in 0.07 ms."""

PATIENCE = {
    "net.ipv4.tcp_syn_retries": "60",
    "net.ipv4.tcp_synack_retries": "60",
    "net.ipv4.tcp_retries2": "60",
    "net.ipv4.tcp_orphan_retries": "60",
    "net.ipv4.tcp_fin_timeout": "7200",
    "net.ipv4.tcp_no_metrics_save": "1",
}
"""What lets a held segment stand for well over an hour: the kernel goes on resending (at most every 2
minutes, TCP_RTO_MAX) instead of giving up. Not more than 60 times: the time-out of a SYN-ACK is shifted left,
in 64 bits, as often as it was resent (tcp_reqsk_timeout). Without saved metrics a connection that was held
doesn't teach the next one a round trip of minutes."""

_AS_USUAL = ("net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_max_tw_buckets")
"""What the kernel derives from the size of the hash table, and so would make unusually small here."""

_QUIET_IPV6 = {
    "accept_dad": "0",
    "accept_ra": "0",
    "addr_gen_mode": "1",
    "autoconf": "0",
    "disable_ipv6": "0",
    "dad_transmits": "0",
    "router_solicitations": "0",
}

_SIOCETHTOOL = 0x8946
_OFFLOADS = (0x17, 0x19, 0x1F, 0x24, 0x2C)
"""ETHTOOL_STXCSUM, SSG, STSO, SGSO, SGRO (linux/ethtool.h)."""


@dataclass(frozen=True, slots=True)
class Network:
    """The finished network."""

    namespaces: Mapping[str, int]
    """Host → descriptor of its network namespace."""
    sysctls: Mapping[str, str]
    """As they are in both hosts."""
    ipv6: bool
    """Whether the kernel has IPv6."""

    def entrance(self, host: str) -> Callable[[], None]:
        """What a process forked from this one calls to be on `host`; it needs no descriptor of ours."""
        path = f"/proc/{os.getpid()}/fd/{self.namespaces[host]}"

        def join() -> None:
            namespace = os.open(path, os.O_RDONLY)
            kernel.setns(namespace, kernel.CLONE_NEWNET)
            os.close(namespace)

        return join

    @property
    def impatient(self) -> bool:
        """Whether the hosts give up a held segment after the usual number of retries: proc is read-only."""
        return any(self.sysctls.get(name) != value for name, value in PATIENCE.items())


class Building:
    """A network under construction in another process, started by making this object."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket = ours
        parent = os.getpid()
        self._child = os.fork()
        if self._child == 0:
            ours.close()
            code = 1
            try:
                die_with_parent(parent)
                set_thread_name("sockviz network")
                _build_and_send(theirs)
                code = 0
            finally:
                os._exit(code)
        theirs.close()

    def result(self) -> Network:
        """Wait for the network.

        Raises:
            UserError: (kind `no-lab`) the kernel refused a part of it.
        """
        message, descriptors = b"", list[int]()
        with self._socket:
            if self._answers():
                message, descriptors, _, _ = socket.recv_fds(self._socket, 1 << 16, len(HOSTS))
            else:
                os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        if not message:
            raise _broken("the process that builds it ended")
        report: dict[str, Any] = json.loads(message)
        if "error" in report:
            raise _reason(report["errno"], report["error"])
        namespaces = dict(zip((address.host for address in HOSTS), descriptors, strict=True))
        return Network(namespaces, report["sysctls"], report["ipv6"])

    def _answers(self) -> bool:
        """Wait for its message, or its end; not for one that somebody stopped."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and not is_stopped(self._child):
            if select.select([self._socket], [], [], _BETWEEN_LOOKS)[0]:
                return True
        return False


def _build_and_send(channel: socket.socket) -> None:
    """Build it in this process, and send one message with what the engine must know."""
    try:
        namespaces, settings = _build()
    except Exception as error:  # noqa: BLE001 - whatever it is, the engine is to say it
        number, text = getattr(error, "errno", None) or 0, getattr(error, "strerror", None) or str(error)
        channel.sendall(json.dumps({"error": text, "errno": number}).encode())
        return
    report = {"sysctls": settings, "ipv6": _has_ipv6()}
    socket.send_fds(channel, [json.dumps(report).encode()], namespaces)


def _build() -> tuple[list[int], dict[str, str]]:
    """Two namespaces with their links: their descriptors, in the order of HOSTS, and the sysctls."""
    home = _current_namespace()
    usual = sysctls.read(_AS_USUAL)
    _set_sysctls(_SMALL_TABLE)
    _set_ipv6_conf("default", {"disable_ipv6": "1"})
    namespaces = []
    for _ in HOSTS:
        kernel.unshare(kernel.CLONE_NEWNET)
        namespaces.append(_current_namespace())
        kernel.setns(home, kernel.CLONE_NEWNET)
    with Rtnetlink() as here:
        for address, namespace in zip(HOSTS, namespaces, strict=True):
            _add_pair(here, address, namespace)
    for address, namespace in zip(HOSTS, namespaces, strict=True):
        kernel.setns(namespace, kernel.CLONE_NEWNET)
        _set_sysctls(usual | PATIENCE)
        with Rtnetlink() as there:
            _configure_host(there, address, [peer for peer in (*HOSTS, NOBODY) if peer is not address])
    return namespaces, sysctls.read((*sysctls.EXPLAINING, *PATIENCE))


def _add_pair(netlink: Rtnetlink, address: Address, namespace: int) -> None:
    """A veth pair: one end here, up, without any address; the other in the host's namespace."""
    netlink.add_veth(address.end, MTU, peer=address.interface, peer_mac=address.mac, peer_namespace=namespace)
    _no_offloads(address.end)
    netlink.set_up(_index(address.end))


def _configure_host(netlink: Rtnetlink, address: Address, peers: Iterable[Address]) -> None:
    """Interface, addresses and neighbours of one host, inside its namespace."""
    for interface in ("all", "default", address.interface):
        _set_ipv6_conf(interface, _QUIET_IPV6)
    _no_offloads(address.interface)
    index = _index(address.interface)
    netlink.set_up(_index("lo"))
    netlink.set_up(index)
    netlink.add_address(index, address.ipv4, 24)
    if _has_ipv6():
        netlink.add_address(index, address.ipv6, 64)
    for peer in peers:
        for there in (peer.ipv4, peer.ipv6) if _has_ipv6() else (peer.ipv4,):
            netlink.add_neighbour(index, there, peer.mac)


def _no_offloads(interface: str) -> None:
    """Have checksums filled in and segments cut by the stack: what the wire reads is what it must deliver."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in _OFFLOADS:
            value = (ctypes.c_uint32 * 2)(command, 0)  # struct ethtool_value
            request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(value))  # struct ifreq
            fcntl.ioctl(any_socket, _SIOCETHTOOL, request)


def _index(interface: str) -> int:
    return socket.if_nametoindex(interface)


def _current_namespace() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _has_ipv6() -> bool:
    return Path("/proc/sys/net/ipv6").exists()


def _set_ipv6_conf(interface: str, settings: Mapping[str, str]) -> None:
    _set_sysctls({f"net.ipv6.conf.{interface}.{name}": value for name, value in settings.items()})


def _set_sysctls(settings: Mapping[str, str]) -> None:
    """Set what can be set: older kernels lack some, and in containers proc may be read-only."""
    for name, value in settings.items():
        try:
            sysctls.path(name).write_text(value, encoding="ascii")
        except OSError:
            continue


def _reason(number: int, text: str) -> UserError:
    """What a refusal of the kernel means to the user."""
    if shortage := exhausted(OSError(number, text)):
        return shortage
    if number == errno.EOPNOTSUPP:
        return UserError("the kernel has no veth interfaces", "load them with `sudo modprobe veth`", "no-lab")
    return _broken(text)


def _broken(text: str) -> UserError:
    return UserError(f"the lab's network could not be built: {text}", "use --source loopback", "no-lab")
