"""What the book says of the core layer of channels_redis, on a real server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from channels.exceptions import ChannelFull
from channels_redis.core import RedisChannelLayer
from troubleshooting.redis import server


@pytest.fixture(scope="module")
def hosts() -> Any:
    with server() as (host, port):
        yield [{"host": host, "port": port, "socket_timeout": None}]


@pytest_asyncio.fixture
async def two(hosts: Any) -> AsyncIterator[tuple[Any, Any]]:
    """The layers of two processes."""
    layers = [RedisChannelLayer(hosts=hosts, capacity=2) for _ in range(2)]
    yield layers[0], layers[1]
    for layer in layers:
        await layer.flush()
        await layer.close_pools()


async def test_what_one_process_is_about_to_take_goes_to_another_as_well(
    two: Any,
) -> None:
    one, other = two
    await one.send("jobs", {"type": "job"})
    taken = await one._brpop_with_clean(0, one.prefix + "jobs", timeout=1)
    assert taken is not None
    async with asyncio.timeout(10):
        assert await other.receive("jobs") == {"type": "job"}


def newest(buffer: Any) -> Any:
    """Give the number of the message that a process took last for a channel."""
    return buffer._queue[-1]["n"] if buffer and not buffer.empty() else None


async def test_a_slow_consumer_loses_its_oldest_beside_an_idle_one(two: Any) -> None:
    layer, _ = two
    slow, idle = [await layer.new_channel() for _ in range(2)]
    reader = asyncio.create_task(layer.receive(idle))
    for n in range(5):
        await layer.send(slow, {"type": "note", "n": n})
        async with asyncio.timeout(10):
            while newest(layer.receive_buffer.get(slow)) != n:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    reader.cancel()
    got = [(await layer.receive(slow))["n"] for _ in range(2)]
    assert got == [3, 4]


async def test_while_nobody_reads_a_full_channel_refuses_the_newest(two: Any) -> None:
    layer, _ = two
    slow = await layer.new_channel()
    for n in range(2):
        await layer.send(slow, {"type": "note", "n": n})
    with pytest.raises(ChannelFull):
        await layer.send(slow, {"type": "note", "n": 2})
    assert [(await layer.receive(slow))["n"] for _ in range(2)] == [0, 1]
