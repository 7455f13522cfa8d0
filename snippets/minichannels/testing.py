"""A communicator plays server and client for an application: two queues and a task.

No network takes part, so what only a server does (closing codes, dropped headers,
timeouts of the handshake) cannot be seen here.

Mirrors `channels/testing/`; the communicator itself is `asgiref`'s, as in Channels.
"""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlparse

from asgiref.testing import ApplicationCommunicator as ApplicationCommunicator

from minichannels.asgi import Application, Message

Headers = Iterable[tuple[bytes, bytes]] | None


class HttpCommunicator(ApplicationCommunicator):
    """One HTTP request to an application, and the response to it."""

    def __init__(
        self,
        application: Application,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Headers = None,
    ) -> None:
        scope = {"type": "http", "http_version": "1.1", "method": method.upper()}
        scope |= _location(path, headers)
        assert isinstance(body, bytes)
        super().__init__(application, scope)
        self.body = body
        self.sent_request = False

    async def get_response(self, timeout: float = 1) -> Message:
        """Send the request, once, and give a dict of status, headers and body.

        Args:
            timeout: Seconds that each event may take. After that the application is
                cancelled, and TimeoutError is raised.
        """
        if not self.sent_request:
            self.sent_request = True
            await self.send_input({"type": "http.request", "body": self.body})
        response: Message = await self.receive_output(timeout)
        assert response["type"] == "http.response.start"
        response["body"] = b""
        more_body = True
        while more_body:
            chunk = await self.receive_output(timeout)
            assert chunk["type"] == "http.response.body"
            assert isinstance(chunk["body"], bytes)
            response["body"] += chunk["body"]
            more_body = chunk.get("more_body", False)
        del response["type"]
        response.setdefault("headers", [])
        return response


class WebsocketCommunicator(ApplicationCommunicator):
    """One WebSocket to an application, seen from the client.

    A wait that takes more than `timeout` seconds raises TimeoutError and cancels the
    application: to see that nothing comes, call `receive_nothing()`.
    """

    def __init__(
        self,
        application: Application,
        path: str,
        headers: Headers = None,
        subprotocols: list[str] | None = None,
        spec_version: int | None = None,
    ) -> None:
        if not isinstance(path, str):
            raise TypeError(f"Expected str, got {type(path)}")
        scope = {"type": "websocket", **_location(path, headers)}
        scope["subprotocols"] = subprotocols or []
        if spec_version:
            scope["spec_version"] = spec_version
        super().__init__(application, scope)
        self.response_headers: Any = None

    async def connect(self, timeout: float = 1) -> tuple[bool, Any]:
        """Open: (True, subprotocol) if it was accepted, (False, close code) if not."""
        await self.send_input({"type": "websocket.connect"})
        response = await self.receive_output(timeout)
        if response["type"] == "websocket.close":
            return False, response.get("code", 1000)
        assert response["type"] == "websocket.accept"
        self.response_headers = response.get("headers", [])
        return True, response.get("subprotocol")

    async def send_to(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """Send a frame of text or of bytes, one of them and not empty."""
        wrong = "You must supply exactly one of text_data or bytes_data"
        assert bool(text_data) != bool(bytes_data), wrong
        if text_data:
            assert isinstance(text_data, str), "The text_data argument must be a str"
            await self.send_input({"type": "websocket.receive", "text": text_data})
        else:
            wrong = "The bytes_data argument must be bytes"
            assert isinstance(bytes_data, bytes), wrong
            await self.send_input({"type": "websocket.receive", "bytes": bytes_data})

    async def send_json_to(self, data: Any) -> None:
        """Send a frame of text that holds this as JSON."""
        await self.send_to(text_data=json.dumps(data))

    async def receive_from(self, timeout: float = 1) -> Any:
        """Wait for a frame, and give its text or its bytes."""
        event = await self.receive_output(timeout)
        wrong = f"Expected type 'websocket.send', but was '{event['type']}'"
        assert event["type"] == "websocket.send", wrong
        wrong = "The response needs exactly one of 'text' or 'bytes'"
        assert ("text" in event) != ("bytes" in event), wrong
        if "text" in event:
            wrong = f"Text frame payload is not str, it is {type(event['text'])}"
            assert isinstance(event["text"], str), wrong
            return event["text"]
        wrong = f"Binary frame payload is not bytes, it is {type(event['bytes'])}"
        assert isinstance(event["bytes"], bytes), wrong
        return event["bytes"]

    async def receive_json_from(self, timeout: float = 1) -> Any:
        """Wait for a frame of text, and give what its JSON holds."""
        payload = await self.receive_from(timeout)
        wrong = f"JSON data is not a text frame, it is {type(payload)}"
        assert isinstance(payload, str), wrong
        return json.loads(payload)

    async def disconnect(self, code: int = 1000, timeout: float = 1) -> None:
        """Close, and wait until the application ends. Its error is raised here."""
        await self.send_input({"type": "websocket.disconnect", "code": code})
        await self.wait(timeout)


def _location(path: str, headers: Headers) -> Message:
    url = urlparse(path)
    return {
        "path": unquote(url.path),
        "query_string": url.query.encode(),
        "headers": headers or [],
    }
