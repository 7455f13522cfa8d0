import uuid

import pytest
from minichannels.urls import ImproperlyConfigured

UUID = "0a1b2c3d-0000-1111-2222-0123456789ab"


async def app(scope, receive, send):
    return scope


def match(route, path):
    return route.pattern.match(path)


@pytest.mark.parametrize(
    ("route", "path", "kwargs"),
    [
        ("a/<int:n>/", "a/007/", {"n": 7}),
        ("<str:x>/", "a-b c/", {"x": "a-b c"}),
        ("<x>", "é", {"x": "é"}),
        ("<slug:s>/", "A-b_9/", {"s": "A-b_9"}),
        ("<path:p>/end", "a/b/end", {"p": "a/b"}),
        ("<uuid:u>", UUID, {"u": uuid.UUID(UUID)}),
        ("<int:a>-<int:b>", "1-2", {"a": 1, "b": 2}),
        ("a.b/", "a.b/", {}),
        ("", "", {}),
    ],
)
def test_a_path_captures_what_its_parameters_say(lib, route, path, kwargs):
    assert match(lib.path(route, app), path) == ("", (), kwargs)


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("a/", "a/b"),
        ("a/", "b/a/"),
        ("a/", "a/\n"),
        ("<int:n>", "x"),
        ("<slug:s>", "é"),
        ("<uuid:u>", UUID.upper()),
        ("<x>/", "a/b/"),
        ("a.b/", "aXb/"),
        ("<int:n>", "9" * 5000),
    ],
)
def test_a_path_matches_whole_or_not_at_all(lib, route, path):
    assert match(lib.path(route, app), path) is None


@pytest.mark.parametrize(
    ("route", "path", "found"),
    [
        ("a", "xay", ("y", (), {})),
        ("^a", "xay", None),
        ("a$", "xa", None),
        ("a$", "a", ("", (), {})),
        ("^(a)(b)?", "ac", ("c", ("a", None), {})),
        ("^(?P<x>a)(b)", "abc", ("c", (), {"x": "a"})),
        ("^(?P<x>a)?(b)", "b", ("", (), {})),
    ],
)
def test_a_regular_expression_is_found_anywhere(lib, route, path, found):
    assert match(lib.re_path(route, app), path) == found


def test_a_route_keeps_what_it_was_given(lib):
    for make in (lib.path, lib.re_path):
        route = make("a/", app, {"x": 1}, "name")
        assert (route.callback, route.default_args, route.name) == (
            app,
            {"x": 1},
            "name",
        )
        assert make("a/", app).default_args == {}
        assert make("a/", app).name is None


@pytest.mark.parametrize(
    "route", ["<float:x>", "<a b>", "<1x>", "<int:a-b>", "<in t:x>"]
)
def test_a_parameter_that_cannot_be(both, route):
    ours, theirs = both
    with pytest.raises(Exception) as wanted:
        theirs.path(route, app)
    with pytest.raises(ImproperlyConfigured) as caught:
        ours.path(route, app)
    assert type(wanted.value).__name__ == "ImproperlyConfigured"
    assert str(caught.value).startswith(f"URL route {route!r} ")


def test_the_error_of_a_parameter_says_what_there_is(both):
    with pytest.raises(ImproperlyConfigured) as caught:
        both[0].path("a/<float:x>/<int:n>", app)
    assert str(caught.value) == (
        "URL route 'a/<float:x>/<int:n>' has <float:x>. Write <name> or <kind:name>, "
        "with a kind of: int, path, slug, str, uuid."
    )
    with pytest.raises(ImproperlyConfigured, match=r" has <str:1x>\. Write"):
        both[0].path("<1x>", app)
