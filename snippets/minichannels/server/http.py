"""HTTP/1.1: a request and its response as ASGI events.

Mirrors `daphne/http_protocol.py`.
"""

from collections.abc import Iterator
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus

import h11

from minichannels.asgi import Message

from .connection import REASONS, UNANSWERED, Headers
from .exchange import Exchange, headers_of

NO_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class HttpExchange(Exchange):
    """One request, and the response to it.

    The head of the response leaves with the first part of its body, not before: so an
    application that fails in between, or whose first part is wrong, is still answered
    with a 500.
    """

    moves = {
        "waiting": {"http.response.start": "started"},
        "started": {"http.response.body": "started"},
        "complete": {},
    }

    async def listen(self) -> None:
        """Deliver the body as it arrives, then watch for a client that leaves."""
        request: Message = {"type": "http.request", "body": b"", "more_body": False}
        event = await self.connection.next_event()
        while isinstance(event, h11.Data):
            await self.deliver(request | {"body": bytes(event.data), "more_body": True})
            event = await self.connection.next_event()
        if isinstance(event, h11.EndOfMessage):
            await self.deliver(request)
            if self.connection.h11.trailing_data[0] or await self.watch():
                return  # the next request, which waits for this response
        if not self.over.is_set():
            self.disconnect({"type": "http.disconnect"})

    async def watch(self) -> bytes:
        """Wait for a next request until this one was answered a while ago."""
        data, answered = b"", False
        while not (answered or self.connection.given_up):
            answered = self.over.is_set()
            with suppress(TimeoutError):
                async with self.connection.patience():
                    data = await self.connection.read()
                    break
        self.connection.h11.receive_data(data)
        return data

    async def receive(self) -> Message:
        if self.connection.h11.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self.connection.write(go_on)
        return await super().receive()

    async def send(self, message: Message) -> None:
        self.move(message)
        if message["type"] == "http.response.start":
            self.start(message["status"], headers_of(message))
            return
        last = not message.get("more_body", False)
        if self.connection.h11.our_state in UNANSWERED:
            self.connection.write(*self.part(message.get("body", b""), last))
            await self.connection.drain()
        if last:
            self.state = "complete"
            self.inbox.put_nowait({"type": "http.disconnect"})
            self.finish()

    def start(self, status: int, headers: Headers) -> None:
        if not any(name.lower() == b"date" for name, _ in headers):
            headers.append((b"date", formatdate(usegmt=True).encode()))
        if self.connection.h11.they_are_waiting_for_100_continue:
            headers.append((b"connection", b"close"))  # the body may never come
        self.bodiless = self.scope["method"] == "HEAD" or status in NO_BODY
        reason = REASONS.get(status, b"")
        self.head = h11.Response(status_code=status, headers=headers, reason=reason)

    def part(self, body: bytes, last: bool) -> Iterator[h11.Event]:
        size = memoryview(body).nbytes  # a TypeError for what is not bytes
        if self.connection.h11.our_state is h11.SEND_RESPONSE:
            length = int(dict(self.head.headers).get(b"content-length", size))
            if not self.bodiless and (size > length or (last and size < length)):
                raise ValueError(f"A body of {size} bytes has content-length {length}.")
            yield self.head
        if not self.bodiless:
            yield h11.Data(data=body)
        if last:
            yield h11.EndOfMessage()
