"""An HTTP request as one method: `handle(body)`, which sends the response in parts.

Mirrors `channels/generic/http.py`.
"""

from collections.abc import Iterable
from typing import Any

from minichannels.asgi import Message
from minichannels.consumer import AsyncConsumer
from minichannels.exceptions import StopConsumer

Headers = Iterable[tuple[bytes, bytes]] | dict[bytes, bytes] | None


class AsyncHttpConsumer(AsyncConsumer):
    """One HTTP request: its whole body is read, then `handle()` is called.

    The consumer ends when `handle()` returns. While it runs nothing else is handled:
    neither messages of the layer nor the news that the client went away.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.body: list[bytes] = []

    async def send_headers(self, *, status: int = 200, headers: Headers = None) -> None:
        """Set status and headers, which wait for the first part of the body."""
        if isinstance(headers, dict):
            headers = list(headers.items())
        event = {"type": "http.response.start", "status": status}
        await self.send({**event, "headers": [] if headers is None else headers})

    async def send_body(self, body: bytes, *, more_body: bool = False) -> None:
        """Send a part of the body: the last one, unless `more_body` is set."""
        assert isinstance(body, bytes), "Body is not bytes"
        event = {"type": "http.response.body", "body": body, "more_body": more_body}
        await self.send(event)

    async def send_response(self, status: int, body: bytes, **kwargs: Any) -> None:
        """Send the whole response, once. `headers` may be given too."""
        await self.send_headers(status=status, **kwargs)
        await self.send_body(body)

    async def handle(self, body: bytes) -> None:
        """Answer the request: override it. What it returns is not used."""
        raise NotImplementedError(
            "Subclasses of AsyncHttpConsumer must provide a handle() method."
        )

    async def disconnect(self) -> None:
        """Clean up: override it. It runs after every `handle()`; send nothing here."""

    async def http_request(self, message: Message) -> None:
        """Collect the body; after its last part handle the request, and end."""
        if "body" in message:
            self.body.append(message["body"])
        if not message.get("more_body"):
            try:
                await self.handle(b"".join(self.body))
            finally:
                await self.disconnect()
            raise StopConsumer

    async def http_disconnect(self, message: Message) -> None:
        """Clean up and end, as the client went away before its request was whole."""
        await self.disconnect()
        raise StopConsumer
