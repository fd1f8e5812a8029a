"""Which tests are slow: they live through the kernel's own time-outs, or run whole programs many times.

And what is no reason to skip one, or to fail: time, of which a busy machine takes what it likes.
"""

import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# Whoever is started in a shell's background ignores it, and so would what the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

HERE = Path(__file__).parent
SLOW = (
    "chaos/test_chaos_long.py",
    "cli/test_cli_headless.py",
    "cli/test_cli_run.py",
    "cli/test_cli_terminal.py",
    "cli/test_cli_watch.py",
    "export/test_cast.py",
    "export/test_html.py",
    "export/test_html_browser.py",
    "export/test_html_film.py",
    "export/test_svg.py",
    "lab/test_flood.py",
    "lab/test_left_behind.py",
    "lab/test_life.py",
    "lab/test_namespaces.py",
    "lessons/test_lessons_course.py",
    "lessons/test_lessons_coverage.py",
    "run/test_run_course.py",
    "run/test_run_failures.py",
    "run/test_run_packages.py",
    "run/test_run_processes.py",
    "run/test_run_tracer.py",
    "serve/test_serve_browser.py",
    "serve/test_serve_harmless.py",
    "serve/test_serve_server.py",
    "serve/test_serve_visitors.py",
    "sources/test_loopback.py",
    "terminal",
    "truth",
    "tui/test_lesson_screen.py",
    "tui/test_replay_same.py",
    "tui/test_watch_closely.py",
    "tui/test_watch_live.py",
    "tui/test_watch_screens.py",
    "watch/test_watch_engine.py",
    "watch/test_watch_overload.py",
    "watch/test_watch_programs.py",
    "watch/test_watch_truth.py",
    "watch/test_watch_left_behind.py",
)
"""`make test-slow` runs these, `make test` the others."""
ALONE = (
    "lab/test_flood.py",
    "lab/test_left_behind.py",
    "sources/test_loopback.py",
    "terminal/test_terminal_watch.py",
    "truth",
    "watch/test_watch_engine.py",
    "watch/test_watch_left_behind.py",
    "watch/test_watch_overload.py",
    "watch/test_watch_programs.py",
    "watch/test_watch_truth.py",
)
"""Slow ones that look at what the whole machine does: its counters, its tracepoint, what is left behind."""
TOGETHER = {
    "lessons/test_lessons_course.py": "course",
    "lessons/test_lessons_coverage.py": "course",
}
"""Files that share what takes long: one process runs them. Of any other file one process runs all tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(HERE).as_posix()
        if _among(path, SLOW):
            item.add_marker(pytest.mark.slow)
        if _among(path, ALONE):
            item.add_marker(pytest.mark.alone)
        item.add_marker(pytest.mark.xdist_group(TOGETHER.get(path, path)))


def _among(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test may be skipped where something is missing, but not where a process of ours broke down."""
    report = yield
    if report.skipped and any(sign in str(report.longrepr) for sign in ("ended unexpectedly", "Traceback")):
        report.outcome = "failed"
    return report
