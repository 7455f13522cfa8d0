"""A consumer turns the two streams of a connection into calls of its methods.

One stream comes from the client, the other from the channel layer. They are merged
into one, and each message goes to the method that its `type` names.

Mirrors `channels/consumer.py`, and `await_many_dispatch` of `channels/utils.py`.
"""

import asyncio
import functools
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async

from minichannels import DEFAULT_CHANNEL_LAYER
from minichannels.asgi import Application, Message, Receive, Scope, Send
from minichannels.exceptions import StopConsumer
from minichannels.layers import get_channel_layer


class AsyncConsumer:
    """One connection: its scope, its channel, and a method for each type of message.

    Messages are handled strictly one at a time, in the order of `merge`: while a
    handler waits, every other message of this connection waits, a disconnect included.

    It ends when a handler raises: cleanly for `StopConsumer`, with the error otherwise.
    No handler runs after that, so an error also skips the handling of the disconnect.
    """

    channel_layer_alias = DEFAULT_CHANNEL_LAYER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the messages of one connection until a handler raises."""
        self.scope = scope
        layer = self.channel_layer = get_channel_layer(self.channel_layer_alias)
        sources = [receive]
        if layer is not None:
            self.channel_name = await layer.new_channel()
            self.channel_receive = functools.partial(layer.receive, self.channel_name)
            sources.append(self.channel_receive)
        self.base_send = send
        with suppress(StopConsumer):
            # aclosing: the sources end with the loop, not when memory is tidied.
            async with aclosing(merge(*sources)) as messages:
                async for message in messages:
                    await self.dispatch(message)

    async def dispatch(self, message: Message) -> None:
        """Call the handler of a message, and wait until it is done.

        Any public attribute will do as a handler: `{"type": "send"}` calls `send`.
        """
        await find_handler(self, message)(message)

    async def send(self, message: Message) -> None:
        """Send an event to the client."""
        await self.base_send(message)

    @classmethod
    def as_asgi(cls, **initkwargs: Any) -> Application:
        """Give an application that makes a new consumer for every connection."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            return await cls(**initkwargs)(scope, receive, send)

        app.consumer_class = cls  # type: ignore[attr-defined]
        app.consumer_initkwargs = initkwargs  # type: ignore[attr-defined]
        functools.update_wrapper(app, cls, updated=())
        return app


async def merge(*sources: Receive) -> AsyncGenerator[Message, None]:
    """Give the messages of several sources as one stream.

    - One at a time: the next message is given when the loop asks for it.
    - One in flight: each source is asked for its next message only when its last one
      has been handled, so what waits stays where it is, and fills up there.
    - In turn: a round gives at most one message of each source, first source first.

    When the loop is left, the sources are cancelled. A message that one of them had
    already taken is lost; an error that one of them had already met is raised.
    """
    tasks = [asyncio.ensure_future(source()) for source in sources]
    try:
        while True:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for turn, source in enumerate(sources):
                if tasks[turn].done():
                    yield tasks[turn].result()
                    tasks[turn] = asyncio.ensure_future(source())
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def find_handler(consumer: AsyncConsumer, message: Message) -> Callable[..., Any]:
    """Find the method that a message's type names."""
    handler = getattr(consumer, get_handler_name(message), None)
    if not handler:
        raise ValueError(f"No handler for message type {message['type']}")
    return handler  # type: ignore[no-any-return]


def get_handler_name(message: Message) -> str:
    """Give the name of the method that handles a message: its type, dots replaced."""
    if "type" not in message:
        raise ValueError("Incoming message has no 'type' attribute")
    name: str = message["type"].replace(".", "_")
    if name.startswith("_"):
        raise ValueError("Malformed type in message (leading underscore)")
    return name


class SyncConsumer(AsyncConsumer):
    """A consumer whose handlers are plain functions, called on a worker thread.

    It is one thread for *all* synchronous code of the process, as in Channels: while a
    handler of one connection runs or sleeps, those of all others wait.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; its handlers get a `send` that does not wait."""
        await super().__call__(scope, receive, async_to_sync(send))  # type: ignore[arg-type]

    @sync_to_async
    def dispatch(self, message: Message) -> None:
        """Call the handler of a message on the thread, and wait until it is done."""
        find_handler(self, message)(message)

    def send(self, message: Message) -> None:  # type: ignore[override]
        """Send an event to the client, and wait until the server has taken it."""
        self.base_send(message)
