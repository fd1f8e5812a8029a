"""The HTTP server: who is let in, the page, and a WebSocket for each visitor. Its caller ends it."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import textual_serve
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from textual_serve.download_manager import DownloadManager

from sockviz.lessons.text import Language, Text
from sockviz.serve import pages, words
from sockviz.serve.gate import Gate
from sockviz.serve.room import Room
from sockviz.serve.session import VisitorService

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MINUTE: Final = 60
_OURS: Final = Path(__file__).parent / "static"
_THEIRS: Final = Path(textual_serve.__file__).parent / "static"
_MESSAGE: Final = 1 << 20
"""Bytes; nobody types more at once."""
_REASON: Final = 123
"""Bytes of a close frame's reason (RFC 6455, section 5.5)."""
_PATIENCE: Final = 3
"""Seconds; who begins again has left a moment ago."""
_AGAIN: Final = 10
"""Seconds; who waits for a place."""
_HEARTBEAT: Final = 15
"""Seconds; a browser that does not answer for half of that is gone."""
_NARROWEST, _WIDEST, _LOWEST, _HIGHEST = 20, 500, 5, 200
"""Cells of a screen."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is served, and to whom."""

    served: Sequence[str]
    """As `sockviz` takes it."""
    title: str
    gate: Gate
    room: Room
    idle: float
    """Seconds."""
    language: Language = "en"
    fault: Callable[[Exception], None] = field(default=lambda _: None)
    """Is told of a fault of ours."""


class Server:
    """Serves."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._downloads = DownloadManager()
        self._open: set[web.WebSocketResponse] = set()
        app = web.Application(middlewares=[_guarding(self)])
        app.router.add_static(pages.TEXTUAL, _THEIRS)
        app.router.add_static("/static", _OURS)
        app.add_routes(
            [
                web.get("/", self._screen),
                web.get("/ws", self._visit),
                web.get("/download/{key}", self._download),
                web.get("/{key}", self._enter),
            ]
        )
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._dismiss)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_HEARTBEAT)

    async def start(self, listener: socket.socket) -> None:
        """Serve whoever connects to `listener`."""
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    async def end(self) -> None:
        """Tell all visitors that it is over, and end what they had."""
        await self._runner.cleanup()

    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let nobody through who has no business here."""
        gate = self._terms.gate
        if not gate.is_ours(request.host):
            return self._refuse(words.ELSEWHERE, words.LINK_HINT)
        if not self._knows(request) and not gate.has_key(request.match_info.get("key", "")):
            return self._refuse(words.FORBIDDEN, words.LINK_HINT)
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours; the others go on
            self._terms.fault(error)
            return self._refuse(words.FAULT, words.FAULT_HINT, web.HTTPInternalServerError)

    def _knows(self, request: web.Request) -> bool:
        gate = self._terms.gate
        return gate.knows(request.cookies.get(gate.cookie_name, ""))

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """The key is changed for a cookie."""
        gate = self._terms.gate
        if not gate.has_key(request.match_info["key"]):
            return self._refuse(words.FORBIDDEN, words.LINK_HINT)
        answer = _html(pages.enter())
        answer.set_cookie(
            gate.cookie_name, gate.cookie, httponly=True, samesite="Strict", secure=gate.secure, path="/"
        )
        return answer

    async def _screen(self, _: web.Request) -> web.StreamResponse:
        room = self._terms.room
        if not await room.vacancy(_PATIENCE):
            return self._refuse(words.FULL, words.FULL_HINT, web.HTTPServiceUnavailable, again=_AGAIN)
        return _html(pages.screen(self._terms.title, self._terms.language))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file that a visitor's app gives its visitor."""
        key = request.match_info["key"]
        try:
            about = await self._downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound from None
        answer = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f'attachment; filename="{about.file_name}"',
            }
        )
        await answer.prepare(request)
        async for chunk in self._downloads.download(key):
            await answer.write(chunk)
        await answer.write_eof()
        return answer

    async def _visit(self, request: web.Request) -> web.StreamResponse:
        """Somebody's screen, as long as it is open."""
        terms = self._terms
        if not terms.gate.from_here(request.headers.get("Origin", ""), request.host):
            return self._refuse(words.ELSEWHERE, words.LINK_HINT)
        browser = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_MESSAGE)
        await browser.prepare(request)
        if not await terms.room.vacancy(_PATIENCE):
            await _close(browser, self._say(words.FULL))
            return browser
        with terms.room.place():
            self._open.add(browser)
            try:
                await self._serve(browser, request)
            finally:
                self._open.discard(browser)
        return browser

    async def _serve(self, browser: web.WebSocketResponse, request: web.Request) -> None:
        service = VisitorService(
            self._terms.served,
            write_bytes=browser.send_bytes,
            write_str=browser.send_str,
            close=lambda end: _close(browser, end if isinstance(end, str) else self._say(end)),
            downloads=self._downloads,
        )
        await service.start(*_size(request.query))
        try:
            await self._listen(browser, service)
        finally:
            await service.stop()

    async def _listen(self, browser: web.WebSocketResponse, service: VisitorService) -> None:
        """Pass on what is typed, until the browser is gone or nothing more comes."""
        loop, idle = asyncio.get_running_loop(), self._terms.idle
        try:
            async with asyncio.timeout(idle) as patience:
                async for message in browser:
                    if await _passed_on(message, browser, service):
                        patience.reschedule(loop.time() + idle)
        except TimeoutError:
            await _close(browser, self._say(words.IDLE))

    async def _dismiss(self, _: web.Application) -> None:
        over = self._say(words.DISMISSED)
        await asyncio.gather(*(_close(browser, over, WSCloseCode.GOING_AWAY) for browser in self._open))

    def _say(self, text: Text) -> str:
        """In the language of what is served."""
        terms = self._terms
        said = text.of(terms.language)
        return said.format(places=terms.room.places, minutes=terms.idle / MINUTE)

    def _refuse(
        self, said: Text, hint: Text, kind: type[web.HTTPException] = web.HTTPForbidden, again: int = 0
    ) -> web.Response:
        """A short page; `again`: seconds after which it is asked for once more, or never."""
        page = pages.plain(self._say(said), self._say(hint), self._terms.language, again)
        return _html(page, kind.status_code)


