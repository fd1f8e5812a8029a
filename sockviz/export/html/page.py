"""`export --to html`: the page, complete in itself. Its policy lets nothing run but its own script.

The parts that a designer or a programmer of pages works on are `player.html`, `player.css` and `player.js`.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Final

from sockviz import harmless
from sockviz.events import AnyEvent
from sockviz.export.excerpt import Excerpt
from sockviz.export.html.data import Hosts, as_json, data
from sockviz.export.html.film import film
from sockviz.export.html.inline import ladder
from sockviz.export.story import tell
from sockviz.export.svg import style
from sockviz.export.svg.furniture import hosts_of
from sockviz.export.svg.queues import main_listener
from sockviz.export.svg.shape import NARROW, PAGE
from sockviz.export.svg.xml import text
from sockviz.inks import DARK, LIGHT, Inks
from sockviz.tcp.states import State

MOST: Final = 400
"""Segments that are played."""
MOST_EVENTS: Final = 40_000
_PLACE: Final = re.compile(r"\{\{(\w+)\}\}")


def render(events: Iterable[AnyEvent]) -> Iterator[str]:
    """The lines of the page, without line ends. All events are read before the first line comes."""
    excerpt = Excerpt(events, MOST, MOST_EVENTS)
    kept = list(excerpt)
    story = tell(kept)
    made = film(story)
    hosts = [*hosts_of(story, main_listener(story)), ("client", ""), ("server", "")][:2]
    ladders = [ladder(name, story, made, shape) for name, shape in (("wide", PAGE), ("narrow", NARROW))]
    played = data(story, made, kept, [heights for _, heights in ladders], hosts)
    played["hidden"] += [rest] if (rest := excerpt.said()) else []
    css, script = _style(), _read("player.js")
    parts = {
        "policy": _policy(css, script),
        "title": text(_title(hosts)),
        "style": css,
        "script": script,
        "patterns": "".join(style.patterns(state for state in State if state is not State.CLOSED)),
        "ladders": "\n".join(markup for markup, _ in ladders),
        "film": as_json(played),
    }
    yield from _PLACE.sub(lambda match: parts[match[1]], _read("player.html")).split("\n")


def _title(hosts: Hosts) -> str:
    return "sockviz: " + " and ".join(
        harmless.replaced(f"{name} {address}".strip()) for name, address in hosts
    )


def _read(name: str) -> str:
    return files("sockviz.export.html").joinpath(name).read_text(encoding="utf-8")


def _style() -> str:
    """Themes, then the page, then the ladders in it."""
    light, dark = (_root(inks) for inks in (LIGHT, DARK))
    tints = "".join(f".chip-{at}{{color:var(--chip-{at})}}" for at in range(len(LIGHT.chips)))
    tints += "".join(f".{name}{{color:var(--{name})}}" for name in map(style.state_class, State))
    themes = f"{light}@media(prefers-color-scheme:dark){{{dark}}}"
    return f"\n{themes}\n{_read('player.css')}{tints}\n{style.sheet(None, PAGE.size, 'svg ')}\n"


def _root(inks: Inks) -> str:
    line = _between(inks.border, inks.background)
    colours = "".join(f"--{name}:{ink};" for name, ink in style.variables(inks))
    return f":root{{{colours}--line:{line};--mono:{style.MONO};--sans:{style.SANS}}}"


def _between(one: str, other: str) -> str:
    """The colour halfway from one to another, `#rrggbb`."""
    mixed = ((int(one[at : at + 2], 16) + int(other[at : at + 2], 16)) // 2 for at in (1, 3, 5))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _policy(css: str, script: str) -> str:
    """Nothing from anywhere; of what is in the page only this style and this script (CSP Level 3, 2.3.1)."""
    allowed = {"style-src": _digest(css), "script-src": _digest(script)}
    none = ("default-src", "base-uri", "form-action")
    return "; ".join([*(f"{one} 'none'" for one in none), *(f"{one} {by}" for one, by in allowed.items())])


def _digest(content: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"
