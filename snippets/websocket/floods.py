"""An application that sends a hundred megabytes, whether or not anybody reads them.

Start it with `daphne websocket.floods:application`. It logs the type of each scope.
"""

import sys
from typing import Any

PART = bytes(100_000)


async def application(scope: Any, receive: Any, send: Any) -> None:
    print("scope", scope["type"], file=sys.stderr)
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    for _ in range(1000):
        await send({"type": "websocket.send", "bytes": PART})
    print("all sent", file=sys.stderr)
