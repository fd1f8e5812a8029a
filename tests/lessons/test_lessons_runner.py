"""The runner, with a learner at it, on the live kernel."""

import msgspec
import pytest
from classroom import Classroom
from lesson_texts import BELIEF, EXPLAIN, QUESTION, SAY, WRONG, choice, lesson, step

from sockviz.intents import Connect
from sockviz.lessons.catalogue import find
from sockviz.lessons.names import Span
from sockviz.lessons.runner import Runner
from sockviz.lessons.scene import Bookmark, Phase, Prediction, Restart, Verb
from sockviz.lessons.schema import Lesson

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]


def quick(name: str) -> Lesson:
    """A lesson of the course, on a wire that takes no time."""
    found = find(name)
    return msgspec.structs.replace(found, setup=msgspec.structs.replace(found.setup, delay=Span("0ms")))


ALWAYS = frozenset({Verb.REPEAT, Verb.PLAY_FREELY})
HELD = '[setup]\nwire = "hold"\ndelay = "0ms"'


async def test_a_step_phase_by_phase() -> None:
    """Nothing happens before the prediction; the answer is what the kernel did; the error is explained."""
    async with Classroom(quick("handshake")) as room:
        scene = await room.phase(Phase.SAY)
        assert (scene.number, scene.count, scene.verbs) == (1, 7, ALWAYS | {Verb.FORWARD})
        assert {target.kind for target in scene.targets} == {"listener", "wire"}
        await room.do("forward")
        scene = await room.until(lambda scene: scene.step.id == "connect" and scene.phase is Phase.SAY)
        await room.do("forward")

        scene = room.runner.scene
        assert scene.phase is Phase.ASK
        assert scene.verbs == ALWAYS | {Verb.ANSWER, Verb.BACK}
        assert scene.question.en == "What leaves the client first?"
        assert [(one.chosen, one.true, one.wrong) for one in scene.options] == [(False, None, None)] * 3
        await room.do("forward")
        assert room.runner.scene.phase is Phase.ASK
        assert not room.runner.world.connections

        await room.do("answer", 1)
        scene = await room.phase(Phase.VERDICT)
        assert [(one.chosen, one.true) for one in scene.options] == [
            (False, True),
            (True, False),
            (False, False),
        ]
        assert scene.text == scene.options[1].wrong == scene.step.ask.choices[1].wrong
        assert [one.wrong for one in scene.options if not one.chosen] == [None, None]
        assert {(target.kind, target.connection) for target in scene.targets} == {("packet", 1), ("call", 1)}
        await room.do("forward")
        assert room.runner.scene.phase is Phase.EXPLAIN
        assert room.runner.scene.text == scene.step.explain

        summary = room.runner.summary
        assert (summary.right, len(summary.predictions), summary.asked) == (0, 1, 5)
        assert summary.predictions[0].true.en == "A segment without any data: SYN"
        assert summary.predictions[0].belief.en == "connect() sends the request"


async def test_to_the_end() -> None:
    async with Classroom(quick("handshake")) as room:
        await room.go_to("at-speed", Phase.EXPLAIN)
        await room.do("forward")
        assert room.runner.scene.phase is Phase.DONE
        assert room.runner.scene.verbs == ALWAYS | {Verb.BACK}
        summary = room.runner.summary
        assert (summary.right, summary.asked, summary.problems) == (5, 5, {})
        assert all(one.right for one in summary.predictions)
        assert room.runner.bookmark.finished
        assert room.restarts == 0


async def test_back_builds_the_world_of_that_time() -> None:
    async with Classroom(quick("handshake")) as room:
        await room.go_to("syn-ack", Phase.EXPLAIN)
        assert room.runner.world.connections[1].client.state == "ESTABLISHED"
        await room.do("back")
        assert room.restarts == 1
        assert room.runner.scene.verbs == frozenset()
        scene = await room.phase(Phase.SAY)
        assert scene.step.id == "syn"
        (connection,) = room.runner.world.connections.values()
        assert (connection.client.state, connection.server.state) == ("SYN_SENT", "CLOSED")
        # And the lesson goes on from there.
        await room.go_to("syn-ack", Phase.EXPLAIN)


