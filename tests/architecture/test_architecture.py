"""The boundaries between the parts: import contracts, and what a fresh process really loads."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"textual", "rich", "scapy", "psutil"}
OUTSIDE = {"sockviz.sources", "sockviz.lab", "sockviz.engine", "sockviz.programs"}
LIFE = "tests/data/life-lab.jsonl"
SCREEN = {"textual", "rich", "sockviz.tui"}


def loaded(program: str) -> set[str]:
    """The modules and packages that a fresh process has loaded after `program`."""
    report = "\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program + report], check=True, capture_output=True, text=True, cwd=ROOT
    )
    modules = set(eval(done.stdout.splitlines()[-1]))  # noqa: S307 - our own output
    return {".".join(module.split(".")[: n + 1]) for module in modules for n in range(module.count(".") + 1)}


def command(*arguments: str) -> str:
    """What `sockviz` with these arguments loads."""
    return (
        "import contextlib, io, sys\nfrom sockviz.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        f"    main({arguments!r})"
    )


FIRST_FRAME = """
from sockviz.tui.app import SockvizApp
class Begun(SockvizApp):
    async def begin(self):
        self.exit()
Begun(lambda: None).run(headless=True)
"""
"""What the stage's app loads until its first frame is there."""

LAUNCH = """
from sockviz import arguments, onscreen, terminal
from sockviz.tui import app
class Launched(Exception):
    pass
def launch(setup):
    raise Launched
def run(*_, **look):
    raise AssertionError("there is a screen, and no engine")
onscreen.launch, app.run, terminal.check, terminal.guard = launch, run, lambda _: None, lambda: None
try:
    onscreen.show(arguments.parse([]))
except Launched:
    pass
"""
"""What `sockviz` loads until it starts the engine, which it does before there is a screen."""

STAGE = """
import asyncio, sys
sys.path.insert(0, "tests/tui")
from staging import recorded, staged
async def show():
    async with staged(recorded("by-hand-lab")) as pilot:
        await pilot.pause()
asyncio.run(show())
"""
"""What the stage loads until it shows a run."""


def test_import_contracts() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("program", "never"),
    [
        ("import sockviz", HEAVY | {"msgspec", "asyncio"}),
        ("import sockviz.cli", HEAVY | {"asyncio", "sockviz.world", "sockviz.recording"}),
        (command("--help"), HEAVY | {"asyncio"}),
        (command("--version"), HEAVY | {"asyncio"}),
        (command("--prot"), HEAVY | {"asyncio"}),
        (
            command("export", "tests/data/life-lab.jsonl", "--to", "states"),
            HEAVY | OUTSIDE | SCREEN | {"asyncio"},
        ),
        (
            command("export", "tests/data/life-lab.jsonl", "--to", "text"),
            HEAVY | OUTSIDE | SCREEN | {"asyncio"},
        ),
        ("import sockviz.terminal", HEAVY | {"asyncio"}),
        ("import sockviz.session.run", HEAVY | OUTSIDE | SCREEN),
        ("import sockviz.session.session", HEAVY | OUTSIDE | SCREEN),
        ("import sockviz.headless", HEAVY | OUTSIDE | SCREEN),
        ("import sockviz.lesson", HEAVY | OUTSIDE | SCREEN),
        (
            "import sockviz.lessons.runner, sockviz.lessons.catalogue, sockviz.lessons.progress",
            HEAVY | OUTSIDE | SCREEN | {"asyncio", "sockviz.session"},
        ),
        ("import sockviz.watching_headless", HEAVY | OUTSIDE | SCREEN),
        ("import sockviz.session.watching", HEAVY | OUTSIDE | SCREEN),
        (
            "import sockviz.world.watch.fold, sockviz.world.watch.query",
            HEAVY | OUTSIDE | SCREEN | {"asyncio", "sockviz.session"},
        ),
        ("import sockviz.engine.watch", SCREEN | {"scapy", "sockviz.world", "sockviz.session"}),
        ("import sockviz.world.fold", HEAVY | OUTSIDE | SCREEN | {"asyncio", "sockviz.session"}),
        ("import sockviz.tcp.segment", HEAVY | OUTSIDE | SCREEN | {"asyncio", "sockviz.world"}),
        ("import sockviz.tui.app", OUTSIDE | {"scapy", "psutil"}),
        ("import sockviz.tui.actions.registry", OUTSIDE | {"textual", "rich", "scapy", "psutil"}),
        (
            FIRST_FRAME,
            OUTSIDE
            | {"scapy", "psutil", "sockviz.events", "sockviz.world", "sockviz.session.session"}
            | {
                "sockviz.recording",
                "sockviz.tcp.states",
                "sockviz.tui.palettes",
                "sockviz.tui.screens.stage",
            },
        ),
        (
            "import sockviz.tui.lessons, sockviz.lessons.catalogue, sockviz.lessons.progress",
            OUTSIDE
            | {"scapy", "psutil", "sockviz.world", "sockviz.session.session", "sockviz.lessons.schema"}
            | {"sockviz.tui.screens.lesson", "sockviz.tui.screens.lessons"},
        ),
        (
            command("lesson", "--list"),
            HEAVY
            | OUTSIDE
            | SCREEN
            | {"asyncio", "sockviz.events", "sockviz.world", "sockviz.lessons.schema"},
        ),
        (STAGE, OUTSIDE | {"scapy", "psutil", "pygments", "rich.syntax"}),
        (LAUNCH, OUTSIDE | {"scapy", "psutil", "sockviz.events", "sockviz.world", "sockviz.recording"}),
        ("import sockviz.session.launch", HEAVY | SCREEN | {"asyncio", "sockviz.events", "sockviz.world"}),
        ("import sockviz.engine.__main__", HEAVY | SCREEN | {"sockviz.world", "sockviz.session", "asyncio"}),
        ("import sockviz.lab.lab, sockviz.sources.loopback", SCREEN | {"scapy.all", "sockviz.world"}),
    ],
)
def test_what_is_loaded(program: str, never: set[str]) -> None:
    assert not loaded(program) & never


def test_importing_scapy_leaves_standard_error_alone() -> None:
    """Textual draws there; scapy comes with a handler that writes there."""
    handlers = loaded(
        "import logging, sockviz.sources.capture\n"
        "assert not [h for h in logging.getLogger('scapy').handlers if getattr(h, 'stream', None)]"
    )
    assert "scapy" in handlers


def test_importing_scapy_reads_no_table_of_makers() -> None:
    """It takes longer than all the rest."""
    modules = loaded(
        "import os\nexists = os.path.exists\nimport sockviz.sources.packets\nfrom scapy.data import MANUFDB\n"
        "assert os.path.exists is exists and not list(MANUFDB)"
    )
    assert "scapy.libs.manuf" not in modules


def sources() -> list[Path]:
    return sorted((ROOT / "sockviz").rglob("*.py"))


def test_no_module_is_too_long_to_read() -> None:
    assert {str(path): count for path in sources() if (count := path.read_text().count("\n")) > 400} == {}


def test_every_module_says_what_it_owns() -> None:
    assert [str(path) for path in sources() if not path.read_text().startswith(('"""', 'r"""'))] == []


def test_no_two_test_modules_share_a_name() -> None:
    """Every test directory is on the path: of two modules with one name only the first is found."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []
