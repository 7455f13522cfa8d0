"""The same application on our server, on Daphne and on Uvicorn: the same results.

What is not the same is in the folder `differences`, one test for each.
"""

import asyncio
import itertools
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .conftest import frame

pytestmark = pytest.mark.asyncio(loop_scope="module")

numbers = itertools.count()


def request(method: str, target: str, *lines: str, body: bytes = b"") -> bytes:
    head = [f"{method} {target} HTTP/1.1", "Host: test", *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.parametrize(
    "requests",
    [
        [request("GET", "/scope/")],
        [request("GET", "/scope/caf%C3%A9%2F%ff/a%20b?q=%20&r&r=é".replace("é", "e"))],
        [request("GET", "/scope//double//"), request("GET", "/scope/?")],
        [request("GET", "/scope/", "X-One:  1 ", "X-Two: a, b", "Cookie: a=b; c=d")],
        [request("OPTIONS", "/scope/"), request("BREW", "/scope/")],
        [request("POST", "/echo/", body=b"x" * 100_000)] * 2,
        [request("POST", "/echo/", body=b"x" * 8192)],
        [request("POST", "/echo/")],
        [
            request("POST", "/echo/", "Transfer-Encoding: chunked")
            + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
        ],
        [request("GET", "/status/?200"), request("GET", "/status/?404")],
        [request("GET", "/status/?204"), request("GET", "/status/?304")],
        [request("GET", "/stream/")] * 2,
        [request("GET", "/fail/")],
        [request("GET", "/unordered/")],
    ],
    ids=lambda requests: requests[0].split()[1].decode() + str(len(requests)),
)
async def test_requests_have_the_same_answers(
    servers: Any, module_client: Any, requests: list[bytes]
) -> None:
    answers = {}
    for name, address in servers.items():
        one = await module_client(address)
        answers[name] = []
        for data in requests:
            await one.send(data)
            status, headers, body = await one.response()
            kept = [headers.get("content-type"), body] if status < 400 else []
            answers[name].append([status, *kept])
    assert answers["minichannels"] == answers["daphne"] == answers["uvicorn"]


async def test_headers_of_text_are_refused_as_on_daphne(
    servers: Any, module_client: Any
) -> None:
    """Uvicorn takes them where it runs on h11, and not where it runs on httptools."""
    for name in ("minichannels", "daphne"):
        one = await module_client(servers[name])
        await one.send(request("GET", "/text-header/"))
        assert (await one.response())[0] == 500


async def test_head_has_no_body_anywhere(servers: Any, module_client: Any) -> None:
    for address in servers.values():
        one = await module_client(address)
        await one.send(request("HEAD", "/status/?200") + request("GET", "/status/?201"))
        assert (await one.until(b"\r\n\r\n")).split()[1] == b"200"
        assert (await one.response())[0] == 201


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: t\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_a_malformed_request_is_a_400_everywhere(
    servers: Any, module_client: Any, sent: bytes
) -> None:
    for address in servers.values():
        one = await module_client(address)
        await one.send(sent)
        assert (await one.rest()).split()[1] == b"400"


async def test_the_scope_of_a_socket_is_the_same(servers: Any) -> None:
    scopes = {}
    for name, (host, port) in servers.items():
        url = f"ws://{host}:{port}/scope/a%20b%2F?q=%20"
        async with connect(url, subprotocols=["v1", "v2"]) as socket:
            scopes[name] = json.loads(await socket.recv())
    assert scopes["minichannels"] == scopes["daphne"] == scopes["uvicorn"]


async def test_messages_come_back_the_same(servers: Any) -> None:
    for host, port in servers.values():
        async with connect(f"ws://{host}:{port}/echo/") as socket:
            for message in ["grüße", b"\x00\xff", "x" * 200_000, b"y" * 200_000]:
                await socket.send(message)
                assert await socket.recv() == message
            await socket.send(["in", "three", "parts"])
            assert await socket.recv() == "inthreeparts"
            await (await socket.ping())


@pytest.mark.parametrize("name", ["minichannels", "daphne"])
async def test_a_message_is_of_text_or_of_bytes_not_both(
    servers: Any, name: str
) -> None:
    host, port = servers[name]
    async with connect(f"ws://{host}:{port}/both/") as socket:
        assert [await socket.recv(), await socket.recv()] == [b"b", "a"]
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 1011


async def test_a_subprotocol_is_accepted_the_same(servers: Any) -> None:
    for host, port in servers.values():
        url = f"ws://{host}:{port}/subprotocol/?v2"
        async with connect(url, subprotocols=["v1", "v2"]) as socket:
            assert socket.subprotocol == "v2"


async def test_subprotocols_may_be_offered_on_several_lines(
    servers: Any, module_client: Any
) -> None:
    for address in servers.values():
        one = await module_client(address)
        lines = [f"Sec-WebSocket-Protocol: {name}" for name in ("v1", "v2")]
        assert await one.upgrade("/scope/", *lines) == 101
        scope = json.loads((await one.frame())[1])
        assert scope["subprotocols"] == str(["v1", "v2"])


@pytest.mark.parametrize(("name", "status"), [("refuse", 403), ("fail", 500)])
async def test_a_handshake_is_refused_the_same(
    servers: Any, name: str, status: int
) -> None:
    for host, port in servers.values():
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{host}:{port}/{name}/")
        assert refused.value.response.status_code == status


@pytest.mark.parametrize(
    ("says", "code"), [("close 4001", 4001), ("close 1000", 1000), ("fail", 1011)]
)
async def test_the_server_closes_with_the_same_code(
    servers: Any, says: str, code: int
) -> None:
    codes = {}
    for name, (host, port) in servers.items():
        async with connect(f"ws://{host}:{port}/echo/") as socket:
            await socket.send(says)
            with pytest.raises(ConnectionClosed):
                await socket.recv()
        codes[name] = socket.close_code
    uvicorn = codes.pop("uvicorn")
    assert codes == {"minichannels": code, "daphne": code}
    assert uvicorn in {code, 1006} if says == "fail" else uvicorn == code


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(8, b"\x0f\xa1bye"), 4001),
        (frame(8, b"\x03\xe8"), 1000),
    ],
)
async def test_the_application_hears_the_same_code(
    servers: Any, module_client: Any, sent: bytes, code: int
) -> None:
    for address in servers.values():
        path = f"/echo/{next(numbers)}/"
        one = await module_client(address)
        assert await one.upgrade(path) == 101
        await one.send(sent)
        assert (await one.rest())[0] == 0x88
        assert (await heard(module_client, address, path))["code"] == code


async def heard(module_client: Any, address: Any, path: str) -> Any:
    """What the application heard at the end of a WebSocket."""
    for _ in range(100):
        one = await module_client(address)
        await one.send(request("GET", f"/heard/?{path}"))
        status, _, body = await one.response()
        if status == 200:
            return json.loads(body)
        await asyncio.sleep(0.05)
    pytest.fail(f"nothing was heard of {path}")
