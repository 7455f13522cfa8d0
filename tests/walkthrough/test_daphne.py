"""The Daphne of the snippets: it serves, logs, and is gone after the block."""

import asyncio

import pytest
from walkthrough.daphne import NotServing, daphne
from websockets.asyncio.client import connect


async def test_it_serves_and_is_gone_after_the_block() -> None:
    async with daphne("routing.refusing:application") as server:
        client = await connect(f"{server.url}/chat/")
        await client.close()
    assert any("WSCONNECT /chat/" in line for line in server.log)
    host, _, port = server.url.removeprefix("ws://").partition(":")
    with pytest.raises(OSError):
        await asyncio.open_connection(host, int(port))


async def test_an_application_that_cannot_be_imported_is_said_so() -> None:
    with pytest.raises(NotServing, match="No module named 'nothing_here'"):
        async with daphne("nothing_here:application"):
            raise AssertionError("it serves")
