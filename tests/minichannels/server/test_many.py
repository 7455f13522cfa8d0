"""A thousand open sockets, and nothing lost."""

import asyncio
import resource
from typing import Any

import pytest

from .conftest import frame
from .test_websocket import echo

SOCKETS, MESSAGES = 1000, 20


async def test_a_thousand_sockets_echo_twenty_messages_each(
    start: Any, client: Any
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 3 * SOCKETS:
        pytest.skip(f"no room for sockets: ulimit -Hn {3 * SOCKETS} (it is {hard})")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3 * SOCKETS), hard))
    address = await start(echo)
    clients = [await client(address) for _ in range(SOCKETS)]
    assert set(await asyncio.gather(*(one.upgrade() for one in clients))) == {101}

    async def talk(number: int, one: Any) -> int:
        for count in range(MESSAGES):
            message = b"%d of %d" % (count, number)
            await one.send(frame(1, message))
            assert await one.frame() == (0x81, message)
        return MESSAGES

    talks = [talk(number, one) for number, one in enumerate(clients)]
    async with asyncio.timeout(300):
        assert sum(await asyncio.gather(*talks)) == SOCKETS * MESSAGES
