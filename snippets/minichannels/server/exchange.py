"""One application at work for one client: what HTTP and WebSocket have in common.

Two tasks meet here. One listens to the client and puts events in the inbox; the other
is the application, which receives them and sends its own. Each kind of exchange has a
table of `moves`: what the application may send in each state, and the state after it.

Mirrors what `daphne/server.py` does for every application.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from http import HTTPStatus
from typing import Any, ClassVar

import h11

from minichannels.asgi import Application, Message, Scope

from .connection import UNANSWERED, Connection, Headers

logger = logging.getLogger("minichannels.server")


class Exchange(ABC):
    """What a client and an application have to say to each other, until it is over."""

    moves: ClassVar[Mapping[str, Mapping[str, str]]]

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self.connection, self.limits = connection, connection.limits
        self.scope, self.state = scope, next(iter(self.moves))
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.taken, self.over = asyncio.Event(), asyncio.Event()
        self.timers = ExitStack()
        self.failed = self.left = self.is_last = False

    async def converse(self, application: asyncio.Task[None]) -> None:
        """Listen to the client until all is said, or the application has returned."""
        self.application = application
        await self.listen()
        await self.over.wait()

    async def perform(self, application: Application) -> None:
        """Run the application, whose every end is also the end of the exchange."""
        try:
            await application(self.scope, self.receive, self.send)
            waits = not self.left and self.connection.h11.our_state in UNANSWERED
            if self.moves[self.state] and waits:
                raise RuntimeError(f"The application returned while {self.state}.")
        except (Exception, BaseExceptionGroup, asyncio.CancelledError):
            self.failed = True
            if not self.application.cancelling():  # then it was killed
                logger.exception("Exception inside application: %s", self.scope["path"])
        finally:
            self.finish()

    def finish(self) -> None:
        """End the exchange, and the connection with it unless it can be used again."""
        if not self.over.is_set():
            self.connection.refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
            self.over.set()
            self.taken.set()
            self.timers.close()
            if self.is_last or self.connection.h11.our_state is not h11.DONE:
                self.connection.give_up()

    def later(self, seconds: float, call: Callable[..., None], *args: Any) -> None:
        """Call in some seconds, unless the exchange is over by then."""
        if not self.over.is_set():
            timer = asyncio.get_running_loop().call_later(seconds, call, *args)
            self.timers.callback(timer.cancel)

    def stop(self) -> None:
        """Come to an end: the server stops. A response that is at work is finished."""
        self.is_last = True

    async def receive(self) -> Message:
        """Wait for the next event from the client: the application's `receive`."""
        event = await self.inbox.get()
        if self.inbox.empty():
            self.taken.set()
        return event

    async def deliver(self, event: Message) -> None:
        """Put an event in the inbox; once that is full, wait until it is empty.

        While it is full nothing is read, so only `send` finds out that the client left.
        What comes after the end of the exchange is read, and dropped.
        """
        if not self.over.is_set():
            self.inbox.put_nowait(event)
        lost, room = self.connection.writer.is_closing, self.limits.max_inbox
        while self.inbox.qsize() >= room and not (self.over.is_set() or lost()):
            self.taken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.limits.client_timeout):
                    await self.taken.wait()

    def disconnect(self, event: Message) -> None:
        """Tell the application that its client has left, and give it time to return."""
        self.left = True
        self.inbox.put_nowait(event)
        later = asyncio.get_running_loop().call_later
        killing = later(self.limits.close_timeout, self.kill)
        self.application.add_done_callback(lambda _: killing.cancel())

    def kill(self) -> None:
        self.application.cancel()
        logger.warning("Took too long to return, killed: %s", self.scope["path"])

    def move(self, message: Message) -> None:
        """Make the move that a message asks for.

        Raises:
            ValueError: The table of moves has none for it in this state.
        """
        moves = self.moves[self.state]
        if message["type"] not in moves:
            allowed = " or ".join(moves) or "nothing more"
            raise ValueError(
                f"Cannot send {message['type']!r} when {self.state}, only {allowed}."
            )
        self.state = moves[message["type"]]

    @abstractmethod
    async def listen(self) -> None:
        """Turn what the client sends into events, until it leaves."""

    @abstractmethod
    async def send(self, message: Message) -> None:
        """Turn an event into bytes for the client: the application's `send`."""


def headers_of(message: Message) -> Headers:
    """Give the headers of an application's message, which are pairs of bytes."""
    headers = [*message.get("headers", ())]
    for header in headers:
        if not all(isinstance(part, bytes) for part in header):
            raise ValueError(f"Headers are pairs of bytes, not {header!r}.")
    return headers
