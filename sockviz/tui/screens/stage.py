"""The stage: keys, clicks and messages become actions, actions do what they want with it, frames are drawn.

It knows no key by name (the registry does), draws nothing itself and asks only the clock that it is given.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec import structs
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from sockviz.session.session import Session
from sockviz.tui.actions import guards, target
from sockviz.tui.actions.action import Controls, Situation
from sockviz.tui.actions.registry import ACTIONS, BY_ID, STAGE, key_name
from sockviz.tui.controls.line import palette_of
from sockviz.tui.controls.tabs import TabLine
from sockviz.tui.density import Density
from sockviz.tui.frames import Frames
from sockviz.tui.keys import Turn
from sockviz.tui.screens.acting import ActingScreen
from sockviz.tui.screens.furniture import SOURCE, Furniture
from sockviz.tui.situation import moving, situation_of
from sockviz.tui.speech import Speech
from sockviz.tui.status import clock
from sockviz.tui.textual_themes import DEFAULT, textual_name
from sockviz.tui.transport import Overview
from sockviz.tui.view import Selection, Spot, StageView
from sockviz.tui.widgets.kept import Kept
from sockviz.tui.widgets.messages import ActionPicked, ConnectionPicked, LessonsWanted, SegmentPicked

if TYPE_CHECKING:
    from sockviz.lessons.text import Language
    from sockviz.tui.closer import Closer

ARROWS, TRANSITIONS = 60, 200
"""How much of the past the ladder is given."""


class StageScreen(Kept, ActingScreen, inherit_bindings=False):
    """The one screen of free play."""

    CSS_PATH = Path(__file__).with_name("furniture.tcss")
    offered = STAGE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"do({action.id!r})", action.label, show=False)
        for action in ACTIONS
        for key in action.keys
    ]

    def __init__(
        self,
        session: Session,
        clock: Callable[[], int],
        density: Density = Density.NORMAL,
        leave: Callable[[], None] | None = None,
        language: "Language" = "en",
    ) -> None:
        """`clock`: CLOCK_MONOTONIC, ns; `leave`: goes back to the list that this was chosen from."""
        super().__init__()
        self.language = language
        self._clock = clock
        self._leave = leave
        self._selection = Selection()
        self._furniture = self._furnish()
        self._furniture.density = density
        self._furniture.language = language
        self._speech = self._speak()
        self._speech.echo = self._furniture.large
        self._theme_before = textual_name(DEFAULT)
        """What the projector mode is left for."""
        self._frame = 0
        self._closer: Closer | None = None
        self._take(session)

    def _furnish(self) -> Furniture:
        """What stands on this stage."""
        return Furniture()

    def _speak(self) -> Speech:
        """Who says what to press next."""
        return Speech()

    def _take(self, session: Session) -> None:
        """Show this run."""
        self._session = session
        self._overview = Overview(session)
        self._controls = Controls(session, self)

    def compose(self) -> ComposeResult:
        """Everything stands in the furniture."""
        yield self._furniture

    def on_mount(self) -> None:
        """Begin to draw."""
        self._frames = Frames(self, self._draw)
        self._watch()
        self._arrange()

    def _watch(self) -> None:
        """Draw what the session takes in."""
        self._session.on_change = self._frames.news

    async def on_unmount(self) -> None:
        """Leave no process behind."""
        if self._closer is not None:
            await self._closer.close()

    @property
    def _run(self) -> Session:
        return self._session

    def wake(self) -> None:
        """Something happened in the session: draw soon."""
        self._frames.wake()

    # keys, clicks, messages → actions

    def action_do(self, name: str) -> None:
        """Do what a key, a button or the palette asks for; or say why not."""
        action, situation = BY_ID[name], self._look()
        if self._speech.asked(action, situation, self._session.notice):
            action.run(situation, self._controls)
        self.wake()

    # what is typed before the run has begun (keys.Early)

    @property
    def begun(self) -> bool:
        """There is something to be asked."""
        return self._session.begun

    def turn(self, key: str) -> Turn:
        """When a key is to be done: what needs a run waits until there is one."""
        action = next((one for one in self.offered if key in one.keys), None)
        if action is None:
            return Turn.NOW
        if action is BY_ID["quit"]:
            return Turn.AT_ONCE
        if guards.starting in action.unless and not self.begun:
            return Turn.NOT_YET
        return Turn.NOT_NOW if action.why_not(self._look()) else Turn.NOW

    def promise(self, key: str) -> None:
        """Say that a key will be done."""
        self._speech.tell(f"`{key_name(key)}` waits until the run has begun.")
        self.wake()

    # messages

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        """Only the other tab is a change."""
        self._furniture.choose(message.tab)
        self._arrange()

    def on_connection_picked(self, message: ConnectionPicked) -> None:
        """A connection was clicked, perhaps one end of it."""
        side = message.host or self._selection.side
        self.select(Selection(connection=message.connection, side=side))

    def on_segment_picked(self, message: SegmentPicked) -> None:
        """A segment was clicked."""
        self.select(replace(self._selection, segment=message.segment))

    def on_action_picked(self, message: ActionPicked) -> None:
        """What stands for an action is its key."""
        self.action_do(message.action)

    # what actions do to the screen (actions.Desk)

    def select(self, selection: Selection) -> None:
        """Point at something else."""
        self._selection = selection
        self.wake()

    def scroll(self, direction: int) -> None:
        """What is read now."""
        self._furniture.scroll_page(direction)

    def toggle_inspector(self) -> None:
        """Beside the ladder, or instead of nearly everything where there is no room."""
        self._furniture.inspecting = not self._furniture.inspecting
        self._arrange()

    def toggle_tab(self) -> None:
        """The next one of those that share a place."""
        self._furniture.next_tab()
        self._arrange()

    def toggle_source(self) -> None:
        """In the table's place, or that of all that share one."""
        self._furniture.toggle_source()
        self._arrange()

    def next_language(self) -> None:
        """Of the source."""
        self._furniture.next_language()
        self._arrange()

    def toggle_only(self) -> None:
        """In the ladder."""
        self._furniture.only = not self._furniture.only
        self.wake()

    def toggle_projector(self) -> None:
        """Larger, with the projector's colours and the last key in words; or all of that as before."""
        furniture, colours = self._furniture, textual_name("projector")
        furniture.density = Density.NORMAL if furniture.large else Density.LARGE
        if furniture.large:
            self._theme_before, self.app.theme = self.app.theme, colours
        elif self.app.theme == colours:
            self.app.theme = self._theme_before
        self._speech.echo = furniture.large
        self._arrange()

    def toggle_echo(self) -> None:
        """From the next key on."""
        self._speech.echo = not self._speech.echo

    def save(self) -> None:
        """Beside whatever else is in the working directory."""
        from sockviz.tui.picture import save  # noqa: PLC0415  not needed for the first frame

        self._speech.tell(save(self.app, clock(self._session.now)))

    def leave(self) -> None:
        """The app knows how."""
        if self._leave is not None:
            self._leave()

    def open_lessons(self) -> None:
        """The app goes there when it has ended."""
        self.post_message(LessonsWanted())

    def learn(self, verb: str, answer: int = 0) -> None:
        """There is no lesson here."""

    def attend(self, verb: str, number: int = 0) -> None:
        """Nothing is watched here."""

    def type_to(self) -> None:
        """Nobody of ours reads a keyboard."""

    # drawing

    def _arrange(self) -> None:
        self._furniture.place(self.size)
        self.wake()

    def _look(self) -> Situation:
        return situation_of(
            self._session,
            self._selection,
            self._session.arrows(ARROWS),
            tabs=self._furniture.tabs,
            inspecting=self._furniture.inspecting,
            large=self._furniture.large,
            sourced=self._furniture.tab == SOURCE,
            only=self._furniture.only,
            listed=self._leave is not None,
            served=self.app.is_web,
            language=self.language,
        )

    def _draw(self) -> bool:
        """One frame; True: the next one will differ."""
        if not self._furniture.furnished:
            return False
        session = self._session
        session.tick(self._clock())
        situation = self._look()
        self._frame += 1
        view = StageView(
            world=session.world,
            now=session.now,
            arrows=situation.arrows,
            transitions=session.transitions(TRANSITIONS),
            selection=self._selection,
            pointed=self._pointed(),
            density=self._furniture.density,
            language=self.language,
            frame=self._frame,
        )
        failure = session.failure.message if session.failure else ""
        transport = self._overview.look(self._furniture.columns)
        notice = self._speech.notice(situation, session.notice, failure)
        self._furniture.paint(view, situation, transport, notice)
        if self._furniture.inspecting:
            self._inspect(view, situation)
        return moving(session)

    def _pointed(self) -> frozenset[Spot]:
        """What is spoken of."""
        return frozenset()

    def _inspect(self, view: StageView, situation: Situation) -> None:
        """What is pointed at, else the connection that the keys act on."""
        if self._closer is None:
            from sockviz.tui.closer import Closer  # noqa: PLC0415  not needed for the first frame

            self._closer = Closer(self.wake)
        chosen = target.connection(structs.replace(situation, world=view.world))
        self._furniture.inspect(*self._closer.look(view, chosen, palette_of(self)))
