"""The application of Channels 2: consumers without `as_asgi`, and no entry for HTTP."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roundtrip.then.settings")
django.setup()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.urls import path

from roundtrip import consumers

application = ProtocolTypeRouter(
    {
        "websocket": OriginValidator(
            AuthMiddlewareStack(
                URLRouter(
                    [
                        path("chat/", consumers.Chat),
                        path("echo/", consumers.SyncEcho),
                    ]
                )
            ),
            ["*"],  # its comparison of origins fails on a Python of today
        ),
    }
)
