"""A response that fails after its first part, for a real Daphne.

Start it with `daphne streaming.late:application`, and ask for `/late/`. Every other
path has no route.
"""

from typing import Any

from channels.routing import URLRouter
from django.urls import path


async def late(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ValueError("there is no other half")


application = URLRouter([path("late/", late)])
