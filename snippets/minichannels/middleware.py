"""Middleware is an application around another one.

Mirrors `channels/middleware.py`.
"""

from minichannels.asgi import Application, Receive, Scope, Send


class BaseMiddleware:
    """An application that calls `inner` with a copy of the scope.

    One instance serves all connections: what belongs to one of them goes into its
    scope. A subclass changes a copy too, or it changes the scope of its caller.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        return await self.inner(dict(scope), receive, send)
