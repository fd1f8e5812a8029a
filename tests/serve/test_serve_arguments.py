"""What can be served, and what is said of the rest."""

import os
import socket
import subprocess
import sys

import pytest
from command import complaint, free_port, run

from sockviz import arguments
from sockviz.arguments_serve import USUAL_PORT, Serve
from sockviz.errors import UserError


def serve(*words):
    request = arguments.parse(["serve", *words])
    assert isinstance(request, Serve)
    return request


def test_the_stage_is_served_to_this_machine_alone_unless_something_else_is_said():
    request = serve()
    assert (request.address, request.port, request.sessions, request.public_url) == (
        "127.0.0.1",
        None,
        None,
        "",
    )
    assert request.what == "the stage"
    assert USUAL_PORT > 1023


def test_each_visitor_has_a_lab_and_never_this_machines_loopback():
    request = serve("--backlog", "5")
    assert arguments.parse(request.served).plan.setup.source == "lab"
    assert not arguments.parse(request.served).plan.fallback
    with pytest.raises(UserError, match="loopback"):
        serve("--source", "loopback")


@pytest.mark.parametrize(
    "order", [("--sessions", "3", "lesson", "echo"), ("lesson", "echo", "--sessions", "3")]
)
def test_the_servers_options_stand_anywhere(order):
    request = serve(*order)
    assert request.sessions == 3
    assert request.served == ("lesson", "echo")
    assert request.what == "the lesson echo"


def test_what_is_served_has_its_own_options():
    request = serve("--port", "80", "--http-port", "9000", "--ipv6", "--projector", "--idle", "5")
    assert request.port == 9000
    assert request.idle == 5 * 60
    shown = arguments.parse(request.served)
    assert shown.plan.setup.port == 80
    assert shown.plan.setup.ipv6
    assert shown.projector


def test_the_language_of_a_lesson_is_the_pages():
    assert serve("lesson", "--lang", "zh").language == "zh"
    assert serve("--lang", "zh").language == "zh"
    assert serve().language is None
    assert serve("lesson").what == "the course"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--server", "sh"], "run is not served"),
        (["watch"], "watch is not served"),
        (["serve"], "serve can't be served"),
        (["doctor"], "doctor can't be served"),
        (["export", "x", "--to", "text"], "export can't be served"),
        (["--headless"], "it has no screen"),
        (["lesson", "--list"], "it has no screen"),
        (["lesson", "--check", "x"], "it has no screen"),
        (["lesson", "echo", "--headless"], "it has no screen"),
        (["lesson", "echo", "--notes"], "it has no screen"),
        (["lesson", "echo", "--record", "x"], "--record can't be served"),
        (["--record", "x"], "--record can't be served"),
        (["replay", "/dev/null"], "/dev/null is no file"),
        (["replay", "nowhere"], "nowhere is no file"),
        (["--address", "example.org"], "is no IP address"),
        (["--http-port", "0"], "is not a port"),
        (["--public-url", "example.org"], "is no URL"),
        (["--public-url", "https://example.org/path"], "is no URL"),
        (["--public-url", "https://user@example.org"], "is no URL"),
        (["--public-url", "file:///etc"], "is no URL"),
        (["--sessions", "0"], "is not a number of visitors"),
        (["--frob"], "no option '--frob'"),
    ],
)
def test_what_is_not_served(words, said):
    with pytest.raises(UserError) as caught:
        serve(*words)
    assert said in caught.value.message


def test_a_mistyped_option_of_the_server_is_recognised():
    with pytest.raises(UserError) as caught:
        serve("--adress", "::")
    assert caught.value.hint == "did you mean --address?"


def test_help_fits_and_names_everything():
    done = run("serve", "--help")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 100
    for option in ("--address", "--http-port", "--public-url", "--sessions", "--idle"):
        assert option in done.stdout
    assert "serve" in run("--help").stdout


def test_what_is_wrong_with_the_address_is_said(lab):
    port = free_port()
    with socket.create_server(("127.0.0.1", int(port))):
        said = complaint("serve", "--http-port", port)
    assert said == f"127.0.0.1:{port} is in use (choose another port with --http-port)"
    said = complaint("serve", "--address", "192.0.2.77", "--http-port", port)
    assert said.startswith(f"192.0.2.77:{port} is no address of this machine")


def test_what_is_wrong_with_what_is_served_is_said_before_anybody_comes(lab, tmp_path):
    assert "there is no lesson 'nothing'" in complaint("serve", "lesson", "nothing")
    broken = tmp_path / "broken.jsonl"
    broken.write_text("no recording\n")
    assert "broken.jsonl" in complaint("serve", "replay", str(broken))


@pytest.mark.parametrize("missing", ["textual_serve", "segno", "aiohttp"])
def test_a_library_that_somebody_removed_is_named(missing, tmp_path):
    hidden = tmp_path / "sitecustomize.py"
    hidden.write_text(f"import sys; sys.modules[{missing!r}] = None\n")
    said = complaint("serve", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert said.startswith(f"serve needs {missing.replace('_', '-')}, which is missing")
    assert "pip install" in said


def test_no_other_command_imports_a_web_server():
    words = {"aiohttp", "textual_serve", "segno", "jinja2", "sockviz.serve", "sockviz.serving"}
    for command in (
        "from sockviz import cli, arguments; arguments.parse(['serve'])",
        "import sockviz.tui.app, sockviz.onscreen, sockviz.tui.screens.stage",
        "import sockviz.engine.__main__, sockviz.doctor, sockviz.lesson",
    ):
        code = f"{command}\nimport sys\nprint(sorted({words!r} & set(sys.modules)))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n"
