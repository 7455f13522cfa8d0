"""The ASGI application: everything that enters the project enters here."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roundtrip.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.urls import path

from . import consumers

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": OriginValidator(
            AuthMiddlewareStack(
                URLRouter(
                    [
                        path("chat/", consumers.Chat.as_asgi()),
                        path("chat/redis/", consumers.RedisChat.as_asgi()),
                        path("chat/pubsub/", consumers.PubSubChat.as_asgi()),
                        path("echo/", consumers.SyncEcho.as_asgi()),
                    ]
                )
            ),
            ["http://example.com"],
        ),
        "channel": ChannelNameRouter({"jobs": consumers.Jobs.as_asgi()}),
    }
)
