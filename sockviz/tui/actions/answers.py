"""Reading what the operator typed. Pure."""

from collections.abc import Callable


def number(low: int, high: int, then: Callable[[int], None]) -> Callable[[str], str | None]:
    """Make the `answer` of a question that wants a whole number from `low` to `high`."""

    def answer(text: str) -> str | None:
        try:
            value = int(text)
        except ValueError:
            return f"{text!r} is no whole number."
        if not low <= value <= high:
            return f"It must be from {low} to {high}."
        then(value)
        return None

    return answer
