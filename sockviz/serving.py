"""`sockviz serve`: a server until Ctrl-C; what is wrong is said before anybody is let in."""

import asyncio
import importlib
import logging
import signal
import sys
from typing import Final

from sockviz import arguments, doctor
from sockviz.arguments_serve import USUAL_PORT, Serve
from sockviz.errors import UserError
from sockviz.process import signals_to_end

SIGNALLED: Final = 128
_LIBRARIES: Final = ("aiohttp", "segno", "textual_serve")
_CHATTY: Final = ("aiohttp", "asyncio", "textual-serve")
"""Who would write to the operator's terminal, also what visitors do wrong."""


def serve(request: Serve) -> int:
    """Serve; returns the exit status: 0 if Ctrl-C has ended it.

    Raises:
        UserError: a library or the lab is missing, it can't listen there, or there is no such lesson or file.
    """
    _look_for_libraries()
    _look_at(request)
    for name in _CHATTY:
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    received = asyncio.run(_serve(request))
    return 0 if received == signal.SIGINT else SIGNALLED + received


def _look_for_libraries() -> None:
    for name in _LIBRARIES:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            missing = (error.name or name).replace("_", "-")
            raise UserError(
                f"serve needs {missing}, which is missing",
                f"{sys.executable} -m pip install {missing}",
                "missing",
            ) from None


def _look_at(request: Serve) -> None:
    """What would keep every visitor from what is served keeps us from serving it.

    Raises:
        UserError: something does.
    """
    match arguments.parse(request.served):
        case arguments.Replay() as replay:
            from sockviz import replaying  # noqa: PLC0415 - each imports its own

            replaying.look_at(replay)
            return
        case arguments.Lesson(name=str(name)):
            from sockviz.lessons.catalogue import find  # noqa: PLC0415

            find(name)
    answer = doctor.answer("lab")
    if not answer["ok"]:
        raise UserError(
            f"there is no lab for visitors here: {answer['found']}", str(answer.get("command", "")), "no-lab"
        )


async def _serve(request: Serve) -> signal.Signals:
    """Until a signal comes, which is returned."""
    from sockviz.lessons.text import chosen  # noqa: PLC0415 - no other command waits for it here
    from sockviz.serve import gate, link, room  # noqa: PLC0415 - what they import was looked for
    from sockviz.serve.console import Console, Told  # noqa: PLC0415
    from sockviz.serve.server import Server, Terms  # noqa: PLC0415
    from sockviz.tui.app import fault  # noqa: PLC0415

    ended = _signals()
    with link.listen(request.address, request.port, USUAL_PORT) as listener:
        port = listener.getsockname()[1]
        guard = gate.Gate(port, request.public_url, gate.own_names())
        places = room.Room(request.sessions or room.usual())
        console = Console(places)
        places.on_change = console.count
        server = Server(
            Terms(
                served=request.served,
                title=f"sockviz: {request.what}",
                gate=guard,
                room=places,
                idle=request.idle,
                language=chosen(request.language),
                fault=lambda error: console.note(fault(error)),
            )
        )
        await server.start(listener)
        first, *others = link.reachable(request.address)
        told = Told(
            what=request.what,
            link=link.link(first, port, guard.key, request.public_url),
            others=[] if request.public_url else others,
            private=not request.public_url and link.is_private(first),
        )
        console.begin(told)
        try:
            return await ended
        finally:
            console.end()
            await server.end()


def _signals() -> "asyncio.Future[signal.Signals]":
    """What it is ended by."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[signal.Signals] = loop.create_future()

    def end(number: signal.Signals) -> None:
        if not ended.done():
            ended.set_result(number)

    for number in signals_to_end():
        loop.add_signal_handler(number, end, number)
    return ended
