"""Links, addresses and neighbours by rtnetlink (rtnetlink(7)): the four requests that the lab takes.

Owns one netlink socket, of the network namespace that it was made in. A library would take longer to import
than the whole network takes to build.
"""

import os
import socket
import struct
from typing import Final, Self

_RTM_NEWLINK: Final = 16
_RTM_NEWADDR: Final = 20
_RTM_NEWNEIGH: Final = 28

_NLM_F_REQUEST: Final = 0x1
_NLM_F_ACK: Final = 0x4
_NLM_F_EXCL: Final = 0x200
_NLM_F_CREATE: Final = 0x400
_NLMSG_ERROR: Final = 2
"""Also the acknowledgement: its error is 0 then."""
_ANSWER: Final = 1 << 13

# linux/if_link.h, linux/veth.h
_IFLA_ADDRESS: Final = 1
_IFLA_IFNAME: Final = 3
_IFLA_MTU: Final = 4
_IFLA_LINKINFO: Final = 18
_IFLA_NET_NS_FD: Final = 28
_IFLA_INFO_KIND: Final = 1
_IFLA_INFO_DATA: Final = 2
_VETH_INFO_PEER: Final = 1
_IFF_UP: Final = 1

# linux/if_addr.h
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_F_NODAD: Final = 0x02
"""Usable at once, without asking the link whether somebody else has the address."""

# linux/neighbour.h
_NDA_DST: Final = 1
_NDA_LLADDR: Final = 2
_NUD_PERMANENT: Final = 0x80

_nlmsghdr = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_nlmsgerr = struct.Struct("=i")
_rtattr = struct.Struct("=HH")  # length, type
_ifinfomsg = struct.Struct("=BxHiII")  # family, type, index, flags, which flags are to be changed
_ifaddrmsg = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ndmsg = struct.Struct("=BxxxiHBB")  # family, index, state, flags, type


class Rtnetlink:
    """A netlink socket for requests, each of which is done when its method returns.

    All methods raise OSError with the kernel's errno if it refuses.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
        )
        self._sequence = 0

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the socket."""
        self._socket.close()

    def add_veth(self, name: str, mtu: int, *, peer: str, peer_mac: str, peer_namespace: int) -> None:
        """A veth pair: `name` here; the other end, `peer`, in another namespace (a descriptor)."""
        other = (
            _ifinfomsg.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
            + _text(_IFLA_IFNAME, peer)
            + _attribute(_IFLA_ADDRESS, _mac(peer_mac))
            + _attribute(_IFLA_NET_NS_FD, struct.pack("=I", peer_namespace))
        )
        data = _attribute(_IFLA_INFO_DATA, _attribute(_VETH_INFO_PEER, other))
        body = (
            _ifinfomsg.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
            + _text(_IFLA_IFNAME, name)
            + _attribute(_IFLA_MTU, struct.pack("=I", mtu))
            + _attribute(_IFLA_LINKINFO, _text(_IFLA_INFO_KIND, "veth") + data)
        )
        self._request(_RTM_NEWLINK, body, new=True)

    def set_up(self, index: int) -> None:
        """Have an interface run."""
        self._request(_RTM_NEWLINK, _ifinfomsg.pack(socket.AF_UNSPEC, 0, index, _IFF_UP, _IFF_UP), new=False)

    def add_address(self, index: int, address: str, prefix: int) -> None:
        """Give an interface an address, usable at once."""
        family, packed = _packed(address)
        flags = _IFA_F_NODAD if family == socket.AF_INET6 else 0
        body = _ifaddrmsg.pack(family, prefix, flags, 0, index)
        body += _attribute(_IFA_LOCAL, packed) + _attribute(_IFA_ADDRESS, packed)
        self._request(_RTM_NEWADDR, body, new=True)

    def add_neighbour(self, index: int, address: str, mac: str) -> None:
        """Tell for good which link-layer address a neighbour has: nobody asks for it on the link then."""
        family, packed = _packed(address)
        body = _ndmsg.pack(family, index, _NUD_PERMANENT, 0, 0)
        body += _attribute(_NDA_DST, packed) + _attribute(_NDA_LLADDR, _mac(mac))
        self._request(_RTM_NEWNEIGH, body, new=True)

    def _request(self, kind: int, body: bytes, *, new: bool) -> None:
        """Ask, and wait for the acknowledgement; `new`: what there is already is an error."""
        self._sequence += 1
        flags = _NLM_F_REQUEST | _NLM_F_ACK | (_NLM_F_CREATE | _NLM_F_EXCL if new else 0)
        self._socket.send(_nlmsghdr.pack(_nlmsghdr.size + len(body), kind, flags, self._sequence, 0) + body)
        while True:
            answer = self._socket.recv(_ANSWER)
            _, told, _, sequence, _ = _nlmsghdr.unpack_from(answer)
            if told == _NLMSG_ERROR and sequence == self._sequence:
                break
        (code,) = _nlmsgerr.unpack_from(answer, _nlmsghdr.size)
        if code:
            raise OSError(-code, os.strerror(-code))


def _attribute(kind: int, value: bytes) -> bytes:
    """A route attribute, padded to whole words (rtnetlink(3)); `value` may be of attributes itself."""
    size = _rtattr.size + len(value)
    return _rtattr.pack(size, kind) + value + bytes(-size % 4)


def _text(kind: int, text: str) -> bytes:
    return _attribute(kind, text.encode() + b"\0")


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _packed(address: str) -> tuple[int, bytes]:
    """The family and the bytes of an IP address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.inet_pton(family, address)
