"""What both screens of watched listeners do: keys and clicks become actions, frames are drawn, time is moved.

Draws nothing itself and asks only the clock that it is given. What is on the screen is its subclasses'.
"""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widgets import Input

from sockviz.session.playback import Mode
from sockviz.session.watching import Watching
from sockviz.tui.actions.action import Action, Controls, Situation
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.notice import NoticeLine
from sockviz.tui.controls.statusline import StatusLine
from sockviz.tui.controls.transport import TransportBar
from sockviz.tui.density import Density
from sockviz.tui.frames import Frames
from sockviz.tui.hints import Hint
from sockviz.tui.speech import Speech
from sockviz.tui.status import brief, rate
from sockviz.tui.textual_themes import textual_name
from sockviz.tui.transport import Overview
from sockviz.tui.watch import bar, status
from sockviz.tui.watch.attention import Attention
from sockviz.tui.watch.filterline import FilterLine
from sockviz.tui.watch.render.finding import clock
from sockviz.tui.watch.view import WatchView, rising
from sockviz.tui.watch.widgets import FindingView, RowList, Unseen
from sockviz.tui.widgets.messages import ActionPicked
from sockviz.world.watch.model import Watch

LEAST: Final = (80, 24)
_MOMENTS: Final = 8
"""How many are looked at for the first reading."""
READABLE: Final = 0.2
"""Seconds; numbers that change more often than this can't be read."""
ROOMY: Final = (110, 30)
"""Columns and rows from which on everything stands side by side."""


def bindings(actions: Sequence[Action]) -> list[BindingType]:
    """The keys of a screen."""
    return [
        Binding(key, f"do({action.id!r})", action.label, show=False)
        for action in actions
        for key in action.keys
    ]


