"""HTTP/1.1 as a client sees it, byte for byte, and as the application does."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from minichannels.server.connection import Connection, Limits

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


def answer(body: bytes = b"ok", status: int = 200, headers: Any = ()) -> Any:
    """An application that answers every request alike."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return application


async def read_body(receive: Any) -> list[bytes]:
    """The chunks of a request's body, up to the last."""
    chunks = []
    while True:
        event = await receive()
        assert event["type"] == "http.request"
        chunks.append(event["body"])
        if not event["more_body"]:
            return chunks


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body, once it is whole."""
    body = b"".join(await read_body(receive))
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": body})


async def test_a_scope_tells_all_of_a_request(start: Any, client: Any) -> None:
    seen = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            seen.update(scope)
            await answer()(scope, receive, send)

    address = await start(application)
    one = await client(address)
    await one.send(
        b"GET /caf%C3%A9%2Fx/?q=%20&r HTTP/1.1\r\n"
        b"Host: a\r\nX-Two: 1\r\nx-two: 2\r\n\r\n"
    )
    await one.response()
    assert seen == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/café/x/",
        "raw_path": b"/caf%C3%A9%2Fx/",
        "query_string": b"q=%20&r",
        "root_path": "",
        "headers": [(b"host", b"a"), (b"x-two", b"1"), (b"x-two", b"2")],
        "client": one.writer.get_extra_info("sockname"),
        "server": address,
        "state": {},
    }


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"http://example.com/a%20b?q=1", ("/a b", b"/a%20b", b"q=1")),
        (b"HTTPS://me@example.com:80/?http://x", ("/", b"/", b"http://x")),
        (b"http://example.com", ("/", b"/", b"")),
        (b"http://example.com?q", ("/", b"/", b"q")),
        (b"/http://x/", ("/http://x/", b"/http://x/", b"")),
        (b"*", ("*", b"*", b"")),
    ],
)
async def test_a_target_may_be_a_whole_url(
    start: Any, client: Any, target: bytes, expected: Any
) -> None:
    seen = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["path"], scope["raw_path"], scope["query_string"]))
        await answer()(scope, receive, send)

    one = await client(await start(application))
    assert (await (await one.send(GET.replace(b"/", target, 1))).response())[0] == 200
    assert seen == [expected]


async def test_a_response_of_known_length_keeps_it(start: Any, client: Any) -> None:
    one = await client(await start(answer(headers=[(b"Content-Length", b"2")])))
    status, headers, body = await (await one.send(GET)).response()
    assert (status, headers["content-length"], body) == (200, "2", b"ok")
    assert headers["date"].endswith("GMT")


async def test_a_response_of_unknown_length_is_chunked(start: Any, client: Any) -> None:
    one = await client(await start(answer()))
    _, headers, body = await (await one.send(GET)).response()
    assert (headers["transfer-encoding"], body) == ("chunked", b"ok")


async def test_an_application_may_set_its_own_date(start: Any, client: Any) -> None:
    one = await client(await start(answer(headers=[(b"Date", b"today")])))
    _, headers, _ = await (await one.send(GET)).response()
    assert headers["date"] == "today"


async def test_chunks_leave_as_the_application_sends_them(
    start: Any, client: Any
) -> None:
    more = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await more.wait()
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})

    one = await client(await start(application))
    await one.send(GET)
    await one.until(b"3\r\none\r\n")
    more.set()
    assert await one.until(b"0\r\n\r\n") == b"3\r\ntwo\r\n0\r\n\r\n"


async def test_nothing_is_sent_before_there_is_a_body(start: Any, client: Any) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        raise LookupError("after the start")

    one = await client(await start(application))
    status, _, _ = await (await one.send(GET)).response()
    assert status == 500


async def test_a_chunked_request_arrives_whole(start: Any, client: Any) -> None:
    one = await client(await start(echo))
    await one.send(b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
    await one.send(b"3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\n")
    assert (await one.response())[2] == b"abcdefgh"


async def test_a_body_is_streamed_to_the_application(start: Any, client: Any) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        while (event := await receive())["more_body"]:
            body = {"type": "http.response.body", "body": event["body"]}
            await send(body | {"more_body": True})
        await send({"type": "http.response.body"})

    one = await client(await start(application))
    await one.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\n\r\n")
    await one.send(b"abc")
    await one.until(b"abc\r\n")
    await one.send(b"def")
    assert await one.until(b"0\r\n\r\n") == b"3\r\ndef\r\n0\r\n\r\n"


async def test_a_large_body_comes_in_many_pieces(start: Any, client: Any) -> None:
    sizes: list[int] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        sizes.extend(map(len, await read_body(receive)))
        await answer()(scope, receive, send)

    one = await client(await start(application))
    size = 10 * 2**20
    await one.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % size)
    await one.send(bytes(size))
    assert (await one.response())[2] == b"ok"
    assert sum(sizes) == size
    assert max(sizes) <= 2**16 + 1


async def test_reading_stops_when_the_application_does_not_receive(
    start: Any, client: Any
) -> None:
    go_on = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await go_on.wait()
        await echo(scope, receive, send)

    one = await client(await start(application))
    size = 64 * 2**20
    await one.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % size)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await one.send(bytes(size))
    go_on.set()
    assert len((await one.response())[2]) == size


async def test_a_connection_is_kept_for_the_next_request(
    start: Any, client: Any
) -> None:
    one = await client(await start(answer()))
    for _ in range(3):
        assert (await (await one.send(GET)).response())[0] == 200


async def test_the_time_for_the_next_request_begins_with_the_response(
    start: Any, client: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.4)
        await answer()(scope, receive, send)

    one = await client(await start(application, client_timeout=0.5))
    await (await one.send(GET)).response()
    await asyncio.sleep(0.25)
    assert (await (await one.send(GET)).response())[0] == 200


async def test_pipelined_requests_are_answered_in_order(
    start: Any, client: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.01 if scope["path"] == "/0" else 0)
        await answer(scope["path"].encode())(scope, receive, send)

    one = await client(await start(application))
    await one.send(b"".join(GET.replace(b"/", b"/%d" % n, 1) for n in range(50)))
    bodies = [(await one.response())[2] for _ in range(50)]
    assert bodies == [b"/%d" % n for n in range(50)]


async def test_a_request_may_come_while_another_is_at_work(
    start: Any, client: Any
) -> None:
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        at_work.set()
        await go_on.wait()
        await answer(scope["path"].encode())(scope, receive, send)

    one = await client(await start(application))
    await one.send(GET)
    await at_work.wait()
    await one.send(GET.replace(b"/", b"/two", 1))
    await asyncio.sleep(0.01)
    go_on.set()
    assert [(await one.response())[2] for _ in range(2)] == [b"/", b"/two"]


@pytest.mark.parametrize(
    "request_", [GET.replace(b"1.1", b"1.0"), GET[:-2] + b"Connection: close\r\n\r\n"]
)
async def test_a_client_can_ask_for_the_end(
    start: Any, client: Any, request_: bytes
) -> None:
    one = await client(await start(answer()))
    data = await (await one.send(request_)).rest()
    assert data.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in data.lower()
    assert data.endswith((b"\r\n\r\nok", b"2\r\nok\r\n0\r\n\r\n"))


async def test_head_is_get_without_the_body(start: Any, client: Any) -> None:
    one = await client(await start(answer(headers=[(b"Content-Length", b"2")])))
    await one.send(GET.replace(b"GET", b"HEAD") + GET)
    assert b"Content-Length: 2\r\n" in await one.until(b"\r\n\r\n")
    assert (await one.response())[2] == b"ok"


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_drops_it(
    start: Any, client: Any, status: int
) -> None:
    one = await client(await start(answer(status=status)))
    for _ in range(2):
        head = await (await one.send(GET)).until(b"\r\n\r\n")
        assert int(head.split()[1]) == status


async def test_a_status_of_no_known_name_is_sent(start: Any, client: Any) -> None:
    one = await client(await start(answer(status=299)))
    assert (await (await one.send(GET)).response())[0] == 299


async def test_a_body_is_asked_for_when_the_application_wants_it(
    start: Any, client: Any
) -> None:
    one = await client(await start(echo))
    head = b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue"
    await one.send(head + b"\r\n\r\n")
    assert (await one.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    await one.send(b"abc")
    assert (await one.response())[2] == b"abc"
    assert (await (await one.send(GET)).response())[0] == 200


async def test_a_body_that_is_not_wanted_is_not_asked_for(
    start: Any, client: Any
) -> None:
    one = await client(await start(answer(status=413)))
    head = b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue"
    data = await (await one.send(head + b"\r\n\r\n")).until(b"0\r\n\r\n")
    assert data.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in data.lower()


async def test_a_body_that_nobody_reads_does_not_harm_the_next_request(
    start: Any, client: Any
) -> None:
    one = await client(await start(answer()))
    await one.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc")
    assert (await one.response())[2] == b"ok"
    assert (await (await one.send(GET)).response())[2] == b"ok"


async def test_a_response_reaches_a_client_that_still_sends(
    start: Any, client: Any
) -> None:
    one = await client(await start(answer(status=413)))
    size = 32 * 2**20
    await one.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % size)
    await one.send(bytes(size))
    assert (await one.response())[0] == 413


async def test_an_error_of_the_application_is_a_500(
    start: Any, client: Any, caplog: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("no such thing")

    one = await client(await start(application))
    data = await (await one.send(GET)).rest()
    assert data.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert "Exception inside application: /" in caplog.text
    assert "no such thing" in caplog.text


@pytest.mark.parametrize(
    "error", [BaseExceptionGroup("lost", [GeneratorExit()]), asyncio.CancelledError()]
)
async def test_an_error_that_is_no_exception_is_a_500_too(
    start: Any, client: Any, caplog: Any, error: BaseException
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        raise error

    one = await client(await start(application))
    assert (await (await one.send(GET)).response())[0] == 500
    assert "Exception inside application: /" in caplog.text


async def test_an_error_in_the_body_is_seen_by_the_client(
    start: Any, client: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise LookupError("the other half")

    one = await client(await start(application))
    data = await (await one.send(GET)).rest()
    assert data.endswith(b"4\r\nhalf\r\n")  # and no last chunk


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([], "returned while waiting"),
        ([{"type": "http.response.start", "status": 200}], "returned while started"),
        (
            [{"type": "http.response.body"}],
            "Cannot send 'http.response.body' when waiting, only http.response.start.",
        ),
        ([{"type": "websocket.accept"}], "Cannot send 'websocket.accept' when waiting"),
        (
            [{"type": "http.response.start", "status": 200}] * 2,
            "Cannot send 'http.response.start' when started, only http.response.body.",
        ),
        (
            [
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"a\n", b"")],
                }
            ],
            "Illegal header name",
        ),
        (
            [
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"a", b"\n")],
                }
            ],
            "Illegal header value",
        ),
        (
            [{"type": "http.response.start", "status": 200, "headers": [("a", "b")]}],
            "Headers are pairs of bytes, not ('a', 'b').",
        ),
        ([{"type": "http.response.start", "status": 99}], "status_code should be"),
    ],
)
async def test_a_wrong_answer_is_a_500_that_says_what_was_wrong(
    start: Any, client: Any, caplog: Any, events: Any, error: str
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        for event in events:
            await send(event)

    one = await client(await start(application))
    assert (await (await one.send(GET)).response())[0] == 500
    assert error in caplog.text


async def test_nothing_can_be_sent_after_the_end_of_a_response(
    start: Any, client: Any, caplog: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await answer()(scope, receive, send)
        await send({"type": "http.response.body", "body": b"more"})

    one = await client(await start(application))
    for _ in range(2):
        assert (await (await one.send(GET)).response())[2] == b"ok"
    assert "when complete, only nothing more" in caplog.text


async def test_a_response_that_breaks_its_length_is_cut_off(
    start: Any, client: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await send({"type": "http.response.body", "body": b"more"})

    one = await client(await start(application))
    data = await (await one.send(GET)).rest()
    assert data.endswith(b"\r\n\r\nhalf")


@pytest.mark.parametrize(
    ("body", "length", "more", "error"),
    [
        (b"abc", b"10", False, "A body of 3 bytes has content-length 10."),
        (b"abcdef", b"2", False, "A body of 6 bytes has content-length 2."),
        (b"abcdef", b"2", True, "A body of 6 bytes has content-length 2."),
        ("abc", b"3", False, "not 'str'"),
        (None, b"0", False, "not 'NoneType'"),
    ],
)
async def test_a_first_part_that_is_wrong_is_a_500(
    start: Any,
    client: Any,
    caplog: Any,
    body: Any,
    length: bytes,
    more: bool,
    error: Any,
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": more})

    one = await client(await start(application))
    assert (await (await one.send(GET)).response())[0] == 500
    assert error in caplog.text


async def test_the_application_hears_that_the_response_is_done(
    start: Any, client: Any
) -> None:
    heard = asyncio.Queue[Any]()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await read_body(receive)
        await answer()(scope, receive, send)
        heard.put_nowait(await receive())

    one = await client(await start(application))
    await (await one.send(GET)).response()
    assert await heard.get() == {"type": "http.disconnect"}


async def test_a_body_that_comes_after_the_response_is_not_kept(
    start: Any, client: Any
) -> None:
    heard, sent, done = [], asyncio.Event(), asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await answer()(scope, receive, send)
        if scope["method"] == "POST":
            await sent.wait()
            with suppress(TimeoutError):
                while True:
                    heard.append(await asyncio.wait_for(receive(), 0.01))
            done.set()

    one = await client(await start(application))
    size = 8 * 2**20
    await one.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % size)
    assert (await one.response())[0] == 200
    await one.send(bytes(size))
    assert (await (await one.send(GET)).response())[0] == 200
    sent.set()
    await done.wait()
    assert heard == [{"type": "http.disconnect"}]


async def test_what_an_application_does_afterwards_delays_no_request(
    start: Any, client: Any
) -> None:
    done = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await answer()(scope, receive, send)
        await done.wait()

    one = await client(await start(application))
    for _ in range(2):
        assert (await (await one.send(GET)).response())[2] == b"ok"
    done.set()


@pytest.mark.parametrize("sent", [GET, GET[:-2] + b"Content-Length: 9\r\n\r\nabc"])
async def test_the_application_hears_of_a_client_that_leaves(
    start: Any, client: Any, sent: bytes
) -> None:
    heard = asyncio.Queue[Any]()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            heard.put_nowait((await receive())["type"])

    one = await client(await start(application))
    await one.send(sent)
    assert await heard.get() == "http.request"
    await one.close()
    assert await heard.get() == "http.disconnect"


async def test_a_client_that_has_only_stopped_sending_gets_its_response(
    start: Any, client: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await answer(b"still here")(scope, receive, send)

    one = await client(await start(application))
    await one.send(GET)
    one.writer.write_eof()
    assert b"still here" in await one.rest()


async def test_an_application_that_ignores_a_lost_client_is_killed(
    start: Any, client: Any, caplog: Any
) -> None:
    killed = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        try:
            while True:
                chunk = {"type": "http.response.body", "body": b"tick"}
                await send(chunk | {"more_body": True})
                await asyncio.sleep(0.001)
        finally:
            killed.set()

    one = await client(await start(application, close_timeout=0.05))
    await (await one.send(GET)).until(b"tick")
    one.writer.transport.abort()
    async with asyncio.timeout(5):
        await killed.wait()
    assert "Took too long to return, killed: /" in caplog.text


async def test_send_waits_for_a_client_that_does_not_read(
    start: Any, client: Any
) -> None:
    sent = 0

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200})
        for _ in range(64):
            body = {"type": "http.response.body", "body": bytes(2**20)}
            await send(body | {"more_body": True})
            sent += 1
        await send({"type": "http.response.body"})

    one = await client(await start(application))
    await (await one.send(GET)).until(b"\r\n\r\n")
    await asyncio.sleep(0.3)
    assert sent < 32
    while size := int(await one.until(b"\r\n"), 16):
        await one.reader.readexactly(size + 2)
    assert sent == 64


async def test_a_client_that_takes_nothing_is_dropped_and_the_application_hears_of_it(
    start: Any, client: Any
) -> None:
    heard = asyncio.Queue[Any]()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200})
        body = {"type": "http.response.body", "body": bytes(64 * 2**20)}
        await send(body | {"more_body": True})
        heard.put_nowait(await receive())
        await send(body)

    one = await client(await start(application, client_timeout=0.1))
    await one.send(GET)
    async with asyncio.timeout(30):
        assert await heard.get() == {"type": "http.disconnect"}


async def test_a_client_that_takes_some_now_and_then_is_waited_for() -> None:
    class Stream(asyncio.Transport):
        """A transport, and its writer, to a client that takes a byte at a time."""

        left, aborted = 3, False

        def get_write_buffer_size(self) -> int:
            return self.left

        async def drain(self) -> None:
            self.left -= self.left > 1
            await asyncio.sleep(1)

        def abort(self) -> None:
            self.aborted = True

    stream: Any = Stream()
    stream.transport = stream
    await Connection(stream, stream, Limits(client_timeout=0.001)).drain()
    assert (stream.left, stream.aborted) == (1, True)
