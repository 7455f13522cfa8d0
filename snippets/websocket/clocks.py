"""A clock that never sees the disconnect, and one that does, for a real Daphne.

Start it with `daphne websocket.clocks:application`.
"""

import asyncio

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.conf import settings
from django.urls import path

settings.configure()


class LoopInConnect(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        while True:
            await self.send(text_data="tick")
            await asyncio.sleep(0.1)


class LoopInTask(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        self.ticking = asyncio.create_task(self.tick())

    async def tick(self) -> None:
        while True:
            await self.send(text_data="tick")
            await asyncio.sleep(0.1)

    async def disconnect(self, code: int) -> None:
        self.ticking.cancel()


application = URLRouter(
    [
        path("loop/", LoopInConnect.as_asgi()),
        path("task/", LoopInTask.as_asgi()),
    ]
)