class WatchScreen(FilterLine):
    """A screen that shows a `Watching`."""

    AUTO_FOCUS = ""
    CSS_PATH = Path(__file__).with_name("watch.tcss")
    plans: ClassVar[tuple[bar.Plan, bar.Plan]] = ((), ())
    """Which of it has a button, and where: with room, and with little."""
    numbers: ClassVar[Collection[str]] = ()
    """Columns that are sorted by with the largest first."""

    def __init__(
        self, attention: Attention, clock: Callable[[], int], advise: Callable[[Situation], Hint]
    ) -> None:
        """`clock`: CLOCK_MONOTONIC, ns."""
        super().__init__()
        self._attention = attention
        self._watching = attention.watching
        self._clock = clock
        self._known: Mapping[str, Action] = {action.id: action for action in self.offered}
        self._speech = Speech(advise)
        self._overview = Overview(self._watching)
        self._controls = Controls(self._watching, self)
        self._news = False

    def on_mount(self) -> None:
        """Begin to draw."""
        for rows in self.query(RowList):
            rows.can_focus = False
        self._frames = Frames(self, self._draw)
        self.set_interval(READABLE, self._catch_up)
        self.on_screen_resume()

    def on_screen_resume(self) -> None:
        """It is on top (again)."""
        self._watching.on_change = self._note
        self._speech.echo = self._attention.echo
        self._arrange()

    @property
    def _run(self) -> Watching:
        return self._watching

    def wake(self) -> None:
        """Somebody did something: draw soon."""
        self._frames.wake()

    def _note(self) -> None:
        """Something was seen: draw it with what else is seen until then; at once if it is the first."""
        self._news = True
        if not self._watching.watch.version or self._watching.failure is not None:
            self.wake()

    def _catch_up(self) -> None:
        if self._news:
            self._news = False
            self.wake()

    def _arrange(self) -> None:
        width, height = self.size
        self.set_class(width < LEAST[0] or height < LEAST[1], "-too-small")
        self.set_class(width < ROOMY[0] or height < ROOMY[1], "-tabs")
        self.set_class(self._attention.large, "-large")
        self.wake()

    # keys and clicks → actions

    def action_do(self, name: str) -> None:
        """Do what a key, a button or the palette asks for; or say why not."""
        if isinstance(self.focused, Input):
            return
        action, situation = self._known[name], self._look()
        if self._speech.asked(action, situation, self._watching.notice):
            action.run(situation, self._controls)
        self.wake()

    def on_action_picked(self, message: ActionPicked) -> None:
        """What stands for an action is its key."""
        if message.action in self._known:
            self.action_do(message.action)

    def on_row_list_sorted(self, message: RowList.Sorted) -> None:
        """By that column; by the same one, the other way round."""
        self._sort_by(message.key)
        self.wake()

    # what actions do to the screen

    def attend(self, verb: str, number: int = 0) -> None:
        """Do what only these screens can: the method of that name."""
        method = getattr(self, f"do_{verb}")
        method(number)
        self._arrange()

    def do_drop(self, direction: int) -> None:
        """Go to where the next (1) or the previous (-1) drop was first seen."""
        now = self._watching.now
        times = sorted(found.t for found in self._watching.timeline.edge.findings)
        there = [t for t in times if t > now] if direction > 0 else [t for t in times[::-1] if t < now]
        if there:
            self._watching.seek(there[0])
            self._speech.tell(f"Here a drop was first seen, at {clock(there[0])}.")
        else:
            way = "after" if direction > 0 else "before"
            self._speech.tell(f"No drop was seen {way} this moment.")

    def do_move(self, by: int) -> None:
        """The cursor."""
        self._main.move(by)

    def do_sort(self, _: int) -> None:
        """By the next column."""
        keys = [key for key in self._main.keys if self._sortable(key)]
        at = keys.index(self._order) if self._order in keys else -1
        self._sort_by(keys[(at + 1) % len(keys)])

    def do_reverse(self, _: int) -> None:
        """The other way round."""
        self._descending = not self._descending

    def scroll(self, direction: int) -> None:
        """By a page."""
        self._main.move(direction * self._main.page)

    def toggle_projector(self) -> None:
        """Larger, with the projector's colours and the last key in words; or all of that as before."""
        attention, colours = self._attention, textual_name("projector")
        attention.density = Density.NORMAL if attention.large else Density.LARGE
        if attention.large:
            attention.theme_before, self.app.theme = self.app.theme, colours
        elif self.app.theme == colours:
            self.app.theme = attention.theme_before
        self._speech.echo = attention.echo = attention.large
        self._arrange()

    def toggle_echo(self) -> None:
        """From the next key on."""
        self._speech.echo = self._attention.echo = not self._speech.echo
        self.wake()

    def save(self) -> None:
        """As SVG."""
        from sockviz.tui import picture  # noqa: PLC0415  not needed for the first frame

        self._speech.tell(picture.save(self.app, clock(self._watching.now)))

    # frames

    @property
    @abstractmethod
    def _main(self) -> RowList[object]:
        """What the cursor is in."""

    _order = ""
    """The column that the rows are sorted by."""
    _descending = False

    def _sortable(self, key: str) -> bool:
        """Rows can be sorted by that column."""
        del key
        return True

    def _sort_by(self, key: str) -> None:
        """By that column; by the same one, the other way round."""
        if self._sortable(key):
            self._descending = not self._descending if key == self._order else key in self.numbers
            self._order = key

    @abstractmethod
    def _look(self) -> Situation:
        """What actions are judged by."""

    @abstractmethod
    def _follow(self, watch: Watch) -> bool:
        """Show the other screen if it is its turn; False: this one goes on."""

    @abstractmethod
    def _paint(self, view: WatchView) -> None:
        """Show a frame in what this screen has of its own."""

    def _view(self, watch: Watch) -> WatchView:
        """What is drawn."""
        attention, now = self._attention, self._watching.now
        return WatchView(
            watch=watch,
            now=now,
            span=attention.shown_span(now),
            density=attention.density,
            end="now" if self._watching.mode is Mode.LIVE else clock(now),
            drops=rising(watch, now),
        )

    def _draw(self) -> bool:
        """One frame; True: the next one will differ."""
        if not self._on_top():
            return False
        watching = self._watching
        watching.tick(self._clock())
        if watching.recorded and not watching.now and watching.mode is Mode.PAUSED:
            self._open_recording()
        watch = watching.watch
        if self._follow(watch):
            return False
        view = self._view(watch)
        self._paint(view)
        self._furnish(view, self._look())
        return watching.mode is Mode.PLAYING

    def _on_top(self) -> bool:
        """No other one of these screens is above this one."""
        return next(one for one in reversed(self.app.screen_stack) if isinstance(one, WatchScreen)) is self

    def _open_recording(self) -> None:
        """Its first moments have nothing to show: the first reading of the table is where it begins."""
        watching, t = self._watching, 0
        for _ in range(_MOMENTS):
            following = watching.timeline.next_event(t)
            if following is None or watching.watch.sampled:
                return
            t = following
            watching.seek(t)

    def _furnish(self, view: WatchView, situation: Situation) -> None:
        """What stands on both screens."""
        watching, watch = self._watching, view.watch
        netns = watching.plan.setup.watch.netns if watching.plan.setup.watch is not None else ""
        live = watching.mode is Mode.LIVE and not situation.over and watch.sampled > 0
        fields = list(
            status.parts(
                watch,
                replayed=watching.name,
                netns=netns,
                recording=watching.recording,
                age=watching.now - watch.sampled if live else 0,
            )
        )
        self.query_one(StatusLine).show(tuple(brief(fields) if view.large else fields))
        transport = self.query_one(TransportBar)
        faces = bar.transport(self._known, situation)
        transport.show(self._overview.look(transport.columns), faces, rate(situation.speed))
        finding = self.query_one(FindingView)
        finding.most = self._finding_rows()
        finding.show(view)
        self.query_one(Unseen).show(view)
        plan = self.plans[self.has_class("-tabs")]
        for row, clusters in zip(self.query(ButtonRow), bar.rows(plan, self._known, situation), strict=True):
            row.show(clusters)
        failure = watching.failure.message if watching.failure else ""
        self.query_one(NoticeLine).show(self._speech.notice(situation, watching.notice, failure))

    def _finding_rows(self) -> int:
        """How many rows a finding may take."""
        return 4 if self.has_class("-tabs") or self._attention.large else 6
