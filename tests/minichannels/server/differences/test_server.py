"""The server.

The server of Channels is Daphne, here 4.2. What both do alike, and Uvicorn too, is held
by `tests/minichannels/server/test_parity.py`.
"""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from ..conftest import frame
from ..test_parity import heard, numbers, request

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(params=["minichannels", "daphne"])
def name(request):
    return request.param


@pytest.fixture
def ours(name):
    return name == "minichannels"


@pytest.fixture
def address(servers, name):
    return servers[name]


@pytest.fixture
def url(address):
    return "ws://{}:{}".format(*address)


async def test_headers_of_accept_reach_the_client(url, ours):
    """The headers of `websocket.accept` are in the answer to the handshake.

    Channels: Daphne drops them.
    Why: they are in the specification of ASGI, and `accept(headers=...)` is there.
    """
    async with connect(f"{url}/headers/") as socket:
        assert ("x-one" in socket.response.headers) is ours


async def test_the_reason_of_a_close_reaches_the_client(url, ours):
    """The reason of `websocket.close` is in the close frame.

    Channels: Daphne drops it.
    Why: it is in the specification of ASGI, and `close(reason=...)` is there.
    """
    async with connect(f"{url}/echo/") as socket:
        await socket.send("close 4001")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 4001
    assert socket.close_reason == ("why" if ours else "")


async def test_an_empty_message_is_sent(url, ours):
    """A message of no text, or of no bytes, is sent.

    Channels: Daphne sends nothing.
    Why: it is a message as any other, and one that arrives is delivered.
    """
    async with connect(f"{url}/empty/") as socket:
        assert await socket.recv() == ("" if ours else "after")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(1, b"\xff"), 1007),
        (frame(3), 1002),
        (frame(1, b"x", masked=False), 1002),
        (frame(8, b"\x03\xed"), 1002),
        (frame(2, length=2**30), 1009),
    ],
)
async def test_a_breach_of_the_protocol_is_answered_with_its_code(
    module_client, address, ours, sent, code
):
    """A client that breaks the protocol is told how: by 1002, 1007 or 1009.

    Channels: Daphne drops the connection without a word; the application hears 1006.
    Why: RFC 6455 has these codes for it, and who writes the client learns from them.
    """
    path = f"/echo/{next(numbers)}/"
    one = await module_client(address)
    assert await one.upgrade(path) == 101
    await one.send(sent)
    if ours:
        assert await one.closed() == code
    else:
        with pytest.raises(ConnectionError):
            await one.rest()
    assert (await heard(module_client, address, path))["code"] == (
        code if ours else 1006
    )


async def test_a_close_without_a_code_is_1005(module_client, address, ours):
    """When the client closes without a code, the application hears 1005.

    Channels: on Daphne it hears None.
    Why: RFC 6455 has this number for it.
    """
    path = f"/echo/{next(numbers)}/"
    one = await module_client(address)
    assert await one.upgrade(path) == 101
    await one.send(frame(8))
    await one.rest()
    event = await heard(module_client, address, path)
    assert event["code"] == (1005 if ours else None)


async def test_the_application_hears_the_reason_of_a_close(
    module_client, address, ours
):
    """A `websocket.disconnect` has the reason that the client gave.

    Channels: Daphne drops it.
    Why: it is in the specification of ASGI.
    """
    path = f"/echo/{next(numbers)}/"
    one = await module_client(address)
    assert await one.upgrade(path) == 101
    await one.send(frame(8, b"\x0f\xa1bye"))
    await one.rest()
    event = await heard(module_client, address, path)
    assert event.get("reason") == ("bye" if ours else None)


async def test_a_handshake_without_an_answer_is_a_504(url, ours):
    """A handshake that the application leaves without an answer is refused with a 504.

    Channels: Daphne drops the connection without a word.
    Why: an answer says that it was the application that did not answer.
    """
    with pytest.raises((InvalidStatus, InvalidMessage, ConnectionError)) as refused:
        await connect(f"{url}/silent/")
    response = getattr(refused.value, "response", None)
    assert getattr(response, "status_code", None) == (504 if ours else None)


async def test_an_application_that_returns_closes_its_socket(url, ours):
    """An application that returns without `websocket.close` closes with 1000.

    Channels: on Daphne the socket stays open, with nobody behind it.
    Why: a client that waits for nobody can only find out by waiting.
    """
    async with connect(f"{url}/returns/") as socket:
        closed = asyncio.ensure_future(socket.wait_closed())
        await asyncio.wait({closed}, timeout=20 if ours else 2)
        assert closed.done() is ours
    assert socket.close_code == 1000


