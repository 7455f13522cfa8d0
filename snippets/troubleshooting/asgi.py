"""The project's application: Django for HTTP, and one WebSocket at /ws/chat/."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troubleshooting.settings")
pages = get_asgi_application()

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path


class Chat(AsyncWebsocketConsumer):
    pass


application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": URLRouter([path("ws/chat/", Chat.as_asgi())]),
    }
)
