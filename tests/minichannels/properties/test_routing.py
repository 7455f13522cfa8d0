"""Any tree of routers leads any path to the same place in both packages."""

import asyncio

import django.urls
from hypothesis import given, settings
from hypothesis import strategies as st

PATHS = st.lists(
    st.sampled_from(["a", "b", "5", "07", "x-y", "é", "", "c/d", "b\n"]), max_size=5
).map("/".join)
ROUTES = st.one_of(
    st.tuples(
        st.just("path"),
        st.sampled_from(
            [
                "",
                "a",
                "a/",
                "/a",
                "<x>/",
                "<int:n>/",
                "<slug:s>",
                "a/<path:rest>",
                "<uuid:u>",
                "<str:x>/<int:n>/",
                "a.b/",
                "<int:n>",
                "b/<x>",
            ]
        ),
    ),
    st.tuples(
        st.just("re_path"),
        st.sampled_from(
            [
                "",
                "a",
                "^a/",
                "^a/$",
                "b$",
                "^(?P<x>[ab])/",
                "^(a|b)/(5)?",
                r"(\w+)$",
                "^(?P<y>a)?(b)?",
                "^$",
                "a/(?P<n>[0-9]+)/$",
            ]
        ),
    ),
)
DEFAULTS = st.sampled_from([None, {}, {"n": 1}, {"x": "z", "more": True}])
LEAVES = st.sampled_from(["end", "missing", "broken", "wrapped"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(st.tuples(ROUTES, DEFAULTS, inner), min_size=1, max_size=4),
    max_leaves=8,
)
SCOPES = st.fixed_dictionaries(
    {},
    optional={
        "path": PATHS.map("/".__add__),
        "root_path": st.sampled_from(["", "/a", "/b", "/"]),
        "path_remaining": st.one_of(PATHS, st.none()),
        "url_route": st.sampled_from([{}, {"args": ("o",), "kwargs": {"x": "outer"}}]),
    },
)


def build(package, urls, tree, number=0):
    """Make the routers of a tree, and applications that tell where they are."""
    if isinstance(tree, list):
        return package.URLRouter(
            [
                getattr(urls, kind)(route, build(package, urls, inner, i), defaults)
                for i, ((kind, route), defaults, inner) in enumerate(tree)
            ]
        )

    async def leaf(scope, receive, send):
        if tree == "missing":
            raise package.Resolver404("not here")
        if tree == "broken":
            raise KeyError(number)
        return tree, number, scope

    return package.BaseMiddleware(leaf) if tree == "wrapped" else leaf


def find(package, urls, tree, scope):
    try:
        app = build(package, urls, tree if isinstance(tree, list) else [])
        return asyncio.run(app(scope, None, None))
    except Exception as error:
        return type(error).__name__, str(error)


@settings(max_examples=200, deadline=None)
@given(TREES, SCOPES)
def test_any_tree_of_routers(both, tree, scope):
    ours, theirs = both
    expected = find(theirs, django.urls, tree, scope)
    assert find(ours, ours, tree, scope) == expected
    assert find(ours, django.urls, tree, scope) == expected


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["ProtocolTypeRouter", "ChannelNameRouter"]),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)),
    st.dictionaries(
        st.sampled_from(["type", "channel"]), st.sampled_from(["a", "b", 7, None])
    ),
)
def test_any_choice_by_type_or_channel(both, router, numbers, scope):
    def trial(package):
        async def app(scope, receive, send, number):
            return number

        mapping = {
            name: lambda *args, n=number: app(*args, n)
            for name, number in numbers.items()
        }
        try:
            return asyncio.run(getattr(package, router)(mapping)(scope, None, None))
        except Exception as error:
            return type(error).__name__, str(error)

    ours, theirs = map(trial, both)
    assert ours == theirs
