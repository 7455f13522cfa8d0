"""The same project on minichannels: the same views and consumers, by another import.

Its middleware is what minichannels has: origins and cookies. Sessions and users belong
to Django, and so does all that happens behind the handler.
"""

from pathlib import Path
from types import ModuleType

from django.conf import settings
from minichannels.handler import AsgiHandler
from minichannels.layers import InMemoryChannelLayer, channel_layers
from minichannels.redis_layer import RedisChannelLayer
from minichannels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter, path
from minichannels.security.websocket import OriginValidator
from minichannels.sessions import CookieMiddleware


def same_consumers() -> ModuleType:
    """Run `consumers.py` with one word of its imports changed."""
    file = Path(__file__).with_name("consumers.py")
    text = file.read_text("utf-8").replace("from channels.", "from minichannels.")
    module = ModuleType("roundtrip.consumers")
    exec(compile(text, str(file), "exec"), module.__dict__)
    return module


redis = settings.REDIS["host"], settings.REDIS["port"]
channel_layers.set("default", InMemoryChannelLayer())
channel_layers.set("redis", RedisChannelLayer(hosts=[redis]))

consumers = same_consumers()
application = ProtocolTypeRouter(
    {
        "http": AsgiHandler(),
        "websocket": OriginValidator(
            CookieMiddleware(
                URLRouter(
                    [
                        path("chat/", consumers.Chat.as_asgi()),
                        path("chat/redis/", consumers.RedisChat.as_asgi()),
                        path("echo/", consumers.SyncEcho.as_asgi()),
                    ]
                )
            ),
            ["http://example.com"],
        ),
        "channel": ChannelNameRouter({"jobs": consumers.Jobs.as_asgi()}),
    }
)
