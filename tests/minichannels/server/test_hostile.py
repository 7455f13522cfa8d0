"""Bytes that no honest client sends: the server answers, hangs up, and serves on."""

import asyncio
import socket
import struct
from types import SimpleNamespace
from typing import Any

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from minichannels.server import scope_of, serve
from minichannels.server.connection import Limits

from .conftest import frame
from .test_http import GET, answer, echo, read_body
from .test_websocket import ACCEPT, SEND, sending
from .test_websocket import echo as socket_echo

POST = b"POST / HTTP/1.1\r\nHost: t\r\n"
UPGRADE = (
    GET[:-2] + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWluaWNoYW5uZWxzIDEyMw==\r\n\r\n"
)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET / HTTP/1.1\r\n\r\n",  # no Host
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/9\r\nHost: t\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: t\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: t\r\n\r\n",
        b"G@T / HTTP/1.1\r\nHost: t\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : t\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: t\r\n: empty\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: t\r\nA: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: t\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: +1\r\n\r\n",
        POST + b"Content-Length: 1e3\r\n\r\n",
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
async def test_a_malformed_head_is_a_400(start: Any, client: Any, sent: bytes) -> None:
    one = await client(await start(None))
    await one.send(sent)
    one.writer.write_eof()
    assert (await one.response())[0] == 400
    assert await one.rest() == b""


async def test_another_version_of_http_is_a_505(start: Any, client: Any) -> None:
    one = await client(await start(None))
    await one.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert (await one.response())[0] == 505


@pytest.mark.parametrize("value", [b"gzip", b"gzip, chunked", b"chunked, chunked"])
async def test_an_unknown_transfer_encoding_is_refused(
    start: Any, client: Any, value: bytes
) -> None:
    one = await client(await start(None))
    await one.send(POST + b"Transfer-Encoding: %s\r\n\r\n" % value)
    assert (await one.response())[0] in {400, 501}


@pytest.mark.parametrize(
    "sent",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
    ],
)
async def test_a_malformed_body_is_a_400_and_the_application_hears_of_it(
    start: Any, client: Any, sent: bytes
) -> None:
    heard = asyncio.Queue[Any]()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (event := await receive())["type"] == "http.request":
            pass
        heard.put_nowait(event)
        await answer(b"too late")(scope, receive, send)

    one = await client(await start(application))
    await one.send(POST + sent)
    assert (await one.response())[0] == 400
    assert await heard.get() == {"type": "http.disconnect"}
    assert await one.rest() == b""


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 2**17,
        b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"x" * 2**17,
        b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"x" * 50_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 2**15,
    ],
)
async def test_a_head_that_is_too_long_is_a_431(
    start: Any, client: Any, head: bytes
) -> None:
    one = await client(await start(None))
    await one.send(head)
    assert (await one.response())[0] == 431


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: t\r\nX: " + b"x" * 1000 + b"\r\n\r\n",
        b"GET /" + b"x" * 1000 + b" HTTP/1.1\r\nHost: t\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: t\r\n" + b"a: b\r\n" * 170 + b"\r\n",
    ],
)
async def test_a_head_that_comes_whole_is_counted_too(
    start: Any, client: Any, head: bytes
) -> None:
    one = await client(await start(None, max_head=1000))
    await one.send(head)
    assert (await one.response())[0] == 431


async def test_a_head_that_does_not_end_is_a_408(start: Any, client: Any) -> None:
    one = await client(await start(None, client_timeout=0.2))

    async def trickle() -> None:
        while True:
            await one.send(b"a")
            await asyncio.sleep(0.01)

    dripping = asyncio.create_task(trickle())
    await one.send(b"GET / HTTP/1.1\r\nX: ")
    assert (await one.response())[0] == 408
    dripping.cancel()


async def test_a_body_that_does_not_go_on_is_a_408(start: Any, client: Any) -> None:
    one = await client(await start(echo, client_timeout=0.1))
    await one.send(POST + b"Content-Length: 10\r\n\r\nabc")
    assert (await one.response())[0] == 408


async def test_a_client_that_asks_for_nothing_more_is_let_go(
    start: Any, client: Any
) -> None:
    one = await client(await start(answer(), client_timeout=0.5))
    assert (await (await one.send(GET)).response())[0] == 200
    assert await one.rest() == b""


async def test_a_body_that_nobody_reads_and_that_stops_ends_the_connection(
    start: Any, client: Any
) -> None:
    one = await client(await start(answer(), client_timeout=0.5))
    await one.send(POST + b"Content-Length: 10\r\n\r\nabc")
    assert (await one.response())[0] == 200
    assert await one.rest() == b""


