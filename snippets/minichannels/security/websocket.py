"""Refuse WebSockets that the page of a stranger opened.

A browser may send cookies along with a WebSocket that another site's page opens, so a
socket that trusts cookies has to look at the Origin header: it names that site.

Mirrors `channels/security/websocket.py`.
"""

from collections.abc import Sequence
from urllib.parse import ParseResult, urlparse

from minichannels.asgi import Application, Receive, Scope, Send
from minichannels.generic.websocket import AsyncWebsocketConsumer

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class OriginValidator:
    """An application that lets in the WebSockets of some origins, and refuses others.

    An origin is allowed by `*`, by a domain, or by a URL. A domain (`example.com`)
    allows any scheme and port; with a dot first, its subdomains too. A URL
    (`https://example.com`) allows its scheme and its port only, and dots as well.
    A client that sends no origin is let in by `*` only.
    """

    def __init__(
        self, application: Application, allowed_origins: Sequence[str]
    ) -> None:
        self.application = application
        self.allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise ValueError(
                "You cannot use OriginValidator on a non-WebSocket connection"
            )
        origin = None
        for name, value in scope.get("headers", []):
            if name == b"origin":
                origin = urlparse(value.decode("latin1"))
        allowed = self.valid_origin(origin)
        application = self.application if allowed else WebsocketDenier.as_asgi()
        return await application(scope, receive, send)

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        """Tell if an origin, or the lack of one, is allowed."""
        if parsed_origin is None and "*" not in self.allowed_origins:
            return False
        return self.validate_origin(parsed_origin)

    def validate_origin(self, parsed_origin: ParseResult | None) -> bool:
        """Tell if any of the allowed origins is `*` or matches."""
        return any(
            pattern == "*" or self.match_allowed_origin(parsed_origin, pattern)
            for pattern in self.allowed_origins
        )

    def match_allowed_origin(
        self, parsed_origin: ParseResult | None, pattern: str
    ) -> bool:
        """Tell if an origin is that of a pattern."""
        if parsed_origin is None:
            return False
        allowed = urlparse(pattern.lower())
        if parsed_origin.hostname is None:
            return False
        if not allowed.scheme:
            domain = urlparse("//" + pattern).hostname or pattern
            return is_same_domain(parsed_origin.hostname, domain)
        port = self.get_origin_port(parsed_origin)
        if (parsed_origin.scheme, port) != (
            allowed.scheme,
            self.get_origin_port(allowed),
        ):
            return False
        return is_same_domain(parsed_origin.hostname, allowed.hostname or "")

    def get_origin_port(self, origin: ParseResult) -> int | None:
        """Give the port of an origin, or the usual one of its scheme, or None."""
        if origin.port is not None:
            return origin.port
        return DEFAULT_PORTS.get(origin.scheme)


def is_same_domain(host: str, domain: str) -> bool:
    """Tell if a host is this domain, or also one below it if that has a dot first."""
    domain = domain.lower()
    if domain.startswith("."):
        return host.endswith(domain) or host == domain[1:]
    return host == domain


class WebsocketDenier(AsyncWebsocketConsumer):
    """A WebSocket that is refused, whoever asks."""

    async def connect(self) -> None:
        await self.close()