async def test_back_needs_no_new_world_where_nothing_was_done() -> None:
    async with Classroom(quick("handshake")) as room:
        await room.go_to("connect", Phase.ASK)
        await room.do("back")
        assert (room.runner.scene.step.id, room.runner.scene.phase, room.restarts) == ("ready", Phase.SAY, 0)
        await room.go_to("connect", Phase.ASK)


async def test_a_step_again_keeps_the_first_prediction() -> None:
    async with Classroom(quick("handshake")) as room:
        await room.go_to("connect", Phase.ASK)
        await room.do("answer", 2)
        await room.phase(Phase.VERDICT)
        await room.do("repeat")
        scene = await room.phase(Phase.SAY)
        assert scene.step.id == "connect"
        assert not room.runner.world.connections
        await room.go_to("connect", Phase.VERDICT)
        assert [one.chosen for one in room.runner.scene.options] == [True, False, False]
        assert [one.right for one in room.runner.summary.predictions] == [False]


async def test_free_play_and_back() -> None:
    """Whatever was done freely, the lesson goes on where it was."""
    async with Classroom(quick("handshake")) as room:
        await room.go_to("syn", Phase.EXPLAIN)
        await room.do("play_freely")
        assert (room.runner.scene.free, room.runner.scene.verbs) == (True, frozenset({Verb.RETURN}))
        room.send(Connect(count=2))
        await room.until(lambda _: len(room.runner.world.connections) == 3)
        await room.do("return_to_lesson")
        scene = await room.until(lambda scene: bool(scene.verbs))
        assert (scene.step.id, scene.phase, scene.free) == ("syn", Phase.EXPLAIN, False)
        assert [c.server.state for c in room.runner.world.connections.values()] == ["SYN_RECV"]
        await room.go_to("syn-ack", Phase.VERDICT)


async def test_leave_and_resume() -> None:
    bookmark = Bookmark(step="ack", predictions={"connect": Prediction(1, 0)})
    async with Classroom(quick("handshake"), bookmark=bookmark) as room:
        scene = await room.phase(Phase.SAY)
        assert (scene.step.id, scene.number) == ("ack", 6)
        (connection,) = room.runner.world.connections.values()
        assert (connection.client.state, connection.server.state) == ("ESTABLISHED", "SYN_RECV")
        assert room.runner.bookmark == bookmark
        assert len(room.runner.summary.predictions) == 1


async def test_the_wire_is_slow_only_for_whoever_looks() -> None:
    """What was done before is done at full speed; then the delay is the lesson's."""
    async with Classroom(find("no-accept"), bookmark=Bookmark(step="send")) as room:
        await room.until(lambda scene: scene.phase is Phase.SAY and room.runner.world.wire.delay > 0)
        assert room.runner.world.wire.delay == 400_000_000
        arrows = [command for command in room.commands if type(command).__name__ == "Wire"]
        assert len(arrows) == 1


async def test_a_lesson_that_is_wrong_says_what_the_kernel_had() -> None:
    wrong = lesson(
        step("one", SAY, EXPLAIN, "do = [{ connect = 1 }]", 'timeout = "1s"',
             'expect = [{ socket = "client 1", state = "ESTABLISHED" }, { wire = "SYN" }]'),
        step("two", SAY),
        setup=HELD,
    )  # fmt: skip
    async with Classroom(wrong) as room:
        await room.phase(Phase.SAY)
        await room.do("forward")
        scene = await room.phase(Phase.FAILED)
        assert [(one.expected.en, one.had.en) for one in scene.problems] == [
            ("client 1: state ESTABLISHED", "state SYN_SENT")
        ]
        await room.do("forward")
        assert room.runner.scene.phase is Phase.EXPLAIN
        await room.do("forward")
        assert room.runner.scene.step.id == "two"
        # What does not hold here is not waited for again.
        await room.do("forward")
        await room.phase(Phase.DONE)
        assert list(room.runner.summary.problems) == ["one"]


