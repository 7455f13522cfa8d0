"""Any headers are read the same by the middleware of both packages."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

ORIGINS = st.one_of(
    st.none(),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(
            ["", "http://", "https://", "ws://", "HTTP://", "null", "x://"]
        ),
        st.sampled_from(
            ["", "a.com", "b.a.com", "A.com", "[::1]", "1.2.3.4", "xa.com"]
        ),
        st.sampled_from(["", ":80", ":443", ":8000", ":x", ":99999"]),
        st.sampled_from(["", "/", "/path"]),
    ),
)
PATTERNS = st.lists(
    st.one_of(
        st.just("*"),
        st.builds(
            "{}{}{}".format,
            st.sampled_from(["", "http://", "https://", "HTTPS://", "//", "x://"]),
            st.sampled_from(["", "a.com", ".a.com", "A.COM", "[::1]", "1.2.3.4", "."]),
            st.sampled_from(["", ":80", ":443", ":8000"]),
        ),
    ),
    max_size=3,
)


def outcome(package, app, scope):
    """Tell what an application sends to a client that connects, or its error."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"} if not sent else {"type": "no"}

    async def send(event):
        sent.append(event)

    try:
        return package.run(lambda: app(scope, receive, send)), sent
    except Exception as error:
        return type(error).__name__, str(error), sent


@settings(max_examples=200, deadline=None)
@given(ORIGINS, PATTERNS, st.sampled_from(["websocket", "http"]))
def test_any_origin(both, origin, patterns, kind):
    async def inner(scope, receive, send):
        return "let in"

    headers = [(b"host", b"x")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    scope = {"type": kind, "headers": headers}
    ours, theirs = (
        outcome(package, package.OriginValidator(inner, patterns), scope)
        for package in both
    )
    assert ours == theirs


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"cookie", b"host"]),
            st.one_of(
                st.text(alphabet='ab=;" \\1\t', max_size=20).map(str.encode),
                st.binary(max_size=8),
            ),
        ),
        max_size=3,
    )
)
def test_any_cookies(both, headers):
    async def inner(scope, receive, send):
        return scope

    ours, theirs = (
        asyncio.run(package.CookieMiddleware(inner)({"headers": headers}, None, None))
        for package in both
    )
    assert ours == theirs
