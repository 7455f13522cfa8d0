"""Routing."""

import asyncio
import importlib
import re

import django.urls
import pytest
from django.core.exceptions import ImproperlyConfigured


async def app(scope, receive, send):
    return scope["url_route"]["kwargs"]


def test_a_router_leaves_the_routes_of_others_alone(lib):
    """`URLRouter` never changes a route that it was given.

    Channels: the pattern of a route that leads to another `URLRouter` is replaced.
    Why: who wrote a route may use it elsewhere.
    """
    route = django.urls.path("a/", lib.URLRouter([]))
    pattern = route.pattern
    lib.URLRouter([route])
    assert (route.pattern is pattern) is (lib.name == "minichannels")


def test_a_router_has_its_own_list_of_routes(lib):
    """A route that is added later to the list given to `URLRouter` is not seen.

    Channels: it is.
    Why: this follows from the row above.
    """
    routes = []
    router = lib.URLRouter(routes)
    routes.append(lib.path("a/", app))
    assert len(router.routes) == (0 if lib.name == "minichannels" else 1)


def test_errors_of_routes_are_our_own(lib):
    """`Resolver404` and `ImproperlyConfigured` are classes of `minichannels.routing`.

    Channels: they are Django's. (Its `Resolver404` is understood here too.)
    Why: the core does not import Django.
    """
    ours = lib.name == "minichannels"
    assert (lib.Resolver404 is django.urls.Resolver404) is not ours
    assert (lib.ImproperlyConfigured is ImproperlyConfigured) is not ours


def test_path_is_at_home_here(lib):
    """`path` and `re_path` are in `minichannels.routing` too; Django's work as well.

    Channels: they come from `django.urls`.
    Why: a reader without Django can route.
    """
    routing = importlib.import_module(f"{lib.name}.routing")
    assert hasattr(routing, "re_path") is (lib.name == "minichannels")
    assert asyncio.run(route_with(lib, django.urls.path)) == {"n": 5}
    assert asyncio.run(route_with(lib, lib.path)) == {"n": 5}


async def route_with(lib, path):
    return await lib.URLRouter([path("<int:n>/", app)])({"path": "/5/"}, None, None)


def test_our_path_has_the_five_kinds_of_parameter_that_django_brings(lib):
    """`path` knows `int`, `path`, `slug`, `str` and `uuid`, and says so in its error.

    Channels: Django's `path` also knows those of `register_converter`.
    Why: five are enough to see how it works.
    """
    django.urls.converters.REGISTERED_CONVERTERS["two"] = type(
        "Two", (), {"regex": "..", "to_python": lambda self, value: value}
    )()
    django.urls.converters.get_converters.cache_clear()
    try:
        if lib.name == "minichannels":
            with pytest.raises(lib.ImproperlyConfigured, match="int, path, slug, str,"):
                lib.path("<two:x>", app)
        else:
            assert lib.path("<two:x>", app).pattern.match("ab") == ("", (), {"x": "ab"})
    finally:
        del django.urls.converters.REGISTERED_CONVERTERS["two"]
        django.urls.converters.get_converters.cache_clear()


def test_a_regular_expression_is_compiled_where_it_is_written(lib):
    """`re_path("(")` raises `re.error` at once, and so does `path("<x>/<x>")`.

    Channels: Django raises when the first path is matched: `ImproperlyConfigured`,
    or `re.error` for `path`.
    Why: an error is best found where it was made.
    """
    for make, route in ((lib.re_path, "("), (lib.path, "<x>/<x>")):
        if lib.name == "minichannels":
            with pytest.raises(re.error):
                make(route, app)
        else:
            pattern = make(route, app).pattern
            with pytest.raises((ImproperlyConfigured, re.error)):
                pattern.match("a")


def test_our_path_does_not_look_at_the_application(lib):
    """`path` takes any application and any `kwargs` that it is given.

    Channels: Django's `path` raises `TypeError` unless the one can be called and the
    other is a dict.
    Why: what cannot be called says so when it is called.
    """
    if lib.name == "minichannels":
        assert lib.path("a/", "no application").callback == "no application"
    else:
        with pytest.raises(TypeError, match="view must be a callable"):
            lib.path("a/", "no application")
