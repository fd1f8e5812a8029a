"""What is told fits where it is shown, and every place in it is filled in."""

from textwrap import wrap

import pytest

from sockviz.world import guest_texts, texts
from sockviz.world.texts import Text

VALUES = {
    "c": "#12",
    "who": "server",
    "peer": "client",
    "remote": "10.0.0.1:8001",
    "local": "10.0.0.1:8001",
    "cause": "the accept queue is full: 2 waiting, limit 1",
    "when": "in about 1 s",
    "fd": 4,
    "bytes": "5 bytes",
    "label": "SYN-ACK",
    "backlog": " with backlog 2",
    "count": 3,
    "name": "connect",
    "error": "ECONNREFUSED",
    "meaning": texts.ERRORS["ECONNREFUSED"],
    "state": "SYN_RECV",
    "delay": "after 400 ms",
    "what": "PSH 1000 B",
    "command": "python3 -m http.server 8001",
    "parent": "server",
    "host": "server",
    "seconds": 10,
    "signal": "SIGSEGV",
    "status": 127,
}
TEXTS = {
    name: value
    for name, value in (*vars(texts).items(), *vars(guest_texts).items())
    if isinstance(value, Text)
}


@pytest.mark.parametrize("name", TEXTS)
def test_it_fits_into_two_lines_of_a_narrow_terminal(name):
    words = TEXTS[name].template.format(**VALUES)
    assert len(wrap(words, 76)) <= 2
    assert "{" not in words
    assert words.endswith(".")
    assert TEXTS[name].weight in (0, 1, 2)
