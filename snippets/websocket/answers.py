"""Every answer to a handshake, and every end, for a real Daphne: one path for each.

Start it with `daphne websocket.answers:application`.
"""

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.conf import settings
from django.urls import path

settings.configure()


class Silent(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        pass


class Refuse(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.close(code=4001, reason="no ticket")


class AcceptThenClose(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        await self.close(code=4001, reason="no ticket")


class SayThenClose(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        await self.send(text_data='{"error": "no ticket"}', close=4001)


class Header(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept(headers=[(b"x-room", b"tea")])
        await self.close()


class Crash(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        raise RuntimeError("a bug in connect()")


class Twice(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        await self.accept()


class Empty(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        await self.send(text_data="")
        await self.send(text_data="the second frame", close=True)


class Measure(AsyncWebsocketConsumer):
    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        await self.send(text_data=f"{len(text_data or bytes_data or '')} arrived")


class Unusable(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        await self.close(code=1003)


class Unoffered(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept("chat.v9")


CONSUMERS = {
    "silent": Silent,
    "refuse": Refuse,
    "accept-then-close": AcceptThenClose,
    "say-then-close": SayThenClose,
    "header": Header,
    "crash": Crash,
    "twice": Twice,
    "empty": Empty,
    "measure": Measure,
    "unusable": Unusable,
    "unoffered": Unoffered,
}

application = URLRouter(
    [path(f"{name}/", consumer.as_asgi()) for name, consumer in CONSUMERS.items()]
)
