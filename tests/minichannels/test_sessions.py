import pytest


async def show(scope, receive, send):
    return scope["cookies"], receive, send


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        (b"a=b; c=d", {"a": "b", "c": "d"}),
        (b"a = b ;c", {"a": "b", "": "c"}),
        (b'a="b c\\054"; d=e=f', {"a": "b c,", "d": "e=f"}),
        (b";;", {}),
        (b"a=1; a=2; =3", {"a": "2", "": "3"}),
        (b"a=\xe9", {"a": "é"}),
    ],
)
async def test_cookies_are_read_as_django_reads_them(lib, header, cookies):
    scope = {"headers": [(b"host", b"x=y"), (b"cookie", header), (b"cookie", b"n=o")]}
    app = lib.CookieMiddleware(show)
    assert await app(scope, 1, 2) == (cookies, 1, 2)
    assert "cookies" not in scope


async def test_no_cookie_header_means_no_cookies(lib):
    assert (await lib.CookieMiddleware(show)({"headers": []}, 1, 2))[0] == {}


async def test_cookies_need_headers(lib):
    with pytest.raises(ValueError) as caught:
        await lib.CookieMiddleware(show)({"type": "channel"}, None, None)
    assert str(caught.value) == (
        "CookieMiddleware was passed a scope that did not have a headers key "
        "(make sure it is only passed HTTP or WebSocket connections)"
    )
