import os
import threading
import time

import pytest

from sockviz import events
from sockviz.engine import emitter
from sockviz.engine.emitter import Emitter
from sockviz.events import Ended, Marked
from sockviz.sources.clock import Clock

BOUND = 10.0


class Pipe:
    def __init__(self) -> None:
        self.read, self.write = os.pipe()
        self.clock = Clock()
        self.gone = threading.Event()
        self.emitter = Emitter(self.write, self.clock, self.gone.set)

    def lines(self) -> list[events.AnyEvent]:
        """All that was written, once `close` was called."""
        os.close(self.write)
        return [events.decode(line) for line in pipe_lines(self.read)]


@pytest.fixture
def pipe():
    return Pipe()


def test_events_of_several_threads_leave_in_the_order_of_their_times(pipe):
    pipe.emitter.start()

    def observe(number: int) -> None:
        for step in range(200):
            pipe.emitter.emit(Marked(t=pipe.clock.now(), text=f"{number} {step}"))

    threads = [threading.Thread(target=observe, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.emitter.close(Ended(t=pipe.clock.now()), BOUND)
    found = pipe.lines()
    assert len(found) == 801
    assert [event.t for event in found] == sorted(event.t for event in found)
    for number in range(4):
        own = [event.text for event in found[:-1] if event.text.startswith(f"{number} ")]
        assert own == [f"{number} {step}" for step in range(200)]


def test_an_earlier_event_that_comes_a_little_later_is_sorted_in(pipe):
    now = pipe.clock.now() + 10_000_000_000  # in the future: nothing is written before both are there
    pipe.emitter.start()
    pipe.emitter.emit(Marked(t=now + 1, text="second"))
    pipe.emitter.emit(Marked(t=now, text="first"))
    pipe.emitter.close(Ended(t=0), BOUND)
    assert [getattr(event, "text", "end") for event in pipe.lines()] == ["first", "second", "end"]


def test_events_of_one_time_keep_their_order(pipe):
    for number in range(50):
        pipe.emitter.emit(Marked(t=5, text=str(number)))
    pipe.emitter.start()
    pipe.emitter.close(Ended(t=5), BOUND)
    assert [event.text for event in pipe.lines()[:-1]] == [str(number) for number in range(50)]


def test_one_that_comes_too_late_gets_the_time_of_the_last_one_written(pipe):
    pipe.emitter.start()
    pipe.emitter.emit(Marked(t=1000, text="first"))
    assert os.read(pipe.read, 1000).endswith(b'"t":1000}\n')
    pipe.emitter.emit(Marked(t=10, text="late"))
    pipe.emitter.close(Ended(t=0), BOUND)
    assert pipe.lines() == [Marked(t=1000, text="late"), Ended(t=1000)]


def test_who_emits_does_not_wait_for_a_reader_that_does_not_read(pipe):
    pipe.emitter.start()
    text = "x" * 1000
    for _ in range(2000):  # 2 MB; the pipe takes 64 KiB
        pipe.emitter.emit(Marked(t=0, text=text))
    received = []
    reader = threading.Thread(target=lambda: received.extend(pipe_lines(pipe.read)))
    reader.start()
    pipe.emitter.close(Ended(t=0), BOUND)
    os.close(pipe.write)
    reader.join(BOUND)
    assert len(received) == 2001


def pipe_lines(fd: int) -> list[bytes]:
    with open(fd, "rb") as file:
        return list(file)


def test_it_tells_once_when_nobody_reads_any_more(pipe):
    os.close(pipe.read)
    pipe.emitter.start()
    pipe.emitter.emit(Marked(t=0, text="to nobody"))
    assert pipe.gone.wait(BOUND)
    pipe.gone.clear()
    pipe.emitter.emit(Marked(t=0, text="again"))
    pipe.emitter.close(Ended(t=0), BOUND)
    assert not pipe.gone.is_set()
    os.close(pipe.write)


def test_a_reader_that_does_not_keep_up_is_noticed(pipe, monkeypatch):
    monkeypatch.setattr(emitter, "CROWD", 100)
    for number in range(101):
        assert not pipe.emitter.congested()
        pipe.emitter.emit(Marked(t=number, text=""))
    assert pipe.emitter.congested()
    pipe.emitter.start()
    pipe.emitter.close(Ended(t=0), BOUND)
    assert not pipe.emitter.congested()
    assert len(pipe.lines()) == 102


def test_a_reader_that_never_reads_is_taken_for_gone(pipe, monkeypatch):
    monkeypatch.setattr(emitter, "LIMIT", 100)
    pipe.emitter.start()
    text = "x" * 70_000
    pipe.emitter.emit(Marked(t=0, text=text))
    end = time.monotonic() + BOUND
    while not pipe.gone.is_set():
        assert time.monotonic() < end
        pipe.emitter.emit(Marked(t=0, text=text))
    os.close(pipe.read)
    pipe.emitter.close(Ended(t=0), BOUND)
    os.close(pipe.write)
