"""Consumers."""

import asyncio
import threading

from asgiref.sync import sync_to_async


async def test_an_event_does_not_wait_for_the_thread_of_synchronous_code(lib):
    """An asynchronous consumer handles its events without going through a thread.

    Channels: before each event, and around each call of a synchronous handler, it
    closes old database connections on the one thread of all synchronous code. An event
    of an asynchronous consumer waits as long as that thread is busy.
    Why: nothing here opens a connection; and the page that you read has no threads.
    """

    class Echo(lib.AsyncWebsocketConsumer):
        async def receive(self, text_data=None, bytes_data=None):
            await self.send(text_data=text_data)

    echo = lib.WebsocketCommunicator(Echo.as_asgi(), "/")
    await echo.connect()
    release = threading.Event()
    busy = asyncio.ensure_future(sync_to_async(release.wait)())
    await echo.send_to(text_data="hi")
    waits = await echo.receive_nothing(timeout=0.05)
    release.set()
    await busy
    assert await echo.receive_from() == "hi"
    await echo.disconnect()
    assert waits is (lib.name == "channels")


async def test_an_error_of_the_client_does_not_leave_a_receiver_behind(lib):
    """When reading from the client fails, the consumer stops to listen to its channel.

    Channels: the receiver of its channel is left running, and takes one more message.
    Why: `merge` cancels every source, whatever became of the others.
    """

    async def receive():
        raise ConnectionError

    layer = lib.use(lib.InMemoryChannelLayer())
    consumer = lib.AsyncConsumer()
    [error] = await asyncio.gather(consumer({}, receive, None), return_exceptions=True)
    assert isinstance(error, ConnectionError)
    await asyncio.sleep(0)
    await layer.send(consumer.channel_name, {"type": "x"})
    await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert bool(layer.channels) is (lib.name == "minichannels")
    assert len(left) == 0


async def test_a_source_that_ends_like_an_iterator_is_an_error_of_another_name(lib):
    """A `receive` that raises `StopAsyncIteration` gives a `RuntimeError`.

    Channels: it gives the `StopAsyncIteration`, as a mock does that has run dry.
    Why: `merge` is an async generator, in which Python renames that one exception.
    """

    async def receive():
        raise StopAsyncIteration

    wanted = {"minichannels": RuntimeError, "channels": StopAsyncIteration}[lib.name]
    [error] = await asyncio.gather(
        lib.AsyncConsumer()({}, receive, None), return_exceptions=True
    )
    assert type(error) is wanted
