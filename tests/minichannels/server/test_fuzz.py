"""Any wrong bytes, cut anywhere: the server names the fault, and nothing else happens.

The faults come from RFC 9112 and RFC 6455. An application never hears of any, and the
log of the server stays empty: a client cannot fill it up.
"""

import asyncio
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from minichannels.server import serve
from minichannels.server.connection import Limits

from .conftest import Client, frame
from .test_hostile import POST, UPGRADE
from .test_http import GET, answer
from .test_websocket import echo

LIMITS = Limits(close_timeout=1, client_timeout=5, max_message=1000)
# What a request may be answered with when some of its bytes were changed.
STATUSES = {100, 101, 200, 400, 404, 405, 408, 426, 431, 501, 505}


def fuzzed(**strategies: Any) -> Any:
    """Run a test on examples, with the log that its fixture gives."""
    checks = [HealthCheck.function_scoped_fixture]
    profile = settings(max_examples=60, deadline=None, suppress_health_check=checks)
    return lambda test: profile(given(**strategies)(test))


async def patient(scope: Any, receive: Any, send: Any) -> None:
    """Answer what is whole, and return when the client has left."""
    if scope["type"] == "websocket":
        await echo(scope, receive, send)
    else:
        assert scope["type"] == "http"
        while (event := await receive()).get("more_body"):
            pass
        if event["type"] == "http.request":
            await answer()(scope, receive, send)


