"""Moments worth looking at, by name."""

from collections.abc import Callable
from dataclasses import replace

from story import DELAY, MS, S, Story, handshake

from sockviz.tcp.states import State
from sockviz.tui.view import Selection, StageView


def listening() -> StageView:
    story = Story(mode="hold")
    story.call(0, "server", 11, "accept", 3)
    story.say(
        "The server called accept(3). Nobody has connected yet, so the call waits: the program is "
        "blocked in the kernel."
    )
    return story.view(2 * S)


def syn_held() -> StageView:
    story = Story(mode="hold")
    story.go(S, "client", 1, State.SYN_SENT, pid=21, fd=3)
    story.send(S, 1, "client", "SYN", held=True, resent=2)
    story.call(S, "client", 21, "connect", 3, connection=1)
    story.call(0, "server", 11, "listen", 3, result=0)
    story.say(
        "●1 called connect(3): its kernel put a SYN on the wire and stands in SYN_SENT until the "
        "answer comes. The wire holds the SYN.",
        1,
    )
    return story.view(4 * S + 300 * MS, Selection(connection=1))


def syn_recv() -> StageView:
    story = Story(mode="hold")
    handshake(story, 1, S)
    story.listening(accept_queue=(1,), depth=1)
    t = 5 * S
    story.go(t, "client", 2, State.SYN_SENT, pid=22, fd=3)
    story.send(t, 2, "client", "SYN", arrived=t + S)
    story.call(t, "client", 22, "connect", 3, connection=2)
    story.go(t + S, "server", 2, State.SYN_RECV)
    story.send(t + S, 2, "server", "SYN|ACK", ack=1, held=True)
    story.listening(syn_queue=(2,), half_open=1, syn_capacity=3)
    story.call(0, "server", 11, "listen", 3, result=0)
    story.say(
        "The SYN of ■2 reached the server. Its kernel answered with a SYN-ACK and keeps the half- "
        "open connection in the SYN queue, in SYN_RECV: no program knows of it.",
        2,
    )
    return story.view(t + 4 * S, Selection(connection=2, side="server"))


def accepted() -> StageView:
    story = Story()
    handshake(story, 1, 0, accepted=4)
    handshake(story, 2, 3 * S)
    story.call(2 * S, "server", 11, "accept", 3, result=4)
    story.call(5 * S, "server", 11, "recv", 4, thread="fd 4", connection=1)
    story.listening(accept_queue=(2,), depth=1)
    t = 6 * S
    story.send(t, 1, "client", "PSH|ACK", length=5, seq=1, ack=1, arrived=t + DELAY)
    story.send(t + DELAY, 1, "server", "ACK", seq=1, ack=6)
    story.send(t + DELAY + 90 * MS, 2, "client", "PSH|ACK", length=1400, seq=1, ack=1)
    story.call(t, "client", 21, "send", 3, result=5, connection=1)
    story.row("server", 1, State.ESTABLISHED, t + DELAY, recv_queue=5)
    story.say(
        "The client of ●1 sent 5 bytes. The server's kernel has them and acknowledges; its program "
        "still has to call recv(4).",
        1,
    )
    return story.view(t + DELAY + 250 * MS)


def full() -> StageView:
    story = Story(mode="flow")
    for i in (1, 2, 3):
        handshake(story, i, i * 200 * MS)
    t = 4 * S
    story.listening(accept_queue=(1, 2, 3), depth=3, overflows=2, drops=2, syn_queue=(4,), half_open=1)
    story.go(t, "client", 4, State.SYN_SENT, pid=24, fd=3)
    story.send(t, 4, "client", "SYN", arrived=t + DELAY)
    story.go(t + DELAY, "server", 4, State.SYN_RECV)
    story.send(t + DELAY, 4, "server", "SYN|ACK", ack=1, arrived=t + 2 * DELAY)
    story.go(t + 2 * DELAY, "client", 4, State.ESTABLISHED)
    story.send(
        t + 2 * DELAY,
        4,
        "client",
        "ACK",
        seq=1,
        ack=1,
        arrived=t + 3 * DELAY,
        ignored=True,
        cause="the accept queue is full (3 > limit 2)",
    )
    t += 4 * DELAY
    story.go(t, "client", 5, State.SYN_SENT, pid=25, fd=3)
    story.send(t - 3 * DELAY, 5, "client", "SYN", dropped=t - 100 * MS, cause="operator")
    story.send(t, 5, "client", "SYN", retransmission=True)
    story.call(t, "client", 25, "connect", 3, connection=5)
    story.call(0, "server", 11, "listen", 3, result=0)
    story.say(
        "The accept queue is full: the final ACK of ◆4 was ignored. The client believes that it is "
        "ESTABLISHED; the server stays in SYN_RECV.",
        4,
        2,
    )
    return story.view(t + 150 * MS, Selection(connection=4))


