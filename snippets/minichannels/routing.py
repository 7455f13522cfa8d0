"""Routers are applications that hand each connection to one of several others.

They choose once, by the scope, when the connection opens. A message is never routed:
a consumer picks the method for it.

Mirrors `channels/routing.py`.
"""

import sys
from collections.abc import Sequence
from copy import copy
from typing import Any

from minichannels.asgi import Application, Receive, Scope, Send
from minichannels.urls import ImproperlyConfigured, Resolver404, prefix
from minichannels.urls import path as path
from minichannels.urls import re_path as re_path


class ProtocolTypeRouter:
    """One application for each protocol: `http`, `websocket`, `channel`."""

    def __init__(self, application_mapping: dict[str, Application]) -> None:
        self.application_mapping = application_mapping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        application = _pick("scope type", scope["type"], self.application_mapping)
        return await application(scope, receive, send)


class URLRouter:
    """One application for each pattern of a path. The first that matches is taken.

    Routes come from `path()` and `re_path()`, ours or Django's. Patterns see the path
    without its leading slashes. What they capture is in `scope["url_route"]`, what they
    left over in `scope["path_remaining"]`; `scope["path"]` stays whole.

    A router inside a router goes on with what is left. If nothing matches there, the
    outer one tries its next routes.
    """

    # By this mark a router knows that the application of a route is one too.
    _path_routing = True

    def __init__(self, routes: Sequence[Any]) -> None:
        self.routes = [_checked(route) for route in routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _path_to_match(scope)
        for route in self.routes:
            try:
                match = route.pattern.match(path)
                if match:
                    inner = _inner_scope(scope, match, route.default_args)
                    application: Application = route.callback
                    return await application(inner, receive, send)
            except _no_route_errors():
                continue
        error = Resolver404 if "path_remaining" in scope else ValueError
        raise error(f"No route found for path {path!r}.")


class ChannelNameRouter:
    """One application for each channel that a worker listens on."""

    def __init__(self, application_mapping: dict[str, Application]) -> None:
        self.application_mapping = application_mapping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "channel" not in scope:
            raise ValueError(
                "ChannelNameRouter got a scope without a 'channel' key. Did you make "
                "sure it's only being used for 'channel' type messages?"
            )
        application = _pick("channel name", scope["channel"], self.application_mapping)
        return await application(scope, receive, send)


def _pick(what: str, name: str, mapping: dict[str, Application]) -> Application:
    if name not in mapping:
        raise ValueError(f"No application configured for {what} {name!r}")
    return mapping[name]


def _checked(route: Any) -> Any:
    """Give a route as it is, or one for the start of a path if a router follows."""
    if getattr(route.callback, "_path_routing", False) is True:
        route = copy(route)
        route.pattern = prefix(route.pattern)
    elif route.callback is None:
        raise ImproperlyConfigured(
            f"{route}: include() is not supported in URLRouter. Use nested URLRouter "
            "instances instead."
        )
    return route


def _path_to_match(scope: Scope) -> str:
    path: str | None = scope.get("path_remaining", scope.get("path"))
    if path is None:
        raise ValueError("No 'path' key in connection scope, cannot route URLs")
    if "path_remaining" not in scope:
        root_path = scope.get("root_path", "")
        if root_path and not path.startswith(root_path):
            raise ValueError(f"No route found for path {path!r}.")
        path = path[len(root_path) :]
    return path.lstrip("/")


def _inner_scope(scope: Scope, match: Any, defaults: dict[str, Any]) -> Scope:
    path_remaining, args, kwargs = match
    outer = scope.get("url_route", {})
    url_route = {
        "args": outer.get("args", ()) + args,
        "kwargs": {**outer.get("kwargs", {}), **kwargs, **defaults},
    }
    return {**scope, "path_remaining": path_remaining, "url_route": url_route}


def _no_route_errors() -> tuple[type[Exception], ...]:
    # Django's error can only be under way if Django was imported by somebody.
    django = sys.modules.get("django.urls.exceptions")
    return (Resolver404, django.Resolver404) if django else (Resolver404,)
