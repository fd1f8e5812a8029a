"""The README says what is so: keys, options, commands, files."""

import re
import shlex

import pytest
from command import ROOT, run

from sockviz import arguments
from sockviz.tui.actions.__main__ import replaced

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_keys_are_those_of_the_registry() -> None:
    assert replaced(README) == README, "run `python -m sockviz.tui.actions README.md`"


def test_the_options_are_those_of_the_command() -> None:
    helps = "".join(
        run(*command, "--help").stdout
        for command in (
            (),
            ("run",),
            ("watch",),
            ("lesson",),
            ("replay",),
            ("export",),
            ("serve",),
            ("doctor",),
        )
    )
    known = set(re.findall(r"--[a-z][a-z0-9-]*", helps))
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", README)) - {"--security-opt", "--quick"}
    assert told <= known
    run_options = set(re.findall(r"--[a-z][a-z0-9-]*", run("--help").stdout))
    assert run_options - {"--help", "--version"} <= told


@pytest.mark.parametrize("line", re.findall(r"^sockviz\b[^\n#]*", README, re.MULTILINE))
def test_the_commands_are_understood(line: str) -> None:
    arguments.parse(shlex.split(line)[1:])


def test_what_it_links_to_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
