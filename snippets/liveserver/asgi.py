"""Two consumers for the tests beside them: one refuses, and one counts the users."""

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.auth import get_user_model
from django.core.asgi import get_asgi_application
from django.urls import path


class Bouncer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.close(code=4001)


class Counter(AsyncWebsocketConsumer):
    async def receive(self, text_data: str = "", bytes_data: bytes = b"") -> None:
        count = await get_user_model().objects.acount()
        await self.send(text_data=f"{count} users")


sockets = [path("refusing/", Bouncer.as_asgi()), path("users/", Counter.as_asgi())]
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter(sockets)}
)
