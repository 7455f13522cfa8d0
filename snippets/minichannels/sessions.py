"""Cookies for any protocol that has headers.

Mirrors `CookieMiddleware` of `channels/sessions.py`.
"""

# The rules of a cookie's quotes are nowhere public; Django uses these too.
from http.cookies import _unquote

from minichannels.asgi import Application, Receive, Scope, Send


class CookieMiddleware:
    """An application that adds the client's cookies to the scope of `inner`.

    `scope["cookies"]` is a dict of strings, read from the first Cookie header only.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "headers" not in scope:
            raise ValueError(
                "CookieMiddleware was passed a scope that did not have a headers key "
                "(make sure it is only passed HTTP or WebSocket connections)"
            )
        values = (value for name, value in scope["headers"] if name == b"cookie")
        cookies = parse_cookie(next(values, b"").decode("latin1"))
        return await self.inner({**scope, "cookies": cookies}, receive, send)


def parse_cookie(cookie: str) -> dict[str, str]:
    """Read a Cookie header as Django does: a value alone has an empty name."""
    cookies = {}
    for chunk in cookie.split(";"):
        name, equals, value = chunk.partition("=")
        name, value = (name.strip(), value.strip()) if equals else ("", name.strip())
        if name or value:
            cookies[name] = _unquote(value)
    return cookies
