"""Two routers for Daphne: one knows no other path, and one refuses the rest.

Start it with `daphne routing.refusing:application`, and open `ws://…/chat/`.
"""

from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path


async def accept(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await receive()


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.close"})


application = URLRouter(
    [
        re_path(
            "^refusing/",
            URLRouter([path("chat/", accept), re_path("", refuse)]),
        ),
        path("chat/", accept),
    ]
)
