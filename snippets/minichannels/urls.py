"""Patterns of paths, as Django writes them: `path("room/<slug:name>/", application)`.

Only what a router needs, so that it runs without Django. Where Django is installed, its
own `path` and `re_path` do as well, and know converters of your own too.

Mirrors `django/urls/conf.py` and the patterns of `django/urls/resolvers.py`.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from minichannels.asgi import Application

Kwargs = dict[str, Any] | None
Converter = Callable[[str], Any]

CONVERTERS: dict[str, tuple[str, Converter]] = {
    "int": ("[0-9]+", int),
    "path": (".+", str),
    "slug": ("[-a-zA-Z0-9_]+", str),
    "str": ("[^/]+", str),
    "uuid": ("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", uuid.UUID),
}


class Resolver404(Exception):
    """No route of an inner router matches; the outer one then tries its next."""


class ImproperlyConfigured(Exception):
    """A route is written in a way that cannot work."""


@dataclass
class Pattern:
    """A regular expression for a path; `whole` if it has to match all of it."""

    regex: re.Pattern[str]
    whole: bool
    converters: dict[str, Converter]

    def match(self, path: str) -> tuple[str, tuple[Any, ...], dict[str, Any]] | None:
        """Give what is left of a path, args and kwargs; None if it does not match.

        It does not match either if a converter raises ValueError. Groups without a
        name are args, unless there are some with one.
        """
        match = self.regex.fullmatch(path) if self.whole else self.regex.search(path)
        if match is None:
            return None
        named = {k: v for k, v in match.groupdict().items() if v is not None}
        try:
            kwargs = {k: self.converters.get(k, str)(v) for k, v in named.items()}
        except ValueError:
            return None
        args = () if self.regex.groupindex else match.groups()
        return path[match.end() :], args, kwargs


@dataclass
class URLPattern:
    """One route: what matches, and who is called then."""

    pattern: Any
    callback: Application
    default_args: dict[str, Any]
    name: str | None


def path(
    route: str, view: Application, kwargs: Kwargs = None, name: str | None = None
) -> URLPattern:
    """Route the paths that look like this: `<int:id>` captures an int, as `id`.

    Args:
        route: The whole path without its first slash; its start, before a `URLRouter`.
        view: The application.
        kwargs: More for `scope["url_route"]["kwargs"]`, over what is captured.
        name: Not used by routers; Django has it too.
    """
    literal, *rest = re.split(r"<(?:([^>:]+):)?([^>]+)>", route)
    regex, converters = "^" + re.escape(literal), {}
    for kind, parameter, after in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if (kind or "str") not in CONVERTERS or not parameter.isidentifier():
            raise ImproperlyConfigured(
                f"URL route {route!r} has <{kind or 'str'}:{parameter}>. Write <name> "
                f"or <kind:name>, with a kind of: {', '.join(CONVERTERS)}."
            )
        expression, converters[parameter] = CONVERTERS[kind or "str"]
        regex += f"(?P<{parameter}>{expression}){re.escape(after)}"
    pattern = Pattern(re.compile(regex), True, converters)
    return URLPattern(pattern, view, kwargs or {}, name)


def re_path(
    route: str, view: Application, kwargs: Kwargs = None, name: str | None = None
) -> URLPattern:
    """Route the paths in which this regular expression is found.

    It may be found anywhere unless it begins with `^`. If it ends with `$`, it has to
    match the whole path. Groups with names are captured, or else those without.
    """
    pattern = Pattern(re.compile(route), route.endswith("$"), {})
    return URLPattern(pattern, view, kwargs or {}, name)


def prefix(pattern: Any) -> Any:
    """Give the pattern, ours or Django's, that matches the start of a path only."""
    if isinstance(pattern, Pattern):
        return replace(pattern, whole=False)
    source = getattr(pattern, "_route", getattr(pattern, "_regex", None))
    if source is None:
        raise ValueError(f"Unsupported pattern type: {type(pattern)}")
    return type(pattern)(source, pattern.name, is_endpoint=False)