async def test_an_action_that_can_t_be_done() -> None:
    wrong = lesson(
        step("one", SAY, 'do = [{ release = "FIN", connection = 1 }]', 'timeout = "1s"'), setup=HELD
    )
    async with Classroom(wrong) as room:
        await room.phase(Phase.SAY)
        await room.do("forward")
        (problem,) = (await room.phase(Phase.FAILED)).problems
        assert problem.expected.en == "release FIN: FIN of connection 1 to be held"
        assert problem.had.en == "on the wire: nothing"


async def test_what_the_engine_refuses() -> None:
    wrong = lesson(
        step("one", SAY, 'do = [{ accepting = "never" }, { accept = "listener" }]', 'timeout = "20s"'),
        setup=HELD,
    )
    async with Classroom(wrong) as room:
        await room.phase(Phase.SAY)
        await room.do("forward")
        (problem,) = (await room.phase(Phase.FAILED)).problems
        assert problem.expected.en.startswith("accept listener: ")
        assert problem.had.en == "The server's accept is set to never: set it to manual first."


@pytest.mark.parametrize(
    ("conditions", "had"),
    [
        (('{ queue = "SYN", depth = 1 }', '{ queue = "SYN", depth = 2 }'),
         ["none did", "depth 0", "depth 0"]),
        (('{ queue = "SYN", depth = 0 }', '{ queue = "accept", depth = 0 }'), ["choices 1 and 2 did"]),
    ],
)  # fmt: skip
async def test_exactly_one_choice_must_come_true(conditions: tuple[str, str], had: list[str]) -> None:
    choices = "".join(choice(str(n), condition, WRONG, BELIEF) for n, condition in enumerate(conditions))
    wrong = lesson(step("one", SAY, 'timeout = "1s"', QUESTION + choices), setup=HELD)
    async with Classroom(wrong) as room:
        await room.phase(Phase.SAY)
        await room.do("forward")
        await room.do("answer", 0)
        scene = await room.phase(Phase.FAILED)
        assert [one.had.en for one in scene.problems] == had
        assert room.runner.summary.predictions == ()


async def test_what_must_stay_so() -> None:
    """A client that nobody answers does not stay silent for two seconds."""
    wrong = lesson(
        step("one", SAY, "do = [{ connect = 1 }]", 'stays = "2s"', 'timeout = "2s"',
             'expect = [{ wire = "SYN", resent = 0 }]'),
        setup=HELD,
    )  # fmt: skip
    async with Classroom(wrong) as room:
        await room.phase(Phase.SAY)
        await room.do("forward")
        (problem,) = (await room.phase(Phase.FAILED)).problems
        assert problem.expected.en == "on the wire: SYN: >= 1, sent again 0"


async def test_the_runner_is_a_function_of_what_it_is_told() -> None:
    """Another runner that is told the same commands the same: it looks at no clock and at nothing else."""
    async with Classroom(quick("handshake")) as room:
        await room.go_to("syn", Phase.EXPLAIN)
        await room.do("back")
        await room.go_to("syn", Phase.VERDICT)
    again = Runner(room.runner.lesson)
    commands = [command for verb, arguments in room.inputs for command in getattr(again, verb)(*arguments)]
    assert commands == room.commands
    assert sum(isinstance(command, Restart) for command in commands) == 1
    assert again.scene == room.runner.scene
    assert again.summary == room.runner.summary


def test_before_anything_happens_nothing_can_be_asked() -> None:
    runner = Runner(find("handshake"))
    assert runner.scene.phase is Phase.STARTING
    assert runner.scene.verbs == frozenset()
    for verb in ("forward", "back", "repeat", "play_freely", "return_to_lesson"):
        assert getattr(runner, verb)() == []
    assert runner.answer(0) == []
    assert runner.tick(10**12) == []
    assert runner.scene.phase is Phase.STARTING
