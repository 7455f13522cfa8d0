"""The whole of ASGI as five names: what an application is given, and what it is.

An application is one coroutine function. It is called once per connection, and the
connection is over when it returns.

Mirrors the specification; Channels itself has no such module (`asgiref.typing` does).
"""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
"""What is known of a connection when it opens: its `type`, its `path`, its headers."""

Message = dict[str, Any]
"""One event of a connection. Its `type` says which: `websocket.receive`, and so on."""

Receive = Callable[[], Awaitable[Message]]
"""Await it for the next event from the client. It waits until there is one."""

Send = Callable[[Message], Awaitable[None]]
"""Await it with an event for the client. It returns once the server has taken it."""

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
"""Call it once per connection, and await what it returns."""