def closing() -> StageView:
    story = Story()
    handshake(story, 1, 0, accepted=4)
    handshake(story, 2, 500 * MS, accepted=5)
    t = 4 * S
    story.go(t, "client", 1, State.FIN_WAIT1)
    story.send(t, 1, "client", "FIN|ACK", seq=1, ack=1, arrived=t + DELAY)
    story.go(t + DELAY, "server", 1, State.CLOSE_WAIT)
    story.send(t + DELAY, 1, "server", "ACK", seq=1, ack=2, arrived=t + 2 * DELAY)
    story.go(t + 2 * DELAY, "client", 1, State.FIN_WAIT2)
    t += 5 * S
    story.go(t, "server", 2, State.FIN_WAIT1)
    story.send(t, 2, "server", "FIN|ACK", seq=1, ack=1, arrived=t + DELAY)
    story.go(t + 50 * MS, "client", 2, State.FIN_WAIT1)
    story.send(t + 50 * MS, 2, "client", "FIN|ACK", seq=1, ack=1, arrived=t + DELAY + 50 * MS)
    story.go(t + DELAY, "client", 2, State.CLOSING)
    story.go(t + DELAY + 50 * MS, "server", 2, State.CLOSING)
    story.send(t + DELAY, 2, "client", "ACK", seq=2, ack=2, arrived=t + 2 * DELAY)
    story.send(t + DELAY + 50 * MS, 2, "server", "ACK", seq=2, ack=2, arrived=t + 2 * DELAY + 50 * MS)
    story.go(t + 2 * DELAY, "server", 2, State.TIME_WAIT)
    story.go(t + 2 * DELAY + 50 * MS, "client", 2, State.TIME_WAIT)
    t += 3 * S
    story.go(t, "server", 1, State.LAST_ACK)
    story.send(t, 1, "server", "FIN|ACK", seq=1, ack=2)
    story.call(t, "server", 11, "close", 4, thread="fd 4", result=0)
    story.call(t, "server", 11, "accept", 3)
    story.say(
        "The server closed its end of ●1 too: its FIN is on the wire. LAST_ACK waits for the last ACK.", 1
    )
    return story.view(t + 120 * MS)


def swarm() -> StageView:
    story = Story(delay=2 * S)
    for i in range(64):
        sender = "client" if i % 3 else "server"
        story.send(i * 29 * MS, i + 1, sender, "SYN" if sender == "client" else "SYN|ACK")
        story.go(i * 29 * MS, "client", i + 1, State.SYN_SENT, pid=100 + i, fd=3)
    story.listening(
        backlog=128,
        limit=128,
        depth=40,
        accept_queue=tuple(range(1, 41)),
        syn_queue=tuple(range(41, 64)),
        half_open=23,
    )
    story.say("64 clients connect at once.")
    return story.view(1900 * MS)


def unclear() -> StageView:
    """Inferred and disputed states, a ghost, a reset, what is unknown."""
    story = Story()
    handshake(story, 1, 0, accepted=4)
    handshake(story, 2, S)
    story.ends["server", 2] = replace(story.ends["server", 2], state=State.ESTABLISHED)
    story.row("server", 2, State.SYN_RECV, 5 * S)
    story.go(2 * S, "client", 3, State.ESTABLISHED, inferred=True, pid=23, fd=3)
    story.ghosts.add(3)
    story.go(3 * S, "client", 4, State.SYN_SENT, pid=24, fd=3)
    story.go(3 * S + DELAY, "client", 4, State.CLOSED, reset=True)
    story.call(3 * S, "client", 24, "connect", 3, result=-1, error="ECONNREFUSED", connection=4)
    story.listening(limit=None, backlog=None, depth=None, accept_queue=(2,))
    return story.view(7 * S)


def loopback() -> StageView:
    story = Story(source="loopback", delay=0)
    handshake(story, 1, 2 * S, flight=35_000)
    t = 2 * S + 200_000
    story.send(t, 1, "client", "PSH|ACK", length=5, seq=1, ack=1, due=t + 40_000)
    story.call(0, "server", 11, "accept", 3)
    story.say("connect(3) of ●1 returned.", 1)
    return story.view(t + 20_000)


SCENES: dict[str, Callable[[], StageView]] = {
    scene.__name__: scene
    for scene in (listening, syn_held, syn_recv, accepted, full, closing, swarm, unclear, loopback)
}
