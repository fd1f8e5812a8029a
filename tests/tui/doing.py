"""Actions without a screen: what they asked for, or why not."""

from dataclasses import dataclass, field

from sockviz.tui.actions.action import Controls
from sockviz.tui.actions.registry import BY_ID


@dataclass
class Written:
    """Writes down what it is told, as run and as desk."""

    done: list = field(default_factory=list)

    def __getattr__(self, name):
        def told(*args):
            self.done.append(args[0] if name in {"send", "ask", "select"} else (name, *args))

        return told


def do(name, situation):
    """What the action does; it must be possible."""
    action, written = BY_ID[name], Written()
    assert action.why_not(situation) is None
    action.run(situation, Controls(written, written))
    return written.done


def refuse(name, situation):
    """Why the action can't be done; it must say."""
    reason = BY_ID[name].why_not(situation)
    assert reason is not None, f"{name} is possible"
    assert reason.count("`") % 2 == 0
    return reason.replace("`", "")


def answer(name, situation, text):
    """What comes of answering the action's question with `text`: what is done, and the complaint."""
    action, written = BY_ID[name], Written()
    action.run(situation, Controls(written, written))
    (question,) = written.done
    written.done.clear()
    return question, question.answer(text), written.done
