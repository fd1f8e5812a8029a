"""All that is known of the user's programs, in lines of text, for a closer look. Pure."""

from collections.abc import Iterator

from rich.text import Text

from sockviz.tui.palettes import Palette
from sockviz.tui.programs import choosing
from sockviz.tui.render import facts, marks
from sockviz.tui.render.canvas import clean
from sockviz.tui.view import StageView
from sockviz.world.guests import how_it_ended
from sockviz.world.model import Descriptor, Program, SystemCall
from sockviz.world.selectors import programs_of

TITLE = "programs"


def programs(view: StageView, colours: Palette) -> list[Text]:
    """Those that run first, then those that have ended, each with what it has forked."""
    known = [one for host in choosing.HOSTS for one in programs_of(view.world, host) if one.command]
    if not known:
        return [facts.parts((view.say("no program has been started"), colours.dim))]
    lines: list[Text] = []
    for program in sorted(known, key=lambda one: not one.running):
        lines += [Text(), *_program(view, program, colours)]
    return lines[1:]


def _program(view: StageView, program: Program, colours: Palette) -> Iterator[Text]:
    say = view.say
    yield facts.parts((f"{program.name}  ", colours.accent), (f"pid {program.pid}", colours.strong))
    yield facts.line(say("command"), program.command, colours)
    if program.user:
        yield facts.line(say("user"), program.user, colours)
    parent = view.world.programs.get((program.host, program.parent or 0))
    if parent is not None:
        yield facts.line(say("parent"), f"{parent.name}, pid {parent.pid}", colours)
    if program.running:
        yield facts.line(say("status"), say("running"), colours)
    else:
        yield facts.line(
            say("status"), say(how_it_ended(program.status)), colours, colours.bad if program.status else None
        )
    for thread, call in program.calls.items():
        if program.running:
            yield _call(view, thread, call, colours)
    for descriptor in program.descriptors.values() if program.running else ():
        yield facts.line(f"fd {descriptor.fd}", _descriptor(view, descriptor), colours)
    if program.parent is None:
        yield facts.line(say("printed"), f"{program.printed} B", colours)


def _call(view: StageView, thread: str, call: SystemCall, colours: Palette) -> Text:
    """`main     accept4(3) ◷ blocked 3 s`."""
    given = ", ".join(part for part in ("" if call.fd is None else str(call.fd), call.args) if part)
    if call.returned is None:
        source = view.say(", read from proc") if call.sampled else ""
        blocked = (
            f" {marks.BLOCKED} {view.say('blocked')} {marks.age(view.now - call.entered)}".rstrip() + source
        )
        return facts.parts(
            (facts.named(thread), colours.dim),
            (clean(f"{call.name}({given})"), colours.strong),
            (blocked, colours.warn),
        )
    if call.error:
        return facts.line(thread, f"{call.name}({given}) = -1 {call.error}", colours, colours.bad)
    return facts.line(thread, f"{call.name}({given}) = {call.result}", colours)


def _descriptor(view: StageView, descriptor: Descriptor) -> str:
    """`connected ●1 10.0.0.1:8001 → 10.0.0.2:44734`."""
    badge = f" {marks.badge(descriptor.connection)}" if descriptor.connection else ""
    ends = " → ".join(end for end in (descriptor.local, descriptor.remote) if end)
    return f"{view.say(descriptor.kind)}{badge} {ends}".rstrip()
