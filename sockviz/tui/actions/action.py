"""What an action is, what it may look at and what it may do. Pure: no textual, no I/O.

An action is data plus small functions: `unless` says in a sentence why it is not possible now, `run` does it
through `Controls`. Keys, buttons, palette, help screen and README are made from
the actions; nothing about a key is written anywhere else.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

import msgspec

from sockviz.intents import Intent
from sockviz.session.index import Kind
from sockviz.session.pace import Pace
from sockviz.tui.translation import translated
from sockviz.tui.view import Selection
from sockviz.world.model import Arrow, World

if TYPE_CHECKING:
    from sockviz.lessons.text import Language


class Group(StrEnum):
    """What an action is about; in the order in which groups are shown."""

    WIRE = "wire"
    CLIENT = "client"
    PROGRAMS = "your own programs"
    CALLS = "calls on the chosen end"
    SERVER = "server"
    TIME = "time"
    VIEW = "view"
    LESSON = "in a lesson"
    WATCH = "in sockviz watch"
    APP = "app"


class Teaching(msgspec.Struct, frozen=True, kw_only=True):
    """The lesson that is on the screen."""

    phase: str
    """`sockviz.lessons.scene.Phase`."""
    verbs: frozenset[str] = frozenset()
    """What the learner can do now: `sockviz.lessons.scene.Verb`."""
    answers: int = 0
    """There is a question with so many answers."""
    free: bool = False
    """The learner plays, the lesson waits."""
    following: bool = False
    """There is a lesson after this one."""
    news: str = ""
    """What is to be said before anything is done."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What the screens of watched listeners show."""

    rows: int = 0
    """Listeners, or connections, that are listed now."""
    pointed: bool = False
    """One of them is pointed at."""
    sort: str = ""
    """The title of the column that they are sorted by."""
    filtered: bool = False
    """Not all are listed."""
    waiting: bool = False
    """Only connections that wait for accept() are."""
    marked: int = 0
    """Listeners that are marked."""
    chosen: int = 0
    """Listeners that are watched closely."""
    findings: int = 0
    """Explained drops."""
    open: bool = False
    """Something is shown over the rows: findings, or a connection that is looked into."""


class Situation(msgspec.Struct, frozen=True):
    """What an action may look at."""

    world: World = World()
    """The newest one: that is what intents change, wherever the playhead is. Of a recording the one that is
    shown: nothing can be changed there."""
    selection: Selection = Selection()
    arrows: Sequence[Arrow] = ()
    """The segments on the screen, oldest first."""
    over: bool = False
    """The engine is gone: nothing can be asked of it."""
    past: bool = False
    """The screen shows an earlier moment than the newest one (and not because slow motion takes its time)."""
    replayed: str = ""
    """The name of the recording that is shown; empty: a live run is."""
    paused: bool = False
    speed: float = 1.0
    pace: Pace = Pace.SHORT
    slow: bool = False
    """What is shown is shown slower than it was."""
    before: frozenset[Kind] = frozenset()
    """What there is to step back to."""
    after: frozenset[Kind] = frozenset()
    """What there is to step on to."""
    at_end: bool = False
    """The newest moment is shown."""
    inspecting: bool = False
    """The inspector is open."""
    tabs: bool = False
    """Ladder and table share one place (small terminal)."""
    large: bool = False
    """Projector mode: ladder and table share one place, too."""
    sourced: bool = False
    """The program's source is shown."""
    only: bool = False
    """The ladder shows the chosen connection alone."""
    listed: bool = False
    """There is a list of other connections, or of lessons, to go back to."""
    served: bool = False
    """Who looks at it does so in a browser (`sockviz serve`): the machine is somebody else's."""
    lesson: Teaching | None = None
    """None: there is none, everything can be done."""
    watched: Watched | None = None
    """None: the screen is a stage."""
    language: "Language" = "en"
    """Of whatever is said: actions, guards and hints say it in English, and who shows it asks `say`."""

    def say(self, text: str) -> str:
        """A text of ours in the situation's language."""
        return translated(text, self.language)


