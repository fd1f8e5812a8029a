"""What a lesson is: what is shown, what is done, what is asked, what must then be so. Data only."""

from typing import Annotated, Final, Literal

from sockviz import intents
from sockviz.lessons.actions import Action
from sockviz.lessons.facts import Fact
from sockviz.lessons.names import Span
from sockviz.lessons.points import Point
from sockviz.lessons.text import Text
from sockviz.lessons.words import Room, Table, doc

CAPTION: Final = Room(320)
"""Four lines of a small terminal."""
QUESTION: Final = Room(150)
NOTES: Final = Room(560)
"""What a presenter takes in at a glance."""

LEAST_CHOICES: Final = 2
MOST_CHOICES: Final = 5
MOST_STEPS: Final = 60


class Sysctls(Table, frozen=True, kw_only=True):
    """Settings of the two kernels, from before the server listens: `"net.ipv4.tcp_syncookies" = 0`."""

    server: Annotated[dict[str, int], doc("of the server's")] = {}  # noqa: RUF012 - msgspec copies it
    client: Annotated[dict[str, int], doc("of the client's")] = {}  # noqa: RUF012


class Setup(Table, frozen=True, kw_only=True):
    """The lab in which the lesson begins."""

    backlog: Annotated[int, doc("what the server passes to listen()")] = 2
    accept: Annotated[
        Literal["auto", "manual", "never"],
        doc("`auto`: the server is always in accept(); `manual`: only when told to; `never`"),
    ] = "manual"
    wire: Annotated[Literal["hold", "flow"], doc("hold each segment until it is released, or let all go")] = (
        "hold"
    )
    delay: Annotated[
        Span, doc("how long a segment is on its way, to be seen; without a screen it takes no time at all")
    ] = Span("400ms")
    ipv6: Annotated[bool, doc("IPv6 instead of IPv4")] = False
    listening: Annotated[bool, doc("the server listens when the lesson begins")] = True
    sysctls: Annotated[Sysctls, doc("settings of the two kernels")] = Sysctls()

    def flaw(self) -> str | None:
        """A backlog is a number of connections."""
        return None if 0 <= self.backlog <= _LARGEST_BACKLOG else f"a backlog is from 0 to {_LARGEST_BACKLOG}"

    def engine(self) -> intents.Setup:
        """What an engine is started with; the delay is told to it when somebody looks."""
        return intents.Setup(
            source="lab",
            backlog=self.backlog,
            accept=self.accept,
            ipv6=self.ipv6,
            mode=self.wire,
            listen=self.listening and not (self.sysctls.server or self.sysctls.client),
        )


_LARGEST_BACKLOG: Final = 65_535


class Choice(Table, frozen=True, kw_only=True):
    """An answer that can be predicted. Which one is right is decided by the kernel, not written down."""

    text: Annotated[Text, doc("the answer")]
    if_: Annotated[
        tuple[Fact, ...],
        doc("it is the right one if these facts hold afterwards; of one question exactly one must"),
    ]
    wrong: Annotated[Text | None, doc("why it is not so; needed wherever it is not so"), CAPTION] = None
    belief: Annotated[Text | None, doc("the misconception behind it, for the summary")] = None

    def flaw(self) -> str | None:
        """Without a fact it would always be right."""
        return (
            None
            if self.if_
            else "if: at least one fact was expected, by which the answer is known to be right"
        )


class Ask(Table, frozen=True, kw_only=True):
    """A prediction, to be made before it happens."""

    question: Annotated[Text, doc("what is asked"), QUESTION]
    choices: Annotated[tuple[Choice, ...], doc("the answers, 2 to 5")]

    def flaw(self) -> str | None:
        """Something to choose from."""
        return (
            None
            if LEAST_CHOICES <= len(self.choices) <= MOST_CHOICES
            else f"2 to {MOST_CHOICES} choices were expected"
        )


class Step(Table, frozen=True, kw_only=True):
    """One thing to be learned. In this order: say, ask, do, expect, explain."""

    id: Annotated[str, doc("small letters, digits and hyphens; unique in the lesson")]
    say: Annotated[Text | None, doc("what is told before anything happens"), CAPTION] = None
    ask: Annotated[Ask | None, doc("what the learner is to predict")] = None
    do: Annotated[tuple[Action, ...], doc("what is done, one after the other")] = ()
    expect: Annotated[tuple[Fact, ...], doc("what must be so afterwards, all at one moment")] = ()
    stays: Annotated[Span | None, doc("for how long it must stay so")] = None
    timeout: Annotated[Span, doc("how long an action, or what is expected, may take")] = Span("5s")
    explain: Annotated[Text | None, doc("what was to be seen, and why"), CAPTION] = None
    point: Annotated[tuple[Point, ...], doc("what is pointed at")] = ()
    point_after: Annotated[tuple[Point, ...] | None, doc("what is pointed at when it has been done")] = None
    notes: Annotated[
        Text | None, doc("for who presents it, not for the wall: what to show, what is often asked"), NOTES
    ] = None

    def flaw(self) -> str | None:
        """Something is shown, and nothing is for nothing."""
        if self.say is None and self.explain is None and self.ask is None:
            return "a step says, asks or explains something"
        if self.stays is not None and not self.expect:
            return "stays is about what is expected: there is no expect"
        return None


class Lesson(Table, frozen=True, kw_only=True):
    """A lesson."""

    id: Annotated[str, doc("small letters, digits and hyphens; the name of the file")]
    title: Annotated[Text, doc("a few words"), Room(48)]
    summary: Annotated[Text, doc("what one knows afterwards"), QUESTION]
    minutes: Annotated[int, doc("how long it takes")]
    prerequisites: Annotated[tuple[str, ...], doc("the lessons that come before it")] = ()
    notes: Annotated[
        Text | None, doc("for who presents it, not for the wall: how long, what matters most"), NOTES
    ] = None
    setup: Annotated[Setup, doc("the lab in which it begins")] = Setup()
    step: Annotated[tuple[Step, ...], doc("the steps, each a `[[step]]`")]

    def flaw(self) -> str | None:
        """It has a content and a length."""
        if not 1 <= len(self.step) <= MOST_STEPS:
            return f"a lesson has 1 to {MOST_STEPS} steps, each a [[step]]"
        return None if 1 <= self.minutes <= 60 else "minutes are a whole number from 1 to 60"  # noqa: PLR2004
