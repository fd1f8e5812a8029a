"""`python -m sockviz.tui.keys` prints the table of keys for the README, as Markdown. Imports no textual."""

from collections.abc import Iterator

from sockviz.tui.actions.registry import grouped, key_names


def markdown() -> Iterator[str]:
    """The lines of the table."""
    yield "| key | | what it does |"
    yield "| --- | --- | --- |"
    for group, actions in grouped():
        yield f"| | **{group}** | |"
        for action in actions:
            keys = " ".join(f"`{name}`" for name in key_names(action).split(" "))
            yield f"| {keys} | {action.label} | {action.help} |"


if __name__ == "__main__":
    print("\n".join(markdown()))  # noqa: T201  what it is for