class Question(msgspec.Struct, frozen=True):
    """Something to ask before an action can be done."""

    text: str
    default: str
    answer: Callable[[str], str | None]
    """Does it; or returns one sentence that says what is wrong with the answer, and the question stays."""


class Run(Protocol):
    """What an action may do to the run and its playhead; a `Session` can."""

    def send(self, intent: Intent) -> None:
        """Ask the engine."""

    def pause(self) -> None:
        """Stand still."""

    def play(self) -> None:
        """Go on from where the playhead is."""

    def step(self, direction: int, kind: Kind = ...) -> None:
        """Stand still at the next (1) or the previous (-1) moment of that kind."""

    def seek(self, t: int) -> None:
        """Stand still at `t`, ns."""

    def live(self) -> None:
        """Follow the newest moment."""

    def faster(self, direction: int) -> None:
        """Play faster (1) or slower (-1)."""

    def set_pace(self, pace: Pace) -> None:
        """Do that with the time between two moments."""

    def mark(self) -> None:
        """Mark the moment that is shown."""


class Desk(Protocol):
    """What an action may do to the screen."""

    def ask(self, question: Question) -> None:
        """Ask the operator."""

    def select(self, selection: Selection) -> None:
        """Point at something else."""

    def scroll(self, direction: int) -> None:
        """Scroll the inspector, or else the ladder, by a page down (1) or up (-1)."""

    def open_help(self) -> None:
        """Show all keys."""

    def open_palette(self) -> None:
        """Let the operator search the actions."""

    def toggle_inspector(self) -> None:
        """Open it, or close it."""

    def toggle_tab(self) -> None:
        """Show the other tab."""

    def toggle_source(self) -> None:
        """Show the program's source, or what was there before."""

    def next_language(self) -> None:
        """Show the source in another language, or in both."""

    def toggle_only(self) -> None:
        """Draw the ladder of the chosen connection alone, or of all."""

    def next_theme(self) -> None:
        """Other colours."""

    def choose_theme(self, name: str) -> None:
        """These colours, one of `sockviz.inks.INKS`."""

    def toggle_projector(self) -> None:
        """Fewer and larger things, for an audience; or as before."""

    def toggle_echo(self) -> None:
        """Show the last key, or don't."""

    def save(self) -> None:
        """Keep a picture of it."""

    def leave(self) -> None:
        """Go back to the list that this was chosen from."""

    def open_lessons(self) -> None:
        """End the run, and show the course."""

    def learn(self, verb: str, answer: int = 0) -> None:
        """Do in the lesson: `sockviz.lessons.scene.Verb`; `answer`: which one, from 0."""

    def attend(self, verb: str, number: int = 0) -> None:
        """Do on the screens of watched listeners: a method of `sockviz.tui.watch.screen.WatchScreen`."""

    def type_to(self) -> None:
        """Give the keyboard to one of the user's programs."""

    def quit(self) -> None:
        """End the run in order."""


class Controls(msgspec.Struct, frozen=True):
    """What an action may act upon."""

    run: Run
    desk: Desk


Guard: TypeAlias = Callable[[Situation], str | None]
"""Why not, in one sentence that says what to do instead; None: nothing is against it."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something the operator can do."""

    id: str
    keys: tuple[str, ...]
    """Textual's names of keys; the first one is on the button. None: it is found in the palette only."""
    group: Group
    label: str
    """A few words, as on a button."""
    help: str
    """One sentence."""
    run: Callable[[Situation, Controls], None]
    unless: tuple[Guard, ...] = ()
    """Asked in this order; the first reason counts."""
    short: str = ""
    """The label where room is scarce."""
    face: Callable[[Situation], tuple[str, str]] | None = None
    """Label and short label, where they depend on the situation (`hold` or `flow`)."""
    keys_shown: str = ""
    """How help prints the keys, where it isn't just their names."""
    listed: bool = True
    """Has a line of its own in the help, the palette and the README."""

    def why_not(self, situation: Situation) -> str | None:
        """Why it can't be done now; None: it can."""
        return next((reason for guard in self.unless if (reason := guard(situation))), None)

    def labels(self, situation: Situation) -> tuple[str, str]:
        """What the button says now, at length and in short."""
        return self.face(situation) if self.face else (self.label, self.short or self.label)
