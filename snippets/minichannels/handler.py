"""ASGI to a Django view, and back.

A request's events become one `HttpRequest`, whole, because a view reads it when it
likes; a response becomes events, one after the other. In between, Django is at work as
ever: middleware, URLs, the view. Sync code among these runs in a thread of the request.

Mirrors `django/core/handlers/asgi.py`, which in Channels 2 was `channels.http`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, suppress
from tempfile import SpooledTemporaryFile

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_finished, request_started
from django.http import HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from .asgi import Message, Receive, Scope, Send

CHUNK_SIZE = 2**16

BodyFile = SpooledTemporaryFile[bytes]


class AsgiHandler:
    """A Django project as an ASGI application: one for all requests of a process.

    A client that leaves cancels an async view where it waits. A sync view runs on to
    its end, in its thread, and its response is dropped.
    """

    def __init__(self) -> None:
        self.django = BaseHandler()
        self.django.load_middleware(is_async=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(
                f"Django can only handle ASGI/HTTP connections, not {scope['type']}."
            )
        in_memory = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        async with ThreadSensitiveContext():
            with SpooledTemporaryFile(max_size=in_memory) as body:
                if await read_body(receive, body):
                    await self.handle(scope, body, receive, send)

    async def handle(
        self, scope: Scope, body: BodyFile, receive: Receive, send: Send
    ) -> None:
        """Respond, unless the client leaves before that is done."""
        set_script_prefix(get_script_prefix(scope))
        await request_started.asend(sender=type(self), scope=scope)
        response = asyncio.ensure_future(self.respond(scope, body, send))
        left = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({response, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            response.cancel()
            left.cancel()
        await asyncio.wait({response, left})
        if response.cancelled():
            await request_finished.asend(sender=type(self))
        else:
            await sync_to_async(response.result().close)()

    async def respond(
        self, scope: Scope, body: BodyFile, send: Send
    ) -> HttpResponseBase:
        """Ask Django for a response, send it, and give it to be closed."""
        try:
            request = ASGIRequest(scope, body)
        except UnicodeDecodeError:
            response = HttpResponseBadRequest()
        else:
            response = await self.django.get_response_async(request)
        response._handler_class = type(self)  # the sender of `request_finished`
        with suppress(asyncio.CancelledError):
            await send_response(response, send)
        return response


async def read_body(receive: Receive, body: BodyFile) -> bool:
    """Write the body of a request to a file, and say whether all of it came."""
    more_body = True
    while more_body:
        event = await receive()
        if event["type"] == "http.disconnect":
            return False
        body.write(event.get("body", b""))
        more_body = event.get("more_body", False)
    body.seek(0)
    return True


async def send_response(response: HttpResponseBase, send: Send) -> None:
    """Send a response as events; one that streams, part by part as it gives them."""
    headers = [(k.encode("ascii"), v.encode("latin1")) for k, v in response.items()]
    for cookie in response.cookies.values():
        headers.append((b"Set-Cookie", cookie.output(header="").strip().encode()))
    start = {"type": "http.response.start", "status": response.status_code}
    await send(start | {"headers": headers})
    if response.streaming:
        async with aclosing(aiter(response)) as parts:
            async for part in parts:
                for event in body_events(part):
                    await send(event | {"more_body": True})
        await send({"type": "http.response.body"})
    else:
        for event in body_events(response.content):
            await send(event)


def body_events(data: bytes) -> Iterator[Message]:
    """Cut data into messages of a reasonable size: at least one, if it is empty."""
    for start in range(0, len(data) or 1, CHUNK_SIZE):
        chunk, more = data[start : start + CHUNK_SIZE], start + CHUNK_SIZE < len(data)
        yield {"type": "http.response.body", "body": chunk, "more_body": more}
