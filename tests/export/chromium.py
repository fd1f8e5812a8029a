"""Chromium without a screen: what a page makes of itself, and how it looks. It reaches no network."""

import re
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

BOUND = 90
"""Seconds that a page may take."""


def program() -> str:
    """Chromium's command; skips the test where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("chromium is missing")
    return found


def flags(profile: Path) -> list[str]:
    """No window, no network, nothing left behind."""
    return [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}",
    ]  # fmt: skip


def _run(page: str, profile: Path, *more: str) -> str:
    command = [program(), *flags(profile), *more, page]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=BOUND, check=False)
    if ran.returncode:
        pytest.skip(f"chromium does not run here: {ran.stderr.strip()[-200:]}")
    return ran.stdout


def result(page: Path, name: str, tmp_path: Path) -> str:
    """The text of the element with the id `name` once the page has come to rest."""
    dom = _run(page.as_uri(), tmp_path / "profile", "--virtual-time-budget=20000", "--dump-dom")
    match = re.search(rf'<pre id="{name}">(.*?)</pre>', dom, re.DOTALL)
    assert match is not None, f"no #{name} in {dom[-2000:]}"
    return unescape(match[1])


@dataclass(frozen=True)
class Image:
    """A screenshot."""

    width: int
    height: int
    pixels: bytes
    """RGB, row by row."""

    def at(self, x: float, y: float) -> str:
        """`#rrggbb`."""
        start = (int(y) * self.width + int(x)) * 3
        return "#" + self.pixels[start : start + 3].hex()

    @property
    def colours(self) -> set[bytes]:
        """All that occur."""
        return {self.pixels[at : at + 3] for at in range(0, len(self.pixels), 3)}


def screenshot(page: Path, tmp_path: Path, size: tuple[int, int]) -> Image:
    """How a page looks."""
    target = tmp_path / "page.png"
    window = f"--window-size={size[0]},{size[1]}"
    _run(page.as_uri(), tmp_path / "profile", window, f"--screenshot={target}")
    return _decode(target.read_bytes())


def _decode(png: bytes) -> Image:
    """Eight bits a channel, not interlaced (https://www.w3.org/TR/png-3/)."""
    at, data, header = 8, b"", b""
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + length]
        header = body if kind == b"IHDR" else header
        data += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colour = struct.unpack_from(">IIBB", header)
    assert depth == 8
    channels = {2: 3, 6: 4}[colour]
    raw, stride = zlib.decompress(data), width * channels
    before, rows = bytearray(stride), bytearray()
    for y in range(height):
        start = y * (stride + 1)
        before = _unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), before, channels)
        rows += b"".join(before[x : x + 3] for x in range(0, stride, channels)) if channels == 4 else before
    return Image(width, height, bytes(rows))


def _unfilter(kind: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    for x in range(len(line) if kind else 0):
        left = line[x - step] if x >= step else 0
        up, corner = above[x], above[x - step] if x >= step else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        else:
            near = left + up - corner
            guess = min((left, up, corner), key=lambda one: abs(near - one))
        line[x] = (line[x] + guess) & 0xFF
    return line