def _guarding(server: Server) -> Any:
    """The server's guard as aiohttp wants it."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await server.guard(request, handler)

    return guard


async def _add_headers(request: web.Request, answer: web.StreamResponse) -> None:
    answer.headers.update(
        pages.headers(request.host if answer.status < web.HTTPBadRequest.status_code else "")
    )


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")


async def _close(browser: web.WebSocketResponse, why: str, code: int = WSCloseCode.OK) -> None:
    """End a browser's connection; it shows why."""
    reason = why.encode()[:_REASON].decode(errors="ignore").encode()
    with contextlib.suppress(ConnectionError):
        await browser.close(code=code, message=reason)


async def _passed_on(message: WSMessage, browser: web.WebSocketResponse, service: VisitorService) -> bool:
    """Pass on one message of a browser; whether somebody did something. What makes no sense is left out."""
    match _meant(message):
        case ["stdin", str(typed)] if keys := typed.encode(errors="ignore"):
            await service.send_bytes(keys)
            return True
        case ["resize", dict(size)]:
            await service.set_terminal_size(*_size(size))
        case ["ping", str(data)]:
            await browser.send_json(["pong", data[:64]])
        case ["blur"]:
            await service.blur()
        case ["focus"]:
            await service.focus()
    return False


def _meant(message: WSMessage) -> object:
    if message.type is not WSMsgType.TEXT:
        return None
    try:
        return json.loads(message.data)
    except (ValueError, RecursionError):
        return None


def _size(given: Any) -> tuple[int, int]:
    """Columns and rows of a browser's terminal, as far as anybody has such a one."""
    return (
        _within(given.get("width"), _NARROWEST, 80, _WIDEST),
        _within(given.get("height"), _LOWEST, 24, _HIGHEST),
    )


def _within(given: object, least: int, usual: int, most: int) -> int:
    try:
        return max(least, min(most, int(str(given)[:6])))
    except ValueError:
        return usual