async def converse(pieces: list[bytes], application: Any = patient) -> bytes:
    """Give all that the server answers to bytes that come in pieces."""
    server = serve(application, port=0, limits=LIMITS)
    async with server as address, asyncio.timeout(20):
        client = Client(*await asyncio.open_connection(*address))
        try:
            for piece in pieces:
                await client.send(piece)
                await asyncio.sleep(0)
            client.writer.write_eof()
            return await client.reader.read()
        finally:
            client.writer.transport.abort()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at some places, which are taken modulo their length."""
    ends = sorted({place % (len(data) + 1) for place in places})
    return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]


def close_code(answer: bytes) -> int:
    """Give the code of the last frame that the server sent, which is a close."""
    _, _, frames = answer.partition(b"\r\n\r\n")
    while frames:
        first, size = frames[:2]
        payload, frames = frames[2 : 2 + size], frames[2 + size :]
    assert first == 0x88, answer
    return int(struct.unpack("!H", payload[:2])[0])


PLACES = st.lists(st.integers(0, 10_000), max_size=8)
FINE = st.lists(
    st.sampled_from(
        [
            frame(1, b"text"),
            frame(2, b"bytes"),
            frame(1, b"in ", fin=False) + frame(0, b"parts"),
            frame(1, b"\xc3", fin=False) + frame(9, b"!") + frame(0, b"\xa9"),
            frame(9, b"ping"),
            frame(10, b"pong"),
        ]
    ),
    max_size=3,
).map(b"".join)
BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535]
WRONG = st.one_of(
    st.sampled_from(
        [
            *((frame(1, b"x", reserved=bit), 1002) for bit in (0x10, 0x20, 0x40)),
            *((frame(opcode, b"x"), 1002) for opcode in (3, 7, 11, 15)),
            *((frame(opcode, b"x", masked=False), 1002) for opcode in (1, 8, 9)),
            *((frame(opcode, b"x", fin=False), 1002) for opcode in (8, 9, 10)),
            *((frame(opcode, b"x" * 126), 1002) for opcode in (8, 9, 10)),
            *((frame(8, struct.pack("!H", code)), 1002) for code in BAD_CODES),
            (frame(8, b"\x03"), 1002),
            (frame(0, b"the rest of nothing"), 1002),
            (frame(1, b"a", fin=False) + frame(1, b"b"), 1002),
            (frame(8, b"\x03\xe8\xff"), 1007),
            (frame(1, b"\xc3", fin=False) + frame(0, b"("), 1007),
            (frame(1, b"\xed\xa0\x80"), 1007),
            (frame(1, b"\xf0\x9f", fin=False) + frame(0, b""), 1007),
            (frame(1, length=2**62), 1009),
            (frame(2, b"x" * 1001), 1009),
            (frame(2, b"x" * 600, fin=False) + frame(0, b"x" * 600), 1009),
        ]
    ),
    st.integers(0, 2**63).map(lambda size: (frame(2, length=1001 + size), 1009)),
    st.binary(min_size=1, max_size=9).map(
        lambda data: (frame(1, data + b"\xff"), 1007)
    ),
)


@fuzzed(fine=FINE, wrong=WRONG, places=PLACES)
def test_any_wrong_frame_has_its_code(
    fine: bytes, wrong: Any, places: Any, caplog: Any
) -> None:
    sent, code = wrong
    caplog.clear()
    said = asyncio.run(converse([UPGRADE, *cut(fine + sent, places)]))
    assert (said.split()[1], close_code(said)) == (b"101", code)
    assert caplog.text == ""


@fuzzed(text=st.text(max_size=40), places=PLACES, cuts=PLACES)
def test_a_text_arrives_however_it_is_cut(
    text: str, places: Any, cuts: Any, caplog: Any
) -> None:
    first, *rest = cut(text.encode(), places)
    frames = frame(1, first, fin=not rest)
    for number, part in enumerate(rest, 1):
        frames += frame(9) + frame(0, part, fin=number == len(rest))
    frames += frame(8, b"\x03\xe8bye")
    heard = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] != "lifespan"
        await send({"type": "websocket.accept"})
        while not heard or heard[-1]["type"] != "websocket.disconnect":
            heard.append(await receive())

    caplog.clear()
    said = asyncio.run(converse([UPGRADE, *cut(frames, cuts)], application))
    assert close_code(said) == 1000
    assert heard[1:] == [
        {"type": "websocket.receive", "text": text},
        {"type": "websocket.disconnect", "code": 1000, "reason": "bye"},
    ]
    assert caplog.text == ""


HOSTILE = st.one_of(
    st.binary(max_size=4),
    st.sampled_from(
        [
            *(b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b"\r\n ", b"\xff", b";"),
            b"\r\nContent-Length: 1",
            b"\r\nTransfer-Encoding: chunked",
            b"\r\nUpgrade: websocket",
            b"\r\nConnection: close",
            b"\r\nExpect: 100-continue",
            b"http://host",
            b"0" * 300,
            b"f" * 30,
        ]
    ),
)
REQUESTS = st.sampled_from(
    [
        GET,
        UPGRADE,
        GET.replace(b"/", b"http://test/", 1),
        POST + b"Content-Length: 3\r\n\r\nabc",
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ]
)
CHANGES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 2), HOSTILE), min_size=1, max_size=3
)


@fuzzed(request_=REQUESTS, changes=CHANGES, places=PLACES)
def test_any_change_of_a_request_has_an_answer(
    request_: bytes, changes: Any, places: Any, caplog: Any
) -> None:
    for place, lost, new in changes:
        place %= len(request_) + 1
        request_ = request_[:place] + new + request_[place + lost :]
    caplog.clear()
    said = asyncio.run(converse(cut(request_, places)))
    if said:  # nothing, if the request has no end
        assert said.startswith(b"HTTP/1.1 ")
        assert int(said[9:12]) in STATUSES
    assert caplog.text == ""


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"CONNECT test:443 HTTP/1.1\r\nHost: test:443\r\n\r\n",
        b"CONNECT / HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET path HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET ?query HTTP/1.1\r\nHost: test\r\n\r\n",
        b"GET ftp://test/ HTTP/1.1\r\nHost: test\r\n\r\n",
        GET[:-2] + b"A: a\x04b\r\n\r\n",
        UPGRADE[:-2] + b"A: a\x7fb\r\n\r\n",
    ],
)
async def test_what_another_server_may_understand_differently_is_a_400(
    sent: bytes,
) -> None:
    assert (await converse([sent])).startswith(b"HTTP/1.1 400 ")
