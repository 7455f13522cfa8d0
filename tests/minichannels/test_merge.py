"""What merging the client and the layer guarantees, on both packages."""

import asyncio
from contextlib import aclosing

import pytest
from minichannels.consumer import merge


def recorder(lib, log):
    """A consumer that logs the name of every message, and stops at "stop"."""

    class Recorder(lib.AsyncConsumer):
        async def note(self, message):
            log.append(message["n"])

        async def stop(self, message):
            raise lib.StopConsumer

    return Recorder()


async def until(condition):
    """Let the others go on until something is so."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - Channels has no event to wait for
            await asyncio.sleep(0)


async def send(event):
    raise AssertionError("nothing is sent here")


async def test_sources_that_are_both_busy_take_turns_the_client_first(lib):
    log = []
    layer, consumer = lib.use(lib.InMemoryChannelLayer()), recorder(lib, log)
    client = asyncio.Queue()
    for n in range(3):
        client.put_nowait({"type": "note", "n": f"client {n}"})
    life = asyncio.ensure_future(consumer({}, client.get, send))
    await until(lambda: layer.channels)
    for n in range(3):
        await layer.send(consumer.channel_name, {"type": "note", "n": f"layer {n}"})
    await until(lambda: len(log) == 6)
    client.put_nowait({"type": "stop"})
    await life
    assert log == [f"{who} {n}" for n in range(3) for who in ("client", "layer")]


async def test_a_message_taken_while_the_other_source_ends_the_consumer_is_lost(lib):
    layer, consumer = lib.use(lib.InMemoryChannelLayer()), recorder(lib, [])
    client = asyncio.Queue()
    life = asyncio.ensure_future(consumer({}, client.get, send))
    await until(lambda: layer.channels)
    client.put_nowait({"type": "stop"})
    await layer.send(consumer.channel_name, {"type": "note", "n": "lost"})
    await layer.send(consumer.channel_name, {"type": "note", "n": "kept"})
    await life
    assert (await layer.receive(consumer.channel_name))["n"] == "kept"


async def test_an_error_of_one_source_replaces_the_stop_of_the_other(lib):
    class Broken(lib.InMemoryChannelLayer):
        async def receive(self, channel):
            raise OSError("the layer is gone")

    class Stopper(lib.AsyncConsumer):
        async def stop(self, message):
            raise lib.StopConsumer

    lib.use(Broken())
    client = asyncio.Queue()
    client.put_nowait({"type": "stop"})
    with pytest.raises(OSError, match=r"^the layer is gone$"):
        await Stopper()({}, client.get, send)


async def test_an_error_of_the_client_ends_the_consumer(lib):
    async def receive():
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match=r"^gone$"):
        await recorder(lib, [])({}, receive, send)


async def test_each_source_has_one_message_in_flight(lib):
    asked, log = [], []

    async def receive():
        asked.append(len(log))
        return {"type": "note" if len(asked) < 4 else "stop", "n": len(asked)}

    await recorder(lib, log)({}, receive, send)
    # Asked again only when the last one had been handled.
    assert (asked, log) == ([0, 1, 2, 3], [1, 2, 3])


async def test_a_cancelled_consumer_cancels_its_sources(lib):
    cancelled = asyncio.Event()

    async def receive():
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    life = asyncio.ensure_future(recorder(lib, [])({}, receive, send))
    await asyncio.sleep(0.005)
    life.cancel()
    with pytest.raises(asyncio.CancelledError):
        await life
    assert cancelled.is_set()


async def test_leaving_the_loop_cancels_every_source_though_one_has_failed():
    ended = []

    async def source(name, error=None):
        try:
            if error:
                raise error
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    with pytest.raises(OSError, match=r"^broken$"):
        async with aclosing(
            merge(lambda: source("a", OSError("broken")), lambda: source("b"))
        ) as messages:
            await anext(messages)
    await asyncio.sleep(0)
    assert ended == ["a", "b"]
