from urllib.parse import urlparse

import pytest


async def inner(scope, receive, send):
    return scope, receive, send


async def is_let_in(lib, origin, *allowed):
    """Tell if a socket from this origin is let in, or refused as it should be."""
    headers = [(b"host", b"http://a.com")]
    if origin:
        headers.insert(0, (b"origin", origin.encode()))
        headers.insert(0, (b"origin", b"http://first.com"))
    scope = {"type": "websocket", "headers": headers}
    sent = []

    async def receive():
        return {
            "type": "websocket.disconnect" if sent else "websocket.connect",
            "code": 1,
        }

    async def send(event):
        sent.append(event)

    found = await lib.OriginValidator(inner, allowed)(scope, receive, send)
    assert (found, sent) in [((scope, receive, send), []), (None, [CLOSE])]
    return found is not None


CLOSE = {"type": "websocket.close"}


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://a.com", "a.com"),
        ("https://a.com:8000", "a.com"),
        ("https://b.a.com", ".a.com"),
        ("https://a.com", ".A.com"),
        ("http://a.com", "http://a.com"),
        ("http://a.com:80", "HTTP://A.com"),
        ("http://a.com", "http://a.com:80"),
        ("ws://a.com", "ws://a.com:80"),
        ("https://a.com", "https://a.com:443"),
        ("wss://a.com:443", "wss://a.com"),
        ("x://a.com", "x://a.com"),
        ("http://b.a.com", "http://.a.com"),
        ("http://[::1]", "[::1]"),
        ("null", "*"),
        ("", "*"),
    ],
)
async def test_an_origin_that_is_let_in(lib, origin, allowed):
    assert await is_let_in(lib, origin, "other.com", allowed)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://b.a.com", "a.com"),
        ("https://a.com:99", "a.com:99"),
        ("http://xa.com", ".a.com"),
        ("https://a.com", "http://a.com"),
        ("http://a.com:8000", "http://a.com"),
        ("http://a.com:443", "https://a.com"),
        ("http://b.a.com", "http://a.com"),
        ("http://a.com", "http://"),
        ("http://xx", "http://"),
        ("http://a.com", "."),
        ("http://a.com", "XXXX"),
        ("null", "null"),
        ("", "a.com"),
        ("http://[FE80::1%ETH0]", "[FE80::1%ETH0]"),
        ("http://a%Foo", "a%Foo"),
    ],
)
async def test_an_origin_that_is_refused(lib, origin, allowed):
    assert not await is_let_in(lib, origin, "other.com", allowed)


async def test_no_origin_is_allowed_at_all_by_an_empty_list(lib):
    assert not await is_let_in(lib, "http://a.com")


async def test_only_sockets_have_origins_to_check(lib):
    with pytest.raises(ValueError) as caught:
        await lib.OriginValidator(inner, ["*"])({"type": "http"}, None, None)
    wanted = "You cannot use OriginValidator on a non-WebSocket connection"
    assert str(caught.value) == wanted


async def test_a_socket_without_headers_has_no_origin(lib):
    scope = {"type": "websocket"}
    app = lib.OriginValidator(inner, ["*"])
    assert await app(scope, 1, 2) == (scope, 1, 2)


def test_a_validator_can_be_asked(lib):
    validator = lib.OriginValidator(inner, ["a.com", "*"])
    assert validator.valid_origin(None) is True
    assert validator.validate_origin(None) is True
    assert validator.match_allowed_origin(None, "*") is False
    validator = lib.OriginValidator(inner, ["a.com"])
    assert validator.valid_origin(None) is False
    assert validator.validate_origin(None) is False
    assert validator.match_allowed_origin(urlparse("ws://a"), "http://a") is False
    assert validator.application is inner


async def test_a_denier_denies(lib):
    app = lib.WebsocketCommunicator(lib.WebsocketDenier.as_asgi(), "/")
    assert await app.connect() == (False, 1000)
    await app.disconnect()


@pytest.mark.parametrize("origin", ["http://a.com", "null", "file://"])
async def test_a_pattern_that_is_no_address_is_an_error_whoever_comes(lib, origin):
    with pytest.raises(ValueError, match="Invalid IPv6 URL"):
        await is_let_in(lib, origin, "http://[::1")
