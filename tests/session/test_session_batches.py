"""Events come in batches that leave time for others, however slow it is to take them."""

import asyncio
import os
import time

from sockviz.events import Marked, encode
from sockviz.session.batches import BATCH, LEAST, SHARE, Batches

COUNT = 3_000


async def carried(receive):
    """Have `COUNT` events read from a pipe."""
    read, write = os.pipe()
    batches = Batches(receive)
    await asyncio.get_running_loop().connect_read_pipe(lambda: batches, os.fdopen(read, "rb"))
    lines = b"".join(encode(Marked(t=number, text="")) for number in range(COUNT))
    await asyncio.to_thread(written, write, lines)
    await asyncio.wait_for(batches.ended, 60)


def written(fd, data):
    with os.fdopen(fd, "wb") as file:
        file.write(data)


def busy(seconds):
    """Use the processor for that long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def test_all_arrive_in_their_order():
    taken = []
    await carried(lambda events: taken.append([event.t for event in events]))
    assert [t for batch in taken for t in batch] == list(range(COUNT))
    assert max(map(len, taken)) <= BATCH


async def test_a_batch_is_as_large_as_there_is_time_for():
    sizes = []
    each = 20e-6

    def receive(events):
        sizes.append(len(events))
        busy(len(events) * each)

    await carried(receive)
    later = sorted(sizes[5:-1])
    assert LEAST <= later[len(later) // 2] <= 2 * SHARE / each


async def test_others_have_their_turn_in_between():
    turns, batches = 0, 0

    def receive(events):
        nonlocal batches
        batches += 1
        busy(len(events) * 20e-6)

    async def others():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(others())
    await carried(receive)
    other.cancel()
    assert turns > 10 * batches
