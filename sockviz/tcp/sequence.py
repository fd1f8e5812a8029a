"""Sequence numbers: arithmetic modulo 2**32 (RFC 9293 §3.4).

Pure. A number means nothing by itself; of two numbers one is ahead of the other, which is right as long as
they are less than 2**31 apart.
"""

from typing import Final

MODULUS: Final = 1 << 32
_HALF: Final = 1 << 31


def add(number: int, count: int) -> int:
    """The sequence number `count` after `number`."""
    return (number + count) % MODULUS


def difference(left: int, right: int) -> int:
    """How far `left` is ahead of `right`; negative: behind."""
    return (left - right + _HALF) % MODULUS - _HALF
