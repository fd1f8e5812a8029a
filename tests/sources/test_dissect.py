"""The dissecting process and its owner, for real."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from sockviz.session.dissect import Dissector, Layer
from sockviz.sources import dissect

MAC = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (7, 0)), ("NOP", None), ("WScale", 7)]
SYN = bytes(Ether(**MAC) / IP(src="10.0.0.2", dst="10.0.0.1") / TCP(sport=40000, dport=8001, options=OPTIONS))
DATA = bytes(Ether(**MAC) / IPv6(src="fd00::2", dst="fd00::1") / TCP(flags="PA") / b"\x1b[31mred")


def value(layers: tuple[Layer, ...], layer: str, field: str) -> str:
    return next(f.value for found in layers if found.name == layer for f in found.fields if f.name == field)


async def test_a_syn_in_words() -> None:
    dissector = Dissector()
    try:
        layers = await dissector.dissect(SYN)
    finally:
        await dissector.close()
    assert [layer.name for layer in layers] == ["Ethernet", "IPv4", "TCP"]
    assert value(layers, "TCP", "flags") == "SYN"
    assert value(layers, "TCP", "dport") == "8001"
    assert value(layers, "TCP", "options") == (
        "maximum segment size 1460, SACK permitted, timestamp 7 (echo 0), padding, "
        "window scale 7 (window times 128)"
    )
    assert all(field.explanation for layer in layers for field in layer.fields)


async def test_nothing_of_a_packet_reaches_the_terminal_raw() -> None:
    dissector = Dissector()
    try:
        layers = await dissector.dissect(DATA)
    finally:
        await dissector.close()
    assert [layer.name for layer in layers] == ["Ethernet", "IPv6", "TCP", "Payload"]
    assert value(layers, "Payload", "load") == r"'\x1b[31mred'"


async def test_questions_at_once_and_a_cancelled_one_get_their_own_answers() -> None:
    dissector = Dissector()
    try:
        impatient = asyncio.create_task(dissector.dissect(DATA))
        await asyncio.sleep(0)
        impatient.cancel()
        first, second = await asyncio.gather(dissector.dissect(SYN), dissector.dissect(DATA))
    finally:
        await dissector.close()
    assert impatient.cancelled()
    assert (first[1].name, second[1].name) == ("IPv4", "IPv6")


async def test_a_killed_process_is_started_again_and_close_ends_it() -> None:
    dissector = Dissector()
    await dissector.dissect(SYN)
    process = dissector._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert (await dissector.dissect(DATA))[1].name == "IPv6"
    again = dissector._process
    assert again is not None
    await dissector.close()
    assert again.returncode is not None
    await dissector.close()


@settings(max_examples=300)
@given(st.binary(max_size=300), st.sampled_from([b"", SYN[:14], SYN[:34], DATA[:14], DATA[:54]]))
def test_any_bytes_come_out_bounded_and_printable(raw: bytes, before: bytes) -> None:
    for layer in dissect.dissect(before + raw):
        for field in layer["fields"]:
            assert len(field) in {2, 3}
            assert field[1].isprintable()
            assert len(field[1]) <= dissect.VALUE_LIMIT * 4 + 1


def test_garbage_on_the_line_is_answered_and_the_next_frame_too() -> None:
    lines = b"no hex\n\n" + b"ff" * 40000 + b"\n" + b"\xff\xfe\n" + SYN.hex().encode() + b"\n"
    done = subprocess.run(
        [sys.executable, "-m", "sockviz.sources.dissect"], input=lines, capture_output=True, check=True
    )
    assert done.stderr == b""
    assert b'"TCP"' in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("link", "header", "names"),
    [
        (101, b"", ["IPv4", "TCP"]),
        (113, bytes(14) + b"\x08\x00", ["cooked linux", "IPv4", "TCP"]),
        (276, b"\x08\x00" + bytes(18), ["cooked linux v2", "IPv4", "TCP"]),
        (0, b"\x02\0\0\0", ["Loopback", "IPv4", "TCP"]),
        (108, b"\0\0\0\x02", ["OpenBSD Loopback", "IPv4", "TCP"]),
    ],
)
def test_frames_that_begin_otherwise(link: int, header: bytes, names: list[str]) -> None:
    assert [layer["name"] for layer in dissect.dissect(header + SYN[14:], link)] == names
