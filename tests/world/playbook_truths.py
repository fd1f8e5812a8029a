"""What must be true of the world, or was news: expectations of a `Playbook`."""

from collections.abc import Iterable

from playbook import Expectation, Playbook

from sockviz.world.model import Arrow, Drop, Narration, Transition


def ends(number: int, client: str, server: str) -> Expectation:
    def expect(book: Playbook) -> None:
        connection = book.connection(number)
        assert (connection.client.state, connection.server.state) == (client, server)

    return expect


def queues(syn: Iterable[int] = (), accept: Iterable[int] = ()) -> Expectation:
    def expect(book: Playbook) -> None:
        listener = book.listener()
        assert (list(listener.syn_queue), list(listener.accept_queue)) == (list(syn), list(accept))

    return expect


def went(number: int, host: str, *steps: str) -> Expectation:
    def expect(book: Playbook) -> None:
        assert book.transitions(number, host) == list(steps)

    return expect


def told(*words: str) -> Expectation:
    """The news say all of these words, in one narration each."""

    def expect(book: Playbook) -> None:
        texts = [narration.text for narration in book.of(Narration, news=True)]
        for word in words:
            assert any(word in text for text in texts), (word, texts)

    return expect


def caption(word: str) -> Expectation:
    def expect(book: Playbook) -> None:
        assert book.world.caption is not None
        assert word in book.world.caption.text

    return expect


def dropped(number: int, cause: str, counter: str) -> Expectation:
    """The news: one segment of this connection was ignored, and its arrow says so."""

    def expect(book: Playbook) -> None:
        (drop,) = book.of(Drop, news=True)
        connection = book.connection(number)
        assert (drop.connection, drop.cause, drop.counter) == (connection.id, cause, counter)
        arrow = [arrow for arrow in book.of(Arrow, news=True) if arrow.id == drop.segment][-1]
        assert arrow.ignored
        assert arrow.cause == cause
        assert arrow.arrived is not None

    return expect


def owner(number: int, host: str, pid: int | None, fd: int | None) -> Expectation:
    def expect(book: Playbook) -> None:
        end = book.end(number, host)
        assert (end.pid, end.fd) == (pid, fd)

    return expect


def silent(book: Playbook) -> None:
    """No transition is in the news."""
    assert not book.of(Transition, news=True)
