"""WebSockets: the handshake, messages both ways, and every way in which they end."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .conftest import frame

ACCEPT = {"type": "websocket.accept"}
SEND = {"type": "websocket.send"}
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def url(address: Any, path: str = "/") -> str:
    return "ws://{}:{}{}".format(*address, path)


def sending(*events: Any, heard: Any = None) -> Any:
    """An application that sends these events, then listens until its client leaves."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        for event in events:
            await send(event)
        event = {"type": ""}
        while event["type"] != "websocket.disconnect":
            event = await receive()
            if heard is not None:
                heard.put_nowait(event)

    return application


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Accept, and send every message back."""
    await send(ACCEPT)
    assert (await receive())["type"] == "websocket.connect"
    while (event := await receive())["type"] == "websocket.receive":
        await send(event | {"type": "websocket.send"})


async def test_a_scope_tells_all_of_a_handshake(start: Any, client: Any) -> None:
    seen: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)
        await echo(scope, receive, send)

    address = await start(application)
    one = await client(address)
    await one.upgrade("/a%20b?c=d", "Sec-WebSocket-Protocol: chat, v2", "X-One: é")
    assert (b"x-one", "é".encode()) in seen.pop("headers")
    assert seen == {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"c=d",
        "root_path": "",
        "client": one.writer.get_extra_info("sockname"),
        "server": address,
        "subprotocols": ["chat", "v2"],
        "state": {},
    }


async def test_text_and_bytes_come_back(start: Any) -> None:
    async with connect(url(await start(echo))) as socket:
        for message in ["grüße", b"\x00\xff", "", b"", "x" * 70_000, b"y" * 2**20]:
            await socket.send(message)
            assert await socket.recv() == message


async def test_accept_names_a_subprotocol_and_headers(start: Any) -> None:
    accept = {"subprotocol": "v2", "headers": [(b"X-One", b"1"), (b"set-cookie", b"a")]}
    address = await start(sending(ACCEPT | accept))
    async with connect(url(address), subprotocols=["v1", "v2"]) as socket:
        assert socket.subprotocol == "v2"
        assert socket.response.headers["X-One"] == "1"
        assert socket.response.headers["Set-Cookie"] == "a"


async def test_close_before_accept_is_a_403(start: Any) -> None:
    heard = asyncio.Queue[Any]()
    close = {"type": "websocket.close", "code": 4001}
    address = await start(sending(close, heard=heard))
    with pytest.raises(InvalidStatus) as refused:
        await connect(url(address))
    assert refused.value.response.status_code == 403
    assert await heard.get() == {"type": "websocket.connect"}
    assert await heard.get() == {
        "type": "websocket.disconnect",
        "code": 1006,
        "reason": "",
    }


async def test_a_handshake_that_is_never_answered_is_a_504(start: Any) -> None:
    heard = asyncio.Queue[Any]()
    address = await start(sending(heard=heard), handshake_timeout=0.05)
    with pytest.raises(InvalidStatus) as refused:
        await connect(url(address))
    assert refused.value.response.status_code == 504
    assert (await heard.get())["type"] == "websocket.connect"
    assert (await heard.get())["code"] == 1006


async def test_an_answer_that_comes_too_late_is_dropped(
    start: Any, client: Any, caplog: Any
) -> None:
    returned = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        assert (await receive())["type"] == "websocket.disconnect"
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": "too late"})
        returned.set()

    one = await client(await start(application, handshake_timeout=0.01))
    assert await one.upgrade() == 504
    await returned.wait()
    assert await one.rest() == b""
    assert caplog.text == ""


@pytest.mark.parametrize("fails", [True, False])
async def test_no_answer_to_a_handshake_is_a_500(
    start: Any, caplog: Any, fails: bool
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if fails:
            raise LookupError("no such room")

    with pytest.raises(InvalidStatus) as refused:
        await connect(url(await start(application)))
    assert refused.value.response.status_code == 500
    said = "no such room" if fails else "The application returned while connecting."
    assert said in caplog.text


@pytest.mark.parametrize(
    ("events", "status", "error"),
    [
        (
            [{"type": "websocket.send", "text": "early"}],
            500,
            "Cannot send 'websocket.send' when connecting, "
            "only websocket.accept or websocket.close.",
        ),
        ([ACCEPT | {"subprotocol": "v3"}], 500, "'v3'; offered is ['v1', 'v2']."),
        ([ACCEPT | {"headers": [(b"a", b"b\r\nc: d")]}], 500, "Illegal header value"),
        (
            [ACCEPT | {"headers": [("x-one", "1")]}],
            500,
            "Headers are pairs of bytes, not ('x-one', '1').",
        ),
        *(
            ([ACCEPT | {"headers": [(name, b"1")]}], 500, "the server sets them.")
            for name in (
                b"Sec-WebSocket-Accept",
                b"sec-websocket-protocol",
                b"Content-Length",
                b"transfer-encoding",
                b"connection",
            )
        ),
        ([ACCEPT, ACCEPT], 1011, "Cannot send 'websocket.accept' when open"),
        (
            [ACCEPT, {"type": "websocket.close", "code": 0}],
            1011,
            "invalid status code",
        ),
        ([ACCEPT, {"type": "websocket.send"}], 1011, "needs text, a str, or bytes."),
        (
            [ACCEPT, {"type": "websocket.send", "text": b"x"}],
            1011,
            "needs text, a str, or bytes.",
        ),
        (
            [ACCEPT, SEND | {"text": "a", "bytes": b"b"}],
            1011,
            "It has ['bytes', 'text', 'type'].",
        ),
        (
            [ACCEPT, {"type": "websocket.close", "code": 999}],
            1011,
            "invalid status code",
        ),
    ],
)
async def test_a_wrong_event_ends_the_socket_and_says_why(
    start: Any, client: Any, caplog: Any, events: Any, status: int, error: str
) -> None:
    one = await client(await start(sending(*events)))
    answer = await one.upgrade("/", "Sec-WebSocket-Protocol: v1, v2")
    if status == 500:
        assert answer == 500
    else:
        assert await one.closed() == status
    assert error in caplog.text


async def test_nothing_can_be_sent_after_close(start: Any, caplog: Any) -> None:
    close = {"type": "websocket.close", "code": 4000}
    late = {"type": "websocket.send", "text": "late"}
    async with connect(url(await start(sending(ACCEPT, close, late)))) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 4000
    assert "when closed, only nothing more" in caplog.text


async def test_an_application_that_fails_closes_with_1011(
    start: Any, caplog: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        await receive()
        raise LookupError(await receive())

    async with connect(url(await start(application))) as socket:
        await socket.send("boom")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 1011
    assert "boom" in caplog.text


async def test_an_application_that_returns_closes_with_1000(start: Any) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": "bye"})

    async with connect(url(await start(application))) as socket:
        assert await socket.recv() == "bye"
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 1000


async def test_an_application_may_return_with_messages_unread(
    start: Any, client: Any
) -> None:
    go_on = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        await go_on.wait()

    one = await client(await start(application, max_inbox=1))
    await one.upgrade()
    await one.send(frame(TEXT, b"x") * 10)
    await one.send(frame(PING))
    await asyncio.sleep(0.05)
    go_on.set()
    assert await one.frame() == (0x8A, b"")
    assert await one.closed() == 1000


async def test_an_application_that_has_returned_is_not_killed(
    start: Any, caplog: Any
) -> None:
    address = await start(sending(ACCEPT), close_timeout=0.01)
    async with connect(url(address)):
        pass
    await asyncio.sleep(0.05)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("close", "code", "reason"),
    [
        ({}, 1000, ""),
        ({"code": None, "reason": None}, 1000, ""),
        ({"code": 4002, "reason": "full"}, 4002, "full"),
        ({"code": 3000, "reason": "é" * 100}, 3000, "é" * 61),
    ],
)
async def test_an_application_closes_with_code_and_reason(
    start: Any, close: Any, code: int, reason: str
) -> None:
    heard = asyncio.Queue[Any]()
    close = {"type": "websocket.close"} | close
    async with connect(url(await start(sending(ACCEPT, close, heard=heard)))) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert (socket.close_code, socket.close_reason) == (code, reason)
    await heard.get()
    disconnect = {"type": "websocket.disconnect", "code": code, "reason": reason}
    assert await heard.get() == disconnect


@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    [
        (frame(CLOSE), 1005, ""),
        (frame(CLOSE, b"\x03\xe8"), 1000, ""),
        (frame(CLOSE, b"\x0f\xa1gone"), 4001, "gone"),
        (b"", 1006, ""),
        (frame(TEXT, b"half", fin=False), 1006, ""),
    ],
)
async def test_the_application_hears_how_a_client_left(
    start: Any, client: Any, sent: bytes, code: int, reason: str
) -> None:
    heard = asyncio.Queue[Any]()
    one = await client(await start(sending(ACCEPT, heard=heard)))
    await one.upgrade()
    await one.send(sent)
    if code != 1006:
        assert (await one.frame())[0] == 0x88
    await one.close()
    await heard.get()
    disconnect = {"type": "websocket.disconnect", "code": code, "reason": reason}
    assert await heard.get() == disconnect


async def test_a_client_that_leaves_in_the_handshake_is_noticed_at_once(
    start: Any, client: Any
) -> None:
    heard = asyncio.Queue[Any]()
    one = await client(await start(sending(heard=heard)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await one.upgrade()
    await one.close()
    await heard.get()
    async with asyncio.timeout(20):
        assert (await heard.get())["code"] == 1006


async def test_what_is_sent_to_a_client_that_has_left_is_dropped(
    start: Any, client: Any, caplog: Any
) -> None:
    returned = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        await send({"type": "websocket.send", "text": "anyone?"})
        await send({"type": "websocket.close"})
        returned.set()

    one = await client(await start(application))
    await one.upgrade()
    await one.close()
    await returned.wait()
    assert caplog.text == ""


async def test_frames_before_the_handshake_is_answered_wait_for_it(
    start: Any, client: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(0.05)
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": (await receive())["text"]})

    one = await client(await start(application))
    one.writer.write(b"")
    head = asyncio.create_task(one.upgrade())
    await asyncio.sleep(0)
    await one.send(frame(TEXT, b"early"))
    assert await head == 101
    assert await one.frame() == (0x81, b"early")


async def test_fragments_are_joined_and_pings_answered_between_them(
    start: Any, client: Any
) -> None:
    one = await client(await start(echo))
    await one.upgrade()
    await one.send(frame(TEXT, b"gr\xc3", fin=False))
    await one.send(frame(PING, b"there?"))
    assert await one.frame() == (0x8A, b"there?")
    await one.send(frame(0, b"\xbc", fin=False) + frame(PONG) + frame(0, b"n"))
    assert await one.frame() == (0x81, "grün".encode())


async def test_pings_are_answered_while_the_application_is_busy(start: Any) -> None:
    async with connect(url(await start(sending(ACCEPT)))) as socket:
        async with asyncio.timeout(20):
            await (await socket.ping(b"1"))


async def test_a_silent_client_is_pinged_and_then_given_up(
    start: Any, client: Any
) -> None:
    heard = asyncio.Queue[Any]()
    address = await start(sending(ACCEPT, heard=heard), client_timeout=0.5)
    one = await client(address)
    await one.upgrade()
    for _ in range(3):
        assert await one.frame() == (0x89, b"")
        await one.send(frame(PONG))
    assert await heard.get() == {"type": "websocket.connect"}
    assert (await heard.get())["code"] == 1006


async def test_the_clock_of_pings_waits_for_the_handshake(
    start: Any, client: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(1)
        await echo(scope, receive, send)

    one = await client(await start(application, client_timeout=0.3))
    assert await one.upgrade() == 101


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(TEXT, b"x", masked=False), 1002),
        (frame(3, b"x"), 1002),
        (frame(11), 1002),
        (frame(TEXT, b"x", reserved=0x40), 1002),
        (frame(TEXT, b"x", reserved=0x10), 1002),
        (frame(0, b"x"), 1002),
        (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002),
        (frame(PING, b"x", fin=False), 1002),
        (frame(PING, b"x" * 126), 1002),
        (frame(CLOSE, b"x"), 1002),
        (frame(CLOSE, b"\x03\xed"), 1002),
        (frame(CLOSE, b"\x00\x00"), 1002),
        (frame(CLOSE, b"\x13\x88"), 1002),
        (frame(CLOSE, b"\x03\xe8\xff"), 1007),
        (frame(TEXT, b"\xff"), 1007),
        (frame(TEXT, b"\xed\xa0\x80"), 1007),
        (frame(TEXT, b"\xe2\x82", fin=False) + frame(0, b"\x28"), 1007),
        (frame(TEXT, b"\xff") + frame(TEXT, b"fine"), 1007),
        (frame(BINARY, length=2**20 + 1), 1009),
        (frame(TEXT, length=2**62), 1009),
        (frame(TEXT, bytes(2**19), fin=False) + frame(0, bytes(2**19 + 1)), 1009),
    ],
)
async def test_a_breach_of_the_protocol_closes_with_its_code(
    start: Any, client: Any, sent: bytes, code: int
) -> None:
    heard = asyncio.Queue[Any]()
    one = await client(await start(sending(ACCEPT, heard=heard)))
    await one.upgrade()
    await one.send(sent)
    assert await one.closed() == code
    assert await one.rest() == b""
    await heard.get()
    event = await heard.get()
    assert (event["type"], event["code"]) == ("websocket.disconnect", code)


async def test_the_limit_on_a_message_can_be_set(start: Any, client: Any) -> None:
    address = await start(echo, max_message=10)
    one = await client(address)
    await one.upgrade()
    await one.send(frame(TEXT, b"x" * 10))
    assert await one.frame() == (0x81, b"x" * 10)
    await one.send(frame(TEXT, b"x" * 11))
    assert await one.closed() == 1009


async def test_a_refusal_reaches_a_client_that_still_sends(
    start: Any, client: Any
) -> None:
    one = await client(await start(sending(ACCEPT)))
    await one.upgrade()
    await one.send(frame(BINARY, bytes(8 * 2**20)))
    assert await one.closed() == 1009


async def test_what_arrives_after_our_close_is_dropped(start: Any, client: Any) -> None:
    heard = asyncio.Queue[Any]()
    close = {"type": "websocket.close", "code": 4000}
    one = await client(await start(sending(ACCEPT, close, heard=heard)))
    await one.upgrade()
    await one.send(frame(TEXT, b"late") * 100)
    assert await one.closed() == 4000
    await one.send(frame(CLOSE, b"\x0f\xa0"))
    types = [(await heard.get())["type"] for _ in range(2)]
    assert types == ["websocket.connect", "websocket.disconnect"]


async def test_a_client_that_never_answers_a_close_is_not_waited_for(
    start: Any, client: Any
) -> None:
    heard = asyncio.Queue[Any]()
    close = {"type": "websocket.close", "code": 4000}
    application = sending(ACCEPT, close, heard=heard)
    one = await client(await start(application, close_timeout=0.05))
    await one.upgrade()
    assert await one.closed() == 4000
    await heard.get()
    assert (await heard.get())["code"] == 4000
    assert await one.rest() == b""


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"GET", b"POST", 405),
        (b"HTTP/1.1", b"HTTP/1.0", 505),
        (b"Connection: Upgrade", b"Connection: close", 426),
        (b"Version: 13", b"Version: 12", 400),
        (b"Sec-WebSocket-Version: 13\r\n", b"", 400),
        (b"Sec-WebSocket-Key: ", b"Sec-WebSocket-Key: x", 400),
        (b"Sec-WebSocket-Key", b"Sec-WebSocket-Kay", 400),
        (b"Host: test\r\n", b"", 400),
    ],
)
async def test_a_malformed_handshake_does_not_reach_the_application(
    start: Any, client: Any, old: bytes, new: bytes, status: int
) -> None:
    one = await client(await start(None))
    request = (
        b"GET / HTTP/1.1\r\nHost: test\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWluaWNoYW5uZWxzIDEyMw==\r\n"
        b"\r\n"
    )
    assert old in request
    await one.send(request.replace(old, new))
    assert (await one.response())[0] == status
    assert await one.rest() == b""


@pytest.mark.parametrize(
    ("old", "new", "header"),
    [
        (b"GET", b"POST", ("allow", "GET")),
        (b"Connection: Upgrade", b"Connection: close", ("upgrade", "websocket")),
        (b"Version: 13", b"Version: 8", ("sec-websocket-version", "13")),
    ],
)
async def test_a_refused_handshake_says_what_would_be_accepted(
    start: Any, client: Any, old: bytes, new: bytes, header: tuple[str, str]
) -> None:
    one = await client(await start(None))
    request = (
        b"GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWluaWNoYW5uZWxzIDEyMw==\r\n"
        b"\r\n"
    )
    await one.send(request.replace(old, new))
    _, headers, _ = await one.response()
    assert header in headers.items()


async def test_send_waits_for_a_client_that_does_not_read(
    start: Any, client: Any
) -> None:
    sent = 0

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await send(ACCEPT)
        for _ in range(64):
            await send({"type": "websocket.send", "bytes": bytes(2**20)})
            sent += 1

    one = await client(await start(application))
    await one.upgrade()
    await asyncio.sleep(0.3)
    assert sent < 32
    for _ in range(64):
        await one.frame()
    assert await one.closed() == 1000


async def test_a_client_that_leaves_more_than_is_received_is_noticed_by_sending(
    start: Any, client: Any
) -> None:
    killed = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        try:
            while True:
                await send({"type": "websocket.send", "text": "tick"})
                await asyncio.sleep(0.001)
        finally:
            killed.set()

    one = await client(await start(application, close_timeout=0.05, client_timeout=0.1))
    await one.upgrade()
    await one.send(frame(TEXT, b"x") * 40)
    await one.frame()
    one.writer.transport.abort()
    async with asyncio.timeout(5):
        await killed.wait()


async def test_reading_stops_when_the_application_does_not_receive(
    start: Any, client: Any
) -> None:
    go_on = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        await go_on.wait()
        await echo_rest(receive, send)

    async def echo_rest(receive: Any, send: Any) -> None:
        await receive()
        total = 0
        while (event := await receive())["type"] == "websocket.receive":
            total += len(event["bytes"])
            if total == 64 * 2**20:
                await send({"type": "websocket.send", "text": "all"})

    one = await client(await start(application))
    await one.upgrade()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await one.send(frame(BINARY, bytes(2**20)) * 64)
    go_on.set()
    assert await one.frame() == (0x81, b"all")
