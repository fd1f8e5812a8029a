"""The same as `test_truth` where segments are held, dropped or cut: what only the lab can do."""

import pytest
from life import Life, life

from sockviz import events, intents

pytestmark = pytest.mark.lab


class TestHeld:
    """What only the lab can do."""

    @staticmethod
    def let_go(engine: Life, sender: str, flags: str, nth: int = 1) -> None:
        sent = engine.sent(sender, flags, nth)
        engine.send(intents.Release(id=sent.id))
        engine.event(events.SegmentDelivered, id=sent.id)

    def test_one_step_at_a_time(self, lab: str, port: int) -> None:
        with life(lab, port, mode="hold", accept="auto") as engine:
            engine.send(intents.Connect())
            for sender, flags in (("client", "SYN"), ("server", "SYN|ACK"), ("client", "ACK")):
                self.let_go(engine, sender, flags)
            (fd,) = engine.accepted()
            engine.call("client 1", "close", 3)
            self.let_go(engine, "client", "FIN|ACK")
            self.let_go(engine, "server", "ACK")
            engine.until(lambda: engine.states("client") == ["FIN_WAIT2"])
            engine.call("server", "close", fd)
            self.let_go(engine, "server", "FIN|ACK")
            self.let_go(engine, "client", "ACK", 2)
            engine.close_listener()

    def test_both_close_at_once(self, lab: str, port: int) -> None:
        with life(lab, port, accept="auto") as engine:
            engine.send(intents.Connect())
            (fd,) = engine.accepted()
            engine.send(intents.Wire(mode="hold"))
            engine.call("client 1", "close", 3)
            engine.call("server", "close", fd)
            engine.sent("client", "FIN|ACK")
            engine.sent("server", "FIN|ACK")
            engine.until(lambda: engine.has("client", "FIN_WAIT1"))
            engine.until(lambda: engine.has("server", "FIN_WAIT1"))
            self.let_go(engine, "client", "FIN|ACK")
            self.let_go(engine, "server", "FIN|ACK")
            engine.until(lambda: engine.states("client") == engine.states("server") == ["CLOSING"])
            engine.send(intents.Release(all=True))
            engine.until(lambda: engine.states("client") == engine.states("server") == ["TIME_WAIT"])
            engine.close_listener()
        assert "CLOSING" in engine.seen("client") & engine.seen("server")

    def test_a_final_ack_that_is_ignored(self, lab: str, port: int) -> None:
        """Two handshakes on their way, room for one more: the last client believes that it is connected."""
        with life(lab, port, mode="hold", accept="never", backlog=1) as engine:
            engine.send(intents.Connect())
            for sender, flags in (("client", "SYN"), ("server", "SYN|ACK"), ("client", "ACK")):
                self.let_go(engine, sender, flags)
            engine.until(lambda: engine.states("server") == ["ESTABLISHED"])
            for nth in (2, 3):
                engine.send(intents.Connect())
                self.let_go(engine, "client", "SYN", nth)
            engine.until(lambda: engine.states("server") == ["ESTABLISHED", "SYN_RECV", "SYN_RECV"])
            for nth in (2, 3):
                self.let_go(engine, "server", "SYN|ACK", nth)
                self.let_go(engine, "client", "ACK", nth)
            engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 3)
            engine.event(events.CounterRaised, name="ListenOverflows")
            engine.until(lambda: engine.states("server") == ["ESTABLISHED", "ESTABLISHED", "SYN_RECV"])
            engine.send(intents.Wire(mode="flow"))
            engine.close_listener()
            for number in (1, 2, 3):
                engine.call(f"client {number}", "abort", 3)
        half_open = [row for row in engine.exported if row["from"] == "SYN_RECV" and row["to"] == "CLOSED"]
        assert len(half_open) == 1

    def test_syn_cookies_leave_a_ghost(self, lab: str, port: int) -> None:
        """The SYN queue is full: cookies instead of rows, and in the end a client that nobody knows."""
        with life(lab, port, mode="hold", accept="never", backlog=0) as engine:
            for nth in (1, 2, 3):
                engine.send(intents.Connect())
                self.let_go(engine, "client", "SYN", nth)
                engine.sent("server", "SYN|ACK", nth)
            engine.event(events.CounterRaised, name="SyncookiesSent")
            for nth in (1, 2, 3):
                self.let_go(engine, "server", "SYN|ACK", nth)
                self.let_go(engine, "client", "ACK", nth)
            engine.until(lambda: engine.states("client") == ["ESTABLISHED"] * 3)
            engine.until(lambda: engine.states("server") == ["ESTABLISHED"])
            engine.send(intents.Wire(mode="flow"))
            engine.close_listener()
            for number in (1, 2, 3):
                engine.call(f"client {number}", "abort", 3)

    def test_both_open_at_once(self, lab: str, port: int) -> None:
        """No listener: each connects to the port that the other has bound."""
        with life(lab, port, accept="manual") as engine:
            engine.send(intents.Connect())
            engine.connected(1)
            engine.call("server", "accept")
            (fd,) = engine.accepted()
            engine.send(intents.Wire(mode="hold"))
            ends = {"client 1": f"10.0.0.2:{port}", "server": f"10.0.0.1:{port + 1}"}
            sockets = {}
            for program, address in ends.items():
                seen = engine.mark()
                engine.call(program, "socket")
                sockets[program] = engine.returned("socket", seen).result
                engine.call(program, "bind", sockets[program], address=address)
            for program, peer in zip(ends, reversed(ends.values()), strict=True):
                engine.call(program, "connect", sockets[program], address=peer)
            self.let_go(engine, "client", "SYN", 2)
            self.let_go(engine, "server", "SYN")
            engine.until(lambda: engine.has("client", "SYN_RECV"))
            engine.until(lambda: engine.has("server", "SYN_RECV"))
            engine.send(intents.Wire(mode="flow"))
            engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"] * 2)
            for program, fds in (("client 1", (3, sockets["client 1"])), ("server", (fd, sockets["server"]))):
                for each in fds:
                    engine.call(program, "close", each)
            engine.close_listener()

    def test_a_connect_that_is_given_up_while_the_answer_is_held(self, lab: str, port: int) -> None:
        with life(lab, port, mode="hold") as engine:
            engine.send(intents.Connect())
            self.let_go(engine, "client", "SYN")
            engine.until(lambda: engine.has("server", "SYN_RECV"))
            engine.call("client 1", "close", 3)
            engine.until(lambda: engine.states("client") == [])
            self.let_go(engine, "server", "SYN|ACK")
            engine.sent("client", "RST")
            engine.send(intents.Wire(mode="flow"))
            engine.until(lambda: engine.states("server") == [])
            engine.close_listener()

    def test_what_is_lost_is_sent_again(self, lab: str, port: int) -> None:
        with life(lab, port, mode="hold", accept="auto") as engine:
            engine.send(intents.Connect())
            engine.send(intents.Drop(id=engine.sent("client", "SYN").id))
            self.let_go(engine, "client", "SYN", 2)
            engine.send(intents.Drop(id=engine.sent("server", "SYN|ACK").id))
            engine.sent("server", "SYN|ACK", 2)
            engine.send(intents.Wire(mode="flow"))
            (fd,) = engine.accepted()
            engine.send(intents.Wire(mode="hold"))
            engine.call("client 1", "close", 3)
            engine.send(intents.Drop(id=engine.sent("client", "FIN|ACK").id))
            engine.sent("client", "FIN|ACK", 2)
            engine.send(intents.Wire(mode="flow"))
            engine.call("server", "recv", fd)
            engine.returned("recv", result=0)
            engine.call("server", "close", fd)
            engine.until(lambda: engine.has("client", "TIME_WAIT"))
            engine.close_listener()

    def test_a_connect_that_is_given_up_while_the_syn_is_held(self, lab: str, port: int) -> None:
        with life(lab, port, mode="hold") as engine:
            engine.send(intents.Connect())
            engine.until(lambda: engine.has("client", "SYN_SENT"))
            engine.call("client 1", "close", 3)
            engine.until(lambda: engine.states("client") == [])
            engine.send(intents.Wire(mode="cut"))
            engine.close_listener()