async def test_an_error_after_the_start_is_still_a_500(module_client, address, ours):
    """An application that fails between the start and the body is answered with a 500.

    Channels: on Daphne the client gets no answer.
    Why: the head of a response is not sent before there is a body.
    """
    one = await module_client(address)
    await one.send(request("GET", "/started/"))
    answer = asyncio.ensure_future(one.reader.readuntil(b"\r\n\r\n"))
    await asyncio.wait({answer}, timeout=20 if ours else 2)
    assert answer.done() is ours
    if ours:
        assert answer.result().split()[1] == b"500"
    else:
        answer.cancel()


async def test_a_body_is_asked_for_when_it_is_wanted(module_client, address, ours):
    """`100 Continue` is sent when the application first receives.

    Channels: Daphne sends it at once, and starts the application after the body.
    Why: an application can refuse an upload before it is sent.
    """
    one = await module_client(address)
    await one.send(request("POST", "/status/?413", "Expect: 100-continue")[:-2])
    await one.send(b"Content-Length: 3\r\n\r\n")
    status = (await one.until(b"\r\n")).split()[1]
    assert status == (b"413" if ours else b"100")


async def test_send_waits_for_a_client_that_does_not_read(module_client, address, ours):
    """`await send(...)` waits while the client does not take what was sent before;
    a client that takes nothing for 20 seconds is dropped.

    Channels: on Daphne it returns at once, and what is not taken is kept in memory.
    Why: a slow client slows its own application down, and costs no memory.
    """
    path = f"/flood/{next(numbers)}/"
    one = await module_client(address)
    await one.send(request("GET", path))
    await one.until(b"\r\n\r\n")
    await asyncio.sleep(1)
    assert (await heard(module_client, address, path) < 32) is ours
    assert len(await one.chunks()) == 32 * 2**20


async def test_a_client_is_held_back_while_the_application_does_not_receive(url, ours):
    """A client that sends 16 messages more than the application receives is read no
    further, nor missed before the application receives or sends.

    Channels: Daphne reads on, and keeps what is not received in memory.
    Why: a slow application slows its own clients down, and costs no memory.
    """
    async with connect(f"{url}/deaf/", compression=None) as socket:
        sent = asyncio.gather(*[socket.send(bytes(2**19)) for _ in range(96)])
        done, _ = await asyncio.wait([sent], timeout=2 if ours else 30)
        assert (not done) is ours
        socket.transport.abort()
        await asyncio.gather(sent, return_exceptions=True)


async def test_the_scope_of_a_socket_is_complete(url, ours):
    """The scope of a WebSocket has `scheme`, `http_version` and a copy of `state`.

    Channels: Daphne's has none of these.
    Why: they are in the specification of ASGI.
    """
    async with connect(f"{url}/scope/") as socket:
        await socket.recv()
        keys = set(json.loads(await socket.recv()))
    assert ({"scheme", "http_version", "state"} <= keys) is ours
    assert {"type", "path", "raw_path", "query_string", "headers", "client"} <= keys


async def test_a_header_with_an_underscore_is_kept(module_client, address, ours):
    """A header with an underscore in its name is in the scope as it came.

    Channels: Daphne drops it, since WSGI could mistake it for one with a hyphen.
    Why: in ASGI it cannot be mistaken; Django's request class drops it itself.
    """
    one = await module_client(address)
    await one.send(request("GET", "/scope/", "X_One: 1"))
    assert (b"x_one" in (await one.response())[2]) is ours


async def test_a_request_names_its_host(module_client, address, ours):
    """A request of HTTP/1.1 without a `Host`, or with two, is refused with a 400.

    Channels: Daphne lets it through.
    Why: RFC 9112 asks for it.
    """
    one = await module_client(address)
    await one.send(b"GET /status/?200 HTTP/1.1\r\n\r\n")
    assert (await one.response())[0] == (400 if ours else 200)


async def test_a_target_that_is_a_url_counts_as_its_path(module_client, address, ours):
    """The path of a request whose target is a whole URL is that of the URL.

    Channels: Daphne gives the URL as the path, so that no route matches.
    Why: RFC 9112 asks for it: a client may take the server for a proxy.
    """
    one = await module_client(address)
    await one.send(request("GET", "http://test/"))
    scope = json.loads((await one.response())[2])
    assert scope["path"] == repr("/" if ours else "http://test/")


@pytest.mark.parametrize(
    "start",
    [
        b"GET status/?200 HTTP/1.1\r\nHost: test",
        b"CONNECT /status/?200 HTTP/1.1\r\nHost: test",
        b"GET /status/?200 HTTP/1.1\r\nHost: test\r\nX-One: a\x04b",
    ],
)
async def test_what_no_application_can_answer_is_refused(
    module_client, address, ours, start
):
    """A target that is no path, a CONNECT, and a control character are a 400.

    Channels: Daphne hands them to the application.
    Why: RFC 9110 and 9112 forbid the first and the last, and we are no proxy.
    """
    one = await module_client(address)
    await one.send(start + b"\r\n\r\n")
    assert (await one.response())[0] == (400 if ours else 200)
