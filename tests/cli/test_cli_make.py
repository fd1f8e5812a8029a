"""`make` where Python is not as it should be: one clear line, and nothing half-made."""

import shutil
import subprocess
from pathlib import Path

import pytest
from command import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make")


def make(path: Path, *, python: str) -> subprocess.CompletedProcess[str]:
    """`make run` where the only Python is a script."""
    tools = path / "bin"
    tools.mkdir()
    for tool in ("sh", "rm", "mkdir", "touch"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    (tools / "python3").write_text(f"#!/bin/sh\n{python}\n")
    (tools / "python3").chmod(0o755)
    return subprocess.run(
        [shutil.which("make") or "make", f"VENV={path / 'venv'}", "run"],
        check=False, capture_output=True, text=True, cwd=ROOT, env={"PATH": str(tools)},
    )  # fmt: skip


def test_a_python_that_is_too_old(tmp_path: Path) -> None:
    done = make(tmp_path, python="exit 1")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("sockviz needs Python 3.11 or newer")


def test_debian_without_ensurepip(tmp_path: Path) -> None:
    done = make(tmp_path, python='case "$2" in *ensurepip*) exit 1;; esac')
    assert done.returncode == 2
    assert "python3 can't make virtual environments" in done.stderr.splitlines()[0]
    assert "apt install python3-venv" in done.stderr.splitlines()[0]


def test_nothing_half_made_is_left(tmp_path: Path) -> None:
    done = make(tmp_path, python=f'case "$1" in -m) mkdir {tmp_path}/venv; exit 1;; esac')
    assert done.returncode == 2
    assert not (tmp_path / "venv").exists()
