"""What is special about the user's own programs: commands, terminals, signals, what they are blocked in.

What they do with sockets is told by the same events as of ours, and folded by `sockviz.world.programs`.
"""

import signal
from dataclasses import replace
from typing import Final

from sockviz.events import (
    CommandChanged,
    ListenerMissing,
    ProgramOutput,
    SignalReceived,
    TerminalChanged,
    ThreadSampled,
)
from sockviz.world import guest_texts as texts
from sockviz.world.draft import Draft
from sockviz.world.narration import say
from sockviz.world.owners import call_of, held_end
from sockviz.world.texts import PROGRAM_ENDED
from sockviz.world.thawed import ProgramDraft

OUTPUT_KEPT: Final = 16_384
"""Bytes of a terminal that `Program.output` has."""

_SHOWN: Final = 60
"""Characters of a command in a caption."""
_SECOND: Final = 1_000_000_000
_USUAL: Final = frozenset({"SIGCHLD", "SIGWINCH", "SIGCONT", "SIGURG", "SIGALRM", "SIGIO"})
"""Signals that are no news."""


def listener_missing(draft: Draft, event: ListenerMissing) -> None:
    """A server that does not listen."""
    if any(program.running for program in draft.programs(event.host)):
        say(draft, texts.LISTENER_MISSING, host=event.host, seconds=round(event.waited / _SECOND))
    else:
        say(draft, texts.LISTENER_NEVER, host=event.host)


def command_changed(draft: Draft, event: CommandChanged) -> None:
    """A process runs something else, or is called something else."""
    program = draft.program(event.host, event.pid)
    if program is not None:
        program.command = event.command


def program_output(draft: Draft, event: ProgramOutput) -> None:
    """Its terminal shows more."""
    program = draft.program(event.host, event.pid)
    if program is not None:
        program.output = (program.output + event.data)[-OUTPUT_KEPT:]
        program.printed += len(event.data)


def terminal_changed(draft: Draft, event: TerminalChanged) -> None:
    """Its terminal has another size, or hears of keys."""
    program = draft.program(event.host, event.pid)
    if program is not None:
        program.terminal = event.columns, event.rows
        program.by_key = event.by_key


def signal_received(draft: Draft, event: SignalReceived) -> None:
    """A signal was delivered."""
    program = draft.program(event.host, event.pid)
    if program is not None and event.signal not in _USUAL:
        text = texts.SIGPIPE if event.signal == "SIGPIPE" else texts.SIGNAL
        say(draft, text, name=program.name, signal=event.signal)


def thread_sampled(draft: Draft, event: ThreadSampled) -> None:
    """What a thread is blocked in, or that it runs."""
    program = draft.program(event.host, event.pid)
    if program is None:
        return
    if not event.name:
        program.calls.pop(event.thread, None)
        return
    held = held_end(draft, event.host, event.pid, event.fd)
    program.calls[event.thread] = call_of(draft, event, held[0] if held is not None else None)


def started(draft: Draft, program: ProgramDraft) -> None:
    """Say that one of the user's programs began, and give it the descriptors of who forked it.

    Where its calls are not seen, nobody knows what its parent had at that moment: the table will tell.
    """
    parent = draft.program(program.host, program.parent) if program.parent is not None else None
    if parent is None:
        say(draft, texts.STARTED, name=program.name, command=_short(program.command))
        return
    say(draft, texts.FORKED, name=program.name, parent=parent.name)
    if draft.sees("calls"):
        program.descriptors = {fd: replace(descriptor) for fd, descriptor in parent.descriptors.items()}


def say_end(draft: Draft, program: ProgramDraft) -> None:
    """Say how it ended."""
    status = program.status
    if not status:
        say(draft, PROGRAM_ENDED, name=program.name)
    elif status > 0:
        say(draft, texts.FAILED, name=program.name, status=status)
    else:
        say(draft, texts.KILLED, name=program.name, signal=_name(-status))


def how_it_ended(status: int | None) -> str:
    """`ended with status 1`, `was killed by SIGSEGV`."""
    if status is None:
        return "ended"
    return f"ended with status {status}" if status >= 0 else f"was killed by {_name(-status)}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _short(command: str) -> str:
    return command if len(command) <= _SHOWN else command[: _SHOWN - 1] + "…"
