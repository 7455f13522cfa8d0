import sys

import django.urls
import pytest
from minichannels import routing


def tell(name):
    """Make an application that returns its name and what the router found."""

    async def app(scope, receive, send):
        return name, scope["path_remaining"], scope["url_route"]

    return app


async def go(router, path, **scope):
    return await router({"path": path, **scope}, None, None)


async def test_the_first_route_that_matches_is_taken(lib):
    router = lib.URLRouter(
        [lib.path("a/", tell("first")), lib.re_path("", tell("rest"))]
    )
    assert await go(router, "/a/") == ("first", "", {"args": (), "kwargs": {}})
    assert (await go(router, "//a/"))[0] == "first"
    assert (await go(router, "/Xa/"))[1] == "Xa/"
    assert await go(router, "/a") == ("rest", "a", {"args": (), "kwargs": {}})


async def test_routers_in_routers_add_up_what_they_capture(lib):
    inner = lib.URLRouter([lib.re_path(r"^(?P<word>\w+)$", tell("in"), {"n": 7})])
    router = lib.URLRouter([lib.path("a/<int:n>/", inner, {"x": 1})])
    found = {"args": (), "kwargs": {"n": 7, "x": 1, "word": "hi"}}
    assert await go(router, "/a/5/hi") == ("in", "", found)


async def test_groups_without_names_add_up_too(lib):
    inner = lib.URLRouter([lib.re_path(r"^(\w)(\w)", tell("in"))])
    router = lib.URLRouter([lib.re_path(r"^(a|b)/", inner)])
    assert await go(router, "/b/cde") == (
        "in",
        "e",
        {"args": tuple("bcd"), "kwargs": {}},
    )


async def test_an_inner_router_that_does_not_match_leaves_it_to_the_next_route(lib):
    inner = lib.URLRouter([lib.path("nothing/", tell("in"))])
    router = lib.URLRouter([lib.path("a/", inner), lib.re_path("", tell("rest"))])
    assert (await go(router, "/a/b/"))[:2] == ("rest", "a/b/")


async def test_an_inner_router_in_middleware_is_not_seen(lib):
    inner = lib.BaseMiddleware(lib.URLRouter([lib.path("b/", tell("in"))]))
    hidden = lib.URLRouter([lib.path("a/", inner)])
    with pytest.raises(ValueError, match=r"^No route found for path 'a/b/'"):
        await go(hidden, "/a/b/")
    seen = lib.URLRouter([lib.re_path("^a/", inner)])
    assert (await go(seen, "/a/b/"))[0] == "in"


@pytest.mark.parametrize("own", [True, False])
async def test_an_application_may_decline_by_raising_resolver404(lib, own):
    async def decline(scope, receive, send):
        raise (lib.Resolver404 if own else django.urls.Resolver404)("no")

    router = lib.URLRouter([lib.path("a/", decline), lib.path("a/", tell("next"))])
    assert (await go(router, "/a/"))[0] == "next"


async def test_routers_work_where_django_is_not(monkeypatch):
    monkeypatch.delitem(sys.modules, "django.urls.exceptions")
    inner = routing.URLRouter([])
    router = routing.URLRouter(
        [routing.path("a/", inner), routing.path("a/", tell("b"))]
    )
    assert (await go(router, "/a/"))[0] == "b"


async def test_no_route_is_an_error_of_the_outermost_router(lib):
    router = lib.URLRouter([lib.path("a/", tell("a"))])
    with pytest.raises(ValueError, match=r"^No route found for path 'zz/'\.$"):
        await go(router, "/zz/")
    with pytest.raises(lib.Resolver404, match=r"^No route found for path 'zz/'\.$"):
        await go(router, "/a/", path_remaining="zz/")
    wanted = r"^No 'path' key in connection scope, cannot route URLs$"
    with pytest.raises(ValueError, match=wanted):
        await router({}, None, None)


async def test_the_root_path_is_not_routed(lib):
    router = lib.URLRouter([lib.path("a/", tell("a"))])
    assert (await go(router, "/root/a/", root_path="/root"))[0] == "a"
    assert (await go(router, "/x", root_path="/root", path_remaining="a/"))[0] == "a"
    with pytest.raises(ValueError, match=r"^No route found for path '/a/'\.$"):
        await go(router, "/a/", root_path="/root")
    assert (await go(router, "/a/", root_path=()))[0] == "a"
    with pytest.raises(TypeError, match="has no len"):
        await go(router, "/a/", root_path=None)


async def test_the_scope_of_the_caller_stays_as_it_was(lib):
    router = lib.URLRouter([lib.path("a/", tell("a"))])
    scope = {"path": "/a/"}
    await router(scope, None, None)
    assert scope == {"path": "/a/"}


async def test_routes_of_django_do_as_well(lib):
    inner = lib.URLRouter([django.urls.path("b/<slug:s>/", tell("in"))])
    router = lib.URLRouter(
        [
            django.urls.re_path("^(?P<n>[0-9])/$", tell("re")),
            django.urls.path("a/", inner),
            django.urls.re_path("^c/", lib.URLRouter([lib.path("", tell("c"))])),
        ]
    )
    assert await go(router, "/5/") == ("re", "", {"args": (), "kwargs": {"n": "5"}})
    assert (await go(router, "/a/b/x-y/"))[2]["kwargs"] == {"s": "x-y"}
    assert (await go(router, "/c/"))[0] == "c"


def test_include_is_refused(lib):
    route = django.urls.path("a/", django.urls.include([]))
    with pytest.raises(Exception) as caught:
        lib.URLRouter([route])
    assert type(caught.value).__name__ == "ImproperlyConfigured"
    assert str(caught.value) == (
        f"{route}: include() is not supported in URLRouter. Use nested URLRouter "
        "instances instead."
    )


def test_a_pattern_of_an_unknown_kind_cannot_lead_to_a_router(lib):
    route = django.urls.path("a/", lib.URLRouter([]))
    route.pattern = object()
    with pytest.raises(
        ValueError, match=r"^Unsupported pattern type: <class 'object'>$"
    ):
        lib.URLRouter([route])


async def test_a_type_chooses_the_application(lib):
    async def app(scope, receive, send):
        return scope["type"], receive, send

    router = lib.ProtocolTypeRouter({"http": app})
    assert await router({"type": "http"}, 1, 2) == ("http", 1, 2)
    with pytest.raises(ValueError) as caught:
        await router({"type": "websocket"}, 1, 2)
    assert str(caught.value) == "No application configured for scope type 'websocket'"


async def test_a_channel_chooses_the_application(lib):
    async def app(scope, receive, send):
        return scope["channel"], receive, send

    router = lib.ChannelNameRouter({"jobs": app})
    assert await router({"channel": "jobs"}, 1, 2) == ("jobs", 1, 2)
    with pytest.raises(ValueError) as caught:
        await router({"channel": "other"}, 1, 2)
    assert str(caught.value) == "No application configured for channel name 'other'"
    with pytest.raises(ValueError) as caught:
        await router({"type": "http"}, 1, 2)
    assert str(caught.value) == (
        "ChannelNameRouter got a scope without a 'channel' key. Did you make sure it's "
        "only being used for 'channel' type messages?"
    )
