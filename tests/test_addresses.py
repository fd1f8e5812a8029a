"""Addresses as text."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.addresses import Address, parse, unspecified


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8001", Address("127.0.0.1", 8001)),
        ("0.0.0.0:0", unspecified(socket.AF_INET)),
        ("[::]:0", unspecified(socket.AF_INET6)),
        ("[fd00::1]:65535", Address("fd00::1", 65535)),
        ("[::ffff:127.0.0.1]:80", Address("::ffff:127.0.0.1", 80)),
    ],
)
def test_it_reads_what_it_writes(text: str, address: Address) -> None:
    assert parse(text) == address
    assert str(address) == text
    assert address.family == (socket.AF_INET6 if text.startswith("[") else socket.AF_INET)


@pytest.mark.parametrize(
    "text",
    ["", ":", "80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "::1:80", "[1.2.3.4]:1", "[]:1"],
)
def test_it_says_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is no address like"):
        parse(text)


@given(st.text())
def test_any_other_text_is_refused_in_order(text: str) -> None:
    try:
        address = parse(text)
    except ValueError:
        return
    assert parse(str(address)) == address


@given(st.ip_addresses(), st.integers(0, 0xFFFF))
def test_every_address_survives(ip: object, port: int) -> None:
    address = parse(f"[{ip}]:{port}" if ":" in str(ip) else f"{ip}:{port}")
    assert parse(str(address)) == address
    assert address.port == port


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("[::ffff:10.0.0.1]:80", "10.0.0.1:80"),
        ("10.0.0.1:80", "10.0.0.1:80"),
        ("[::]:80", "[::]:80"),
        ("[fd00::1]:80", "[fd00::1]:80"),
    ],
)
def test_an_ipv4_address_inside_an_ipv6_one_is_written_as_what_it_is(text, plain):
    assert str(parse(text).plain) == plain
