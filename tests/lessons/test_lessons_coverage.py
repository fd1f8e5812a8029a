"""What the course has to show, and that it does: on the live kernel, where the kernel gives the answers."""

import os
import re

import pytest
from course_runs import observed, played

from sockviz.events import CallEntered
from sockviz.export.states import states
from sockviz.lessons import catalogue
from sockviz.lessons.schema import Choice, Step
from sockviz.tcp.states import State

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]

SHORTEST, LONGEST = 3, 10
"""Minutes of a lesson."""

MISCONCEPTIONS = {
    "backlog is the number of simultaneous handshakes": "accept-queue-full",
    "backlog's maximum is 128": "accept-queue-full",
    "A full queue refuses the connection": "accept-queue-full",
    "ESTABLISHED means accepted": "handshake",
    "accept() does the handshake": "handshake",
    "Client ESTABLISHED implies server ESTABLISHED": "ack-dropped",
    "Recv-Q of a LISTEN row is the SYN backlog": "syn-queue-full",
    "recv() returns 0 when the peer's cable is pulled": "vanished",
    "tcp_max_syn_backlog sizes the SYN queue": "syn-queue-full",
    "tcp_fin_timeout sets TIME_WAIT": "time-wait",
    "SYN is resent after 1, 3, 7 seconds": "refused",
}
"""What tutorials get wrong → the lesson in which the kernel says otherwise."""

TRUTHS = {
    # seeing it
    "at full speed SYN_RECV is over before a look at the table": ("handshake", "at-speed"),
    "a half-open connection is a row without an owner": ("handshake", "syn"),
    "an unaccepted connection is ESTABLISHED without an owner": ("handshake", "ack"),
    "after accept() the same four-tuple has a process and a descriptor": ("no-accept", "accept"),
    "a client that closes before accept() leaves an ownerless CLOSE_WAIT": ("no-accept", "close"),
    "Recv-Q of the LISTEN row is the accept queue's length": ("accept-queue-full", "recv-q"),
    "Recv-Q of the LISTEN row tells nothing of the SYN queue": ("syn-queue-full", "recv-q"),
    "TIME_WAIT has a timer that can be read": ("time-wait", "server-first"),
    # handshake and queues
    "the two ends believe different things while the ACK is under way": ("handshake", "syn-ack"),
    "listen(n): n + 1 wait": ("accept-queue-full", "two"),
    "the SYN queue's limit is the backlog as well": ("syn-queue-full", "longer"),
    "net.core.somaxconn clamps the backlog in silence": ("accept-queue-full", "clamp"),
    "a second listen() resizes the queue": ("accept-queue-full", "resize"),
    "tcp_max_syn_backlog: a lower limit without cookies, three quarters of it": (
        "syn-queue-full",
        "three-quarters",
    ),
    "accept queue full: the SYN is dropped, and counted": ("accept-queue-full", "counted"),
    "room alone does not help a client whose SYN was dropped": ("accept-queue-full", "accept"),
    "final ACK while the accept queue is full: ignored": ("ack-dropped", "ignored"),
    "tcp_abort_on_overflow: RST instead": ("ack-dropped", "abort"),
    "SYN queue full, cookies: an answer, and no row": ("syn-cookies", "cookie"),
    "a cookie that comes back makes a connection": ("syn-cookies", "back"),
    "a cookie that comes back to a full queue makes a ghost": ("syn-cookies", "ghost"),
    "ten at once: most are ghosts": ("syn-cookies", "ten-at-once"),
    "SYN queue full, no cookies: the SYN is dropped": ("syn-queue-full", "client"),
    "without accept() the kernel completes the handshake": ("no-accept", "connect"),
    "data before accept() is acknowledged and waits": ("no-accept", "send"),
    "accept() takes the oldest completed connection": ("accept", "order"),
    "accept() sends nothing": ("accept", "no-packets"),
    "TCP_DEFER_ACCEPT keeps SYN_RECV until data": ("defer-accept", "deferred"),
    "closing the listener resets what is queued": ("refused", "listener-closes"),
    "simultaneous open: SYN_RECV without LISTEN": ("simultaneous-open", "first-syn"),
    "no listener: RST, ECONNREFUSED": ("refused", "error"),
    "SYN is repeated a second apart at first": ("refused", "how-often"),
    "a lost third segment: the server sends SYN-ACK again": ("lost", "ack"),
    "data completes a handshake whose ACK was lost": ("lost", "data-instead"),
    "a half-open connection is given up": ("lost", "given-up"),
    # closing
    "FIN_WAIT1, and no process": ("close", "fin"),
    "CLOSE_WAIT until the program's own close()": ("close", "close-wait"),
    "FIN_WAIT2": ("close", "fin-wait2"),
    "LAST_ACK": ("close", "last-ack"),
    "crossing FINs: CLOSING": ("simultaneous-close", "client-closing"),
    "TIME_WAIT on the side that closed first": ("time-wait", "server-first"),
    "TIME_WAIT blocks bind()": ("time-wait", "restart"),
    "SO_REUSEADDR, on both": ("time-wait", "both"),
    "TIME_WAIT is not tcp_fin_timeout": ("time-wait", "fin-timeout"),
    "the peer's close is read as 0": ("close", "end-of-file"),
    "a vanished peer is not noticed": ("vanished", "cut"),
    "keepalive finds it: ETIMEDOUT": ("vanished", "keepalive"),
    "unacknowledged data finds it: ETIMEDOUT": ("vanished", "given-up"),
    "SO_LINGER 0: RST": ("reset", "abort"),
    "close() with unread data: RST": ("reset", "unread"),
    "shutdown(SHUT_WR): the other direction goes on": ("half-close", "answer"),
    # what a first course covers
    "socket() returns a descriptor": ("descriptors", "socket"),
    "bind() reserves, and opens nothing": ("descriptors", "too-early"),
    "listen() returns at once": ("descriptors", "listen"),
    "accept() returns a new descriptor": ("descriptors", "accept"),
    "the client has a descriptor of its own": ("descriptors", "client-fd"),
    "the byte order of the port on the wire": ("descriptors", "byte-order"),
    "send() and recv() count bytes": ("descriptors", "data"),
    "the listening descriptor and a connected one are independent": ("descriptors", "close-listener"),
    "accept() blocks": ("accept", "blocked"),
    "connect() blocks": ("handshake", "connect"),
    "a connection is its four-tuple": ("accept", "four-tuple"),
    "echo: bytes come back to who sent them": ("echo", "echo"),
    "a stream has no borders": ("echo", "two-sends"),
    "chat: both directions at once": ("chat", "cross"),
    "chat: only the program passes anything on": ("chat", "to-all"),
    "the port in use": ("address-in-use", "second-server"),
    "a port that is shared: SO_REUSEPORT": ("address-in-use", "reuseport"),
    "closed against vanished": ("vanished", "mended"),
    "a datagram has borders, and no connection": ("udp", "borders"),
    "a datagram may be lost": ("udp", "lost"),
}
"""What the kernel does → the lesson and the step in which it is seen."""


