"""A page in Chromium, driven through its debugging pipe: keys, clicks, sizes, requests, complaints.

The protocol is JSON, each message ended by a zero byte (https://chromedevtools.github.io/devtools-protocol/).
"""

import base64
import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chromium import BOUND, flags, program

CODES = {" ": ("Space", 32), "ArrowLeft": ("ArrowLeft", 37), "ArrowRight": ("ArrowRight", 39),
         "Home": ("Home", 36), "End": ("End", 35), "m": ("KeyM", 77)}  # fmt: skip


class Page:
    """One tab."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._rest = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self._session: str | None = None
        self.asked: list[str] = []
        """What was requested, besides the page itself."""
        self.complaints: list[str] = []
        """Errors, and what its policy forbade."""

    def open(self, page: Path | str, size: tuple[int, int] = (1280, 800), **media: str) -> None:
        """Load a file, or what is at a URL, in a tab of its own."""
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(size)
        self.media(**media)
        self.call("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        self._until(lambda event: event["method"] == "Page.loadEventFired")

    def resize(self, size: tuple[int, int]) -> None:
        screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size[0] < 600}
        self.call("Emulation.setDeviceMetricsOverride", **screen)

    def media(self, **features: str) -> None:
        """`prefers_color_scheme="dark"` and the like."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=wanted)

    def js(self, expression: str) -> Any:
        """What an expression is in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until an expression is true in the page."""
        end = time.monotonic() + BOUND
        while not self.js(expression):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        for key in keys:
            code, number = CODES[key]
            same = {"key": key, "code": code, "windowsVirtualKeyCode": number}
            self.call(
                "Input.dispatchKeyEvent", type="keyDown", **same, **({"text": key} if len(key) == 1 else {})
            )
            self.call("Input.dispatchKeyEvent", type="keyUp", **same)

    def click(self, selector: str) -> None:
        """In the middle of an element."""
        middle = (
            f"(box => [box.x + box.width / 2, box.y + box.height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        x, y = self.js(middle)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, target: Path) -> None:
        target.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something; its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        number = self._number
        answer = self._until(lambda one: one.get("id") == number)
        assert "error" not in answer, (method, answer["error"])
        return answer.get("result", {})

    def _until(self, wanted: Any) -> dict[str, Any]:
        end = time.monotonic() + BOUND
        while True:
            for one in self._messages(end):
                self._note(one)
                if wanted({"method": "", **one}):
                    return one

    def _messages(self, end: float) -> Iterator[dict[str, Any]]:
        """What has come, at least one; the rest stays for later."""
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self._read, 1 << 20)
            assert data, "the browser is gone"
            self._rest += data
        message, self._rest = self._rest.split(b"\0", 1)
        yield json.loads(message)

    def _note(self, message: dict[str, Any]) -> None:
        given = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                if given.get("type") != "Document":
                    self.asked.append(given["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(given["exceptionDetails"]))
            case "Log.entryAdded":
                self.complaints.append(given["entry"]["text"])
            case "Runtime.consoleAPICalled" if given["type"] in {"error", "assert"}:
                self.complaints.append(str(given["args"]))


def _pipe() -> tuple[int, int]:
    """Its numbers are out of the way of those that the browser wants."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


@contextmanager
def page(profile: Path, *more: str, kind: type[Page] = Page) -> Iterator[Page]:
    """A browser with one tab; whatever happens, it is gone afterwards. `more`: flags."""
    (to_browser, from_us), (from_browser, to_us) = _pipe(), _pipe()

    def connect() -> None:
        os.dup2(to_browser, 3)
        os.dup2(to_us, 4)

    process = subprocess.Popen(
        [program(), *flags(profile), "--remote-debugging-pipe", *more],
        pass_fds=(3, 4), preexec_fn=connect,  # noqa: PLW1509 - two system calls
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(to_browser)
    os.close(to_us)
    try:
        yield kind(from_browser, from_us)
    finally:
        process.kill()
        process.wait(BOUND)
        os.close(from_browser)
        os.close(from_us)
