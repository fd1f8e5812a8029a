"""`python -m sockviz.tui.actions [README.md]`: the keys as a Markdown table, printed or put into a file.

In the file the table stands between two markers, and all that is between them is replaced.
"""

import sys
from pathlib import Path

from sockviz.tui.actions.registry import grouped, key_names

BEGIN = "<!-- keys: made by `python -m sockviz.tui.actions README.md` -->"
END = "<!-- end of keys -->"


def table() -> str:
    """The keys of all actions, group by group, each line of it with its end."""
    lines = ["| key | what it does |", "| --- | --- |"]
    for group, actions in grouped():
        lines.append(f"| | **{group.value}** |")
        lines += [f"| {_cell(key_names(action))} | {_cell(action.help)} |" for action in actions]
    return "".join(line + "\n" for line in lines)


def replaced(text: str) -> str:
    """`text` with the table between its markers.

    Raises:
        ValueError: it has no markers.
    """
    before, begin, rest = text.partition(BEGIN + "\n")
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there are no markers: {BEGIN} … {END}")
    return f"{before}{begin}\n{table()}\n{end}{after}"


def _cell(text: str) -> str:
    """As a cell of a Markdown table shows it."""
    return "".join(f"\\{one}" if one in r"|<>*_`[]\\" else one for one in text)


def main(arguments: list[str]) -> None:
    """Print the table, or put it into the files named."""
    if not arguments:
        sys.stdout.write(table())
    for name in arguments:
        path = Path(name)
        path.write_text(replaced(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