def step_of(lesson: str, name: str) -> Step:
    return next(step for step in catalogue.find(lesson).step if step.id == name)


def answers(lesson: str) -> dict[str, str]:
    """Step → what the kernel answered."""
    told = re.finditer(r"^ *[0-9]+  ok  ([a-z0-9-]+): (.+)$", played(lesson).stderr, re.MULTILINE)
    return {match[1]: match[2] for match in told}


def choices(lesson: str, belief: str) -> list[tuple[Step, Choice]]:
    """The choices behind which a misconception is."""
    return [
        (step, choice)
        for step in catalogue.find(lesson).step
        for choice in (step.ask.choices if step.ask else ())
        if choice.belief is not None and choice.belief.en == belief
    ]


@pytest.mark.parametrize("name", catalogue.names())
def test_each_question_is_answered_by_the_kernel(name: str) -> None:
    """And there is one, in every lesson: to be told is not to have predicted."""
    lesson = catalogue.find(name)
    asked = {step.id: {one.text.en for one in step.ask.choices} for step in lesson.step if step.ask}
    answered = answers(name)
    assert asked
    assert answered.keys() == asked.keys(), played(name).stderr
    assert all(answered[step] in texts for step, texts in asked.items())
    assert SHORTEST <= lesson.minutes <= LONGEST


@pytest.mark.parametrize("truth", TRUTHS)
def test_a_truth_is_seen(truth: str) -> None:
    """The step is there, the kernel is asked something in it, and what it is said to do came true."""
    lesson, name = TRUTHS[truth]
    step = step_of(lesson, name)
    assert step.expect or step.ask
    assert re.search(rf"  ok  {name}(:|$)", played(lesson).stderr, re.MULTILINE), played(lesson).stderr


@pytest.mark.parametrize("belief", MISCONCEPTIONS)
def test_a_misconception_is_refuted(belief: str) -> None:
    if belief.startswith("SYN is resent") and tuple(map(int, os.uname().release.split(".")[:2])) < (6, 5):
        pytest.skip("on this kernel it is so (Linux 6.5 brought tcp_syn_linear_timeouts)")
    lesson = MISCONCEPTIONS[belief]
    found = choices(lesson, belief)
    assert found
    for step, choice in found:
        assert answers(lesson)[step.id] != choice.text.en


def test_the_course_reaches_all_eleven_states() -> None:
    reached = {
        transition["to"]
        for name in catalogue.names()
        for transition in states(observed(name))
        if transition["host"] in ("client", "server")
    }
    assert reached == {state.value for state in State}
    assert len(reached) == 11


def test_all_calls_of_a_first_course_are_made() -> None:
    made = {
        event.name for name in catalogue.names() for event in observed(name) if isinstance(event, CallEntered)
    }
    assert made >= {
        "socket", "bind", "listen", "accept", "connect", "send", "recv", "close", "shutdown", "setsockopt",
        "sendto", "recvfrom",
    }  # fmt: skip
