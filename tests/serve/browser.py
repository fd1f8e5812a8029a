"""Chromium at the link: what its tabs are sent to draw, keys, clicks. It reaches nothing but 127.0.0.1."""

import base64
import json
import time
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import devtools
import pyte
from screen import Screen
from served_by import BOUND

NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
NOT_OURS = "Automatic fallback to software WebGL"
"""What Chromium complains about without a graphics card."""


class Browser(devtools.Page):
    """With what each tab's terminal shows: the newest tab is the one that is used."""

    def __init__(self, read, write):
        super().__init__(read, write)
        self._screens = {}
        self._streams = {}

    def visit(self, link, size=(1280, 800)):
        """Open the link in another tab, which can be used when it is drawn."""
        self.open(link, size)
        self.use(self._session)
        self.see(" ")
        return self._session

    def use(self, tab):
        self._session = tab

    @property
    def text(self):
        screen = self._screens.get(self._session)
        return "\n".join(screen.display) if screen else ""

    @property
    def screen(self):
        return self._screens[self._session]

    def until(self, condition):
        end = time.monotonic() + BOUND
        while not condition():
            assert time.monotonic() < end, f"never; the screen at the end:\n{self.text}"
            self.call("Browser.getVersion" if self._session is None else "Runtime.getIsolateId")
            time.sleep(0.02)

    def see(self, *words):
        """Until all `words` are on the tab's screen."""
        self.until(lambda: all(word in self.text for word in words))

    def type(self, *keys):
        for key in keys:
            code = {"\r": "Enter"}.get(key, key)
            for kind in ("keyDown", "keyUp"):
                text = {"text": key} if kind == "keyDown" else {}
                self.call("Input.dispatchKeyEvent", type=kind, key=code, **text)

    def click(self, word):
        """In the middle of where a word stands on the terminal."""
        rows = self.text.split("\n")
        y = next(number for number, row in enumerate(rows) if word in row)
        x = rows[y].index(word) + len(word) / 2
        box = self.js(
            "(box => [box.x, box.y, box.width, box.height])"
            "(document.querySelector('.xterm-screen').getBoundingClientRect())"
        )
        at = {
            "x": box[0] + x * box[2] / self.screen.columns,
            "y": box[1] + (y + 0.5) * box[3] / self.screen.lines,
        }
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **at, button="left", clickCount=1)

    def _note(self, message):
        super()._note(message)
        given, tab = message.get("params", {}), message.get("sessionId")
        match message.get("method"):
            case "Network.webSocketCreated":
                asked = parse_qs(urlsplit(given["url"]).query)
                self._draw_on(tab, int(asked["width"][0]), int(asked["height"][0]))
            case "Network.webSocketFrameSent" if given["response"]["payloadData"].startswith('["resize"'):
                size = json.loads(given["response"]["payloadData"])[1]
                if size["width"] != self._screens[tab].columns or size["height"] != self._screens[tab].lines:
                    self._draw_on(tab, size["width"], size["height"])
            case "Network.webSocketFrameReceived" if given["response"]["opcode"] == 2:
                self._streams[tab].feed(base64.b64decode(given["response"]["payloadData"]))

    def _draw_on(self, tab, columns, lines):
        self._screens[tab] = Screen(columns, lines)
        self._streams[tab] = pyte.ByteStream(self._screens[tab])


@contextmanager
def browsing(profile):
    """A browser; it complains about nothing, and asks nobody but the server for anything."""
    with devtools.page(profile, NO_NETWORK, kind=Browser) as browser:
        yield browser
        assert [one for one in browser.complaints if NOT_OURS not in one] == []
