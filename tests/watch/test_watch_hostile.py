"""A recording of watching may hold anything: it is taken in, shown and gone back in, without an exception."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.events import (
    AnyEvent,
    CounterRaised,
    Header,
    ListenerGone,
    ListenerSampled,
    ListenersChosen,
    Marked,
    Owner,
    ProcessFound,
    RowKey,
    Segment,
    SegmentCaptured,
    SettingChanged,
    SocketRow,
    SocketsSampled,
    StateTraced,
)
from sockviz.session.watch_timeline import WatchTimeline
from sockviz.watching_summary import summary
from sockviz.world.watch.query import Query, select

address = st.sampled_from(
    [
        "127.0.0.1:80",
        "0.0.0.0:80",
        "[::]:80",
        "[::1]:80",
        "[::ffff:1.2.3.4]:80",
        "[::ffff:",
        "",
        ":",
        "x",
        "1.2.3.4:x",
    ]
)
state = st.sampled_from(
    ["LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "CLOSE", "TIME_WAIT", "", "7", "\x1b[2J"]
)
number = st.sampled_from([0, 1, 2, 80, -1, 1 << 31, 1 << 62])
small = st.integers(0, 3)
name = st.sampled_from(
    ["ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "PassiveOpens", "TraceLost", "", "TW"]
)
time = st.integers(0, 5_000_000_000) | st.just((1 << 62) - 1)
row = st.builds(
    SocketRow, state=state, local=address, remote=address, inode=small, pid=small, fd=small, cookie=small,
    recv_queue=number, send_queue=number, resent=number, retransmits=number, timer=state,
)  # fmt: skip
key = st.builds(RowKey, local=address, remote=address, cookie=small)
segment = st.builds(
    Segment, source=address, destination=address, seq=number, ack=number, window=number, length=number,
    flags=st.sampled_from(["SYN", "SYN|ACK", "ACK", "FIN|ACK", "RST", "", "FIN|FIN", "nonsense"]),
)  # fmt: skip
listed = st.lists(address, max_size=3).map(tuple)
event = st.one_of(
    st.builds(
        Header, t=time, format=st.just(1), source=st.just("watch"), hosts=st.just(()), made_by=state,
        sysctls=st.dictionaries(st.just("net.core.somaxconn"), st.sampled_from(["8", "", "9" * 5000, "x"])),
    ),
    st.builds(
        ListenerSampled, t=time, host=state, local=address, depth=number, limit=number, cookie=small,
        drops=st.none() | number,
        owners=st.lists(st.builds(Owner, pid=small, fd=small), max_size=2).map(tuple),
        established=st.none() | number, unaccepted=st.none() | number, half_open=number,
    ),
    st.builds(ListenerGone, t=time, host=state, local=address, cookie=small),
    st.builds(ListenersChosen, t=time, host=state, listeners=listed, asked=listed),
    st.builds(ProcessFound, t=time, host=state, pid=small, name=state, user=state),
    st.builds(StateTraced, t=time, host=state, local=address, remote=address, before=state, after=state),
    st.builds(
        SocketsSampled, t=time, host=state, began=time, previous=time,
        changed=st.lists(row, max_size=5).map(tuple), gone=st.lists(key, max_size=3).map(tuple),
    ),
    st.builds(
        SegmentCaptured, t=time, id=small, sender=st.sampled_from(["server", "client", ""]), receiver=state,
        segment=segment,
    ),
    st.builds(CounterRaised, t=time, host=state, name=name, by=number, total=number),
    st.builds(SettingChanged, t=time, name=name, value=state),
    st.builds(Marked, t=time, text=state),
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(event, max_size=25))
def test_anything_is_taken_in(recording: list[AnyEvent]) -> None:
    timeline = WatchTimeline()
    timeline.extend(recording)
    watch = timeline.edge
    timeline._keep()
    for sort in ("id", "peer", "state", "age", "wait", "owner", "recv", "send", "resent"):
        select(watch, (), Query(sort=sort, descending=True))
    for listener in watch.listeners.values():
        assert listener.port >= 0
        assert listener.waits.summary(watch.t).waiting >= 0
        assert len(listener.history.columns(0, watch.t, 7)) == 7
        listener.history.total(0, watch.t)
        assert (listener.full, listener.owners, listener.unaccepted, listener.established) is not None
    assert isinstance(summary(watch), list)
    for t in (0, 1, watch.t // 2, watch.t):
        timeline.watch_at(t)
