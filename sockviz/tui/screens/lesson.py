"""The stage with a lesson on it: the learner's keys go to the lesson, and in free play to the stage."""

from collections.abc import Callable
from typing import ClassVar, Final

from msgspec import structs
from textual.binding import Binding, BindingType

from sockviz.lessons.runner import Runner
from sockviz.lessons.scene import Phase, Verb
from sockviz.lessons.schema import Lesson
from sockviz.lessons.text import Language
from sockviz.session.playback import Mode
from sockviz.session.session import Session
from sockviz.tui.actions.action import Situation, Teaching
from sockviz.tui.actions.registry import ACTIONS, LESSON
from sockviz.tui.controls.tabs import TABS
from sockviz.tui.density import Density
from sockviz.tui.keys import Turn
from sockviz.tui.lesson import words
from sockviz.tui.lesson.furniture import LessonFurniture
from sockviz.tui.lesson.play import HAPPENING, Play
from sockviz.tui.lesson.pointing import counters, spots, wants_table
from sockviz.tui.lesson.rows import Told
from sockviz.tui.lesson.widget import LessonPanel
from sockviz.tui.screens.furniture import STAGE, Furniture
from sockviz.tui.screens.stage import StageScreen
from sockviz.tui.view import Selection, Spot

TICK: Final = 0.05
"""Seconds between two looks at the clock while something happens."""
_STAGE_KEYS: Final = {key: action.id for action in ACTIONS for key in action.keys}
_PAGES: Final = frozenset({"pageup", "pagedown"})
"""What the remote control of a presenter sends; they scroll what is looked into."""
_LESSON_KEYS: Final = {key: action.id for action in LESSON for key in action.keys}


class LessonScreen(StageScreen, inherit_bindings=False):
    """A lesson being taken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"press({key!r})", show=False) for key in {**_STAGE_KEYS, **_LESSON_KEYS}
    ]

    def __init__(
        self,
        play: Play,
        session: Session,
        clock: Callable[[], int],
        *,
        language: Language,
        leave: Callable[[], None],
        following: Lesson | None = None,
        follow: Callable[[], None] = lambda: None,
        density: Density = Density.NORMAL,
    ) -> None:
        """A screen.

        Args:
            play: The lesson.
            session: Of the run that `play` has begun.
            clock: CLOCK_MONOTONIC, ns.
            language: Of its texts.
            leave: Goes to the list of lessons.
            following: The lesson after this one.
            follow: Begins that.
            density: As on the stage.
        """
        self._play = play
        self.language = language
        self._following = following
        self._follow = follow
        self._told: Told | None = None
        self._news = self._resumed(play)
        super().__init__(session, clock, density, leave, language)

    def _resumed(self, play: Play) -> str:
        count = len(play.runner.lesson.step)
        text = words.RESUMED.of(self.language).format(number=play.resumed, count=count)
        return text if play.resumed > 1 else ""

    def _furnish(self) -> Furniture:
        """The stage, and the lesson's panel."""
        self._panel = LessonFurniture()
        return self._panel

    @property
    def density(self) -> Density:
        """How large things are now."""
        return self._furniture.density

    @property
    def following(self) -> Lesson | None:
        """The lesson after this one."""
        return self._following

    def on_mount(self) -> None:
        """Begin to teach."""
        super().on_mount()
        self._play.on_change = self._changed
        self._ticking = self.set_interval(TICK, self._play.tick)
        self._changed()

    async def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._play.on_change = lambda: None
        await super().on_unmount()

    def change(self, session: Session) -> None:
        """Another lab: nothing of what was selected or looked into is in it."""
        self._session.on_change = lambda: None
        self._selection = Selection(side=self._selection.side)
        if self._closer is not None:
            self.run_worker(self._closer.close())
            self._closer = None
        self._take(session)
        self._watch()

    # what keys and clicks do

    def action_press(self, key: str) -> None:
        """A key: the lesson's, as far as it has a use for it now, else the stage's."""
        scene = self._runner.scene
        known = key.isdecimal() and int(key) in self._session.world.connections
        wanted = not scene.free and (not known or Verb.ANSWER in scene.verbs)
        stopped = self._session.mode is not Mode.LIVE or not scene.verbs
        if (key in _PAGES and self._furniture.inspecting) or (key == "space" and stopped):
            wanted = False
        first, second = (_LESSON_KEYS, _STAGE_KEYS) if wanted else (_STAGE_KEYS, _LESSON_KEYS)
        self.action_do(first.get(key) or second[key])

    def turn(self, key: str) -> Turn:  # noqa: ARG002 - any
        """At once or not at all: nobody has answered, or gone on, before there was anything to read."""
        return Turn.NOW

    def on_lesson_panel_answered(self, message: LessonPanel.Answered) -> None:
        """An answer was clicked."""
        self.action_do(f"lesson-answer-{message.answer + 1}")

    def learn(self, verb: str, answer: int = 0) -> None:
        """Do it, and look at what happens now."""
        runner = self._runner
        self._news = self._play.memory.complaint
        if self._session.mode is not Mode.LIVE:
            self._session.live()
        if verb == Verb.FORWARD and runner.phase is Phase.DONE and not runner.free:
            self._follow()
            return
        self._play.do(
            {
                Verb.FORWARD: runner.forward,
                Verb.ANSWER: lambda: runner.answer(answer),
                Verb.BACK: runner.back,
                Verb.REPEAT: runner.repeat,
                Verb.PLAY_FREELY: runner.play_freely,
                Verb.RETURN: runner.return_to_lesson,
            }[Verb(verb)]()
        )

    @property
    def _runner(self) -> Runner:
        return self._play.runner

    # what is shown

    def _changed(self) -> None:
        """Tell what there is to tell, if that is something else."""
        before, told = self._told, self._tell()
        if told == before or not self._panel.furnished:
            return
        self._told = told
        if told.scene.phase in HAPPENING and not told.scene.free:
            self._ticking.resume()
        else:
            self._ticking.pause()
        if before is None or _moment(before) != _moment(told):
            self._turn(told)
        self._panel.tell(told)
        self._arrange()

    def _tell(self) -> Told:
        runner = self._runner
        scene, totals = runner.scene, runner.world.counters
        return Told(
            lesson=runner.lesson,
            scene=scene,
            summary=runner.summary,
            language=self.language,
            following=self._following,
            counters=tuple((*one, totals[one]) for one in counters(scene.targets)),
            rebuilding=self._play.labs > 1,
        )

    def _turn(self, told: Told) -> None:
        """Where ladder and table share a place, show the one that is spoken of."""
        if self._panel.large:
            self._panel.choose(STAGE)
        else:
            self._panel.choose(TABS[wants_table(told.scene.targets)])

    def _pointed(self) -> frozenset[Spot]:
        """What the lesson speaks of."""
        told = self._told
        return spots(told.scene.targets) if told is not None and not told.scene.free else frozenset()

    def _look(self) -> Situation:
        """With the lesson."""
        return structs.replace(super()._look(), listed=True, lesson=self._teaching())

    def _teaching(self) -> Teaching:
        scene = self._runner.scene
        verbs = {verb.value for verb in scene.verbs}
        if scene.phase is Phase.DONE and self._following is not None and not scene.free:
            verbs.add(Verb.FORWARD.value)
        return Teaching(
            phase=scene.phase.value,
            verbs=frozenset(verbs),
            answers=len(scene.options),
            free=scene.free,
            following=self._following is not None,
            news=self._news or self._play.memory.complaint,
        )


def _moment(told: Told) -> tuple[str, Phase, bool]:
    return told.scene.step.id, told.scene.phase, told.scene.free
