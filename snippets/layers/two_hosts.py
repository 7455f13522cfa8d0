"""What arrives when `channels_redis` is given one Redis host, and when two."""

import asyncio
from collections import Counter
from contextlib import ExitStack

from channels_redis.core import RedisChannelLayer
from troubleshooting.redis import server

CHANNELS = 40
"""How many channels get a message each. That none of them is lost, or all, is then
as likely as that a coin falls on the same side forty times."""


async def arrivals(hosts: int) -> Counter[str]:
    """Send to forty channels, one by one and as a group; count what arrives of each."""
    with ExitStack() as stack:
        running = [stack.enter_context(server()) for _ in range(hosts)]
        settings = [
            {"host": host, "port": port, "socket_timeout": None}
            for host, port in running
        ]
        layer = RedisChannelLayer(hosts=settings)
        names = [await layer.new_channel() for _ in range(CHANNELS)]
        for name in names:
            await layer.group_add("room", name)
            await layer.send(name, {"type": "send"})
        await layer.group_send("room", {"type": "group_send"})
        arrived: Counter[str] = Counter()
        for name in names:
            arrived.update(await received(layer, name))
        await layer.close_pools()
    return arrived


async def received(layer: RedisChannelLayer, name: str) -> list[str]:
    """Read a channel up to the message of the group, which is the last."""
    kinds: list[str] = []
    async with asyncio.timeout(10):
        while "group_send" not in kinds:
            kinds.append((await layer.receive(name))["type"])
    return kinds
