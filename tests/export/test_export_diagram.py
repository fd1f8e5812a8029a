"""The documentation's diagram is the transition table's."""

from pathlib import Path

from sockviz.export.diagram import document, mermaid
from sockviz.tcp.states import State

DOCUMENT = Path(__file__).parents[2] / "sockviz" / "tcp" / "STATES.md"


def test_the_document_is_up_to_date():
    assert DOCUMENT.read_text(encoding="utf-8").splitlines() == list(document())


def test_every_state_is_drawn():
    drawn = "\n".join(mermaid())
    assert all(f"--> {state}" in drawn for state in State)
    assert "    ESTABLISHED --> FIN_WAIT1: close() called" in mermaid()
    assert "(not in Linux)" not in drawn