async def test_a_client_that_does_not_hang_up_is_dropped(
    start: Any, client: Any
) -> None:
    one = await client(await start(None, close_timeout=0.1))
    await one.send(b"nonsense\r\n\r\n")
    assert (await one.response())[0] == 400
    with pytest.raises(OSError):
        async with asyncio.timeout(5):
            while True:
                await one.send(b"more nonsense")
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("head", [GET, UPGRADE])
async def test_a_client_that_reads_slowly_but_steadily_gets_all(
    start: Any, head: bytes
) -> None:
    body = bytes(4 * 2**20)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await answer(body)(scope, receive, send)
        else:
            await sending(ACCEPT, SEND | {"bytes": body})(scope, receive, send)

    address, loop = await start(application, client_timeout=1), asyncio.get_event_loop()
    with socket.socket() as one:
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        await loop.sock_connect(one, address)
        await loop.sock_sendall(one, head)
        read = 0
        for _ in range(250):  # for more than two times the patience of the server
            await asyncio.sleep(0.01)
            read += len(await loop.sock_recv(one, 4096))
        while read < len(body) and (data := await loop.sock_recv(one, 2**20)):
            read += len(data)
    assert read >= len(body)


@pytest.mark.parametrize("last", [b"", b"Connection: close\r\n"])
async def test_a_last_response_reaches_a_client_that_has_asked_for_more(
    start: Any, last: bytes
) -> None:
    body, headers = bytes(2**18), [(b"connection", b"close")]
    address, loop = await start(answer(body, 200, headers)), asyncio.get_event_loop()
    with socket.socket() as one:
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**14)
        await loop.sock_connect(one, address)
        asked = GET[:-2] + last + b"\r\n" + GET * 20_000
        asking = asyncio.create_task(loop.sock_sendall(one, asked))
        read = 0
        while data := await loop.sock_recv(one, 2**12):
            read += len(data)
            await asyncio.sleep(0.001)
        asking.cancel()
    assert read > len(body)


async def test_a_reset_in_the_middle_of_anything_is_an_end(
    start: Any, client: Any, caplog: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await read_body(receive)

    address = await start(application)
    for sent in (b"", b"GET", GET[:-2], POST + b"Content-Length: 5\r\n\r\na"):
        one = await client(address)
        await one.send(sent)
        await asyncio.sleep(0.01)
        option = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.writer.get_extra_info("socket").setsockopt(*option)
        one.writer.transport.abort()
    one = await client(address)
    assert (await (await one.send(GET)).response())[0] == 500
    assert "KeyError" not in caplog.text


async def test_an_upgrade_to_something_else_is_plain_http(
    start: Any, client: Any
) -> None:
    one = await client(await start(answer()))
    headers = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
    assert (await (await one.send(GET[:-2] + headers)).response())[0] == 200
    assert (await (await one.send(GET)).response())[0] == 200


async def both(scope: Any, receive: Any, send: Any) -> None:
    """An echo on both protocols."""
    assert scope["type"] != "lifespan"
    await (echo if scope["type"] == "http" else socket_echo)(scope, receive, send)


PIECES = st.sampled_from(
    [
        GET,
        UPGRADE,
        POST + b"Content-Length: 3\r\n\r\nabc",
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        b"\r\n",
        frame(1, b"text"),
        frame(9, b"ping"),
        frame(8, b"\x03\xe8"),
        frame(2, b"part", fin=False),
    ]
)
STREAMS = st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=6)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(streams=st.lists(STREAMS, min_size=1, max_size=8))
def test_no_bytes_harm_the_server(streams: Any, caplog: Any) -> None:
    async def send(address: Any, pieces: Any) -> None:
        reader, writer = await asyncio.open_connection(*address)
        try:
            writer.write(b"".join(pieces))
            writer.write_eof()
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    async def scenario() -> None:
        limits = Limits(close_timeout=0.2, client_timeout=2)
        async with serve(both, port=0, limits=limits) as address:
            async with asyncio.timeout(10):
                await asyncio.gather(*(send(address, pieces) for pieces in streams))
            reader, writer = await asyncio.open_connection(*address)
            writer.write(GET[:-2] + b"Connection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
            writer.close()
            await writer.wait_closed()

    caplog.clear()
    asyncio.run(scenario())
    assert caplog.text == ""


def test_a_client_that_was_gone_before_it_was_asked_has_no_address() -> None:
    gone: Any = SimpleNamespace(
        writer=SimpleNamespace(get_extra_info=lambda name: None)
    )
    asked = h11.Request(method="GET", target="/", headers=[("host", "test")])
    assert scope_of(gone, asked)["client"] is None
