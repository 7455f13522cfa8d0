import asyncio

import pytest


async def echo_scope(scope, receive, send):
    await send(scope)


def scripted(*events):
    """Make an application that sends these events as soon as it hears anything."""

    async def app(scope, receive, send):
        await receive()
        for event in events:
            await send(dict(event))

    return app


async def test_the_scope_of_a_socket_comes_from_its_path(lib):
    app = lib.WebsocketCommunicator(
        echo_scope, "/a%20b/?x=%20", [(b"a", b"b")], ["chat"], 3
    )
    assert await app.receive_output() == {
        "type": "websocket",
        "path": "/a b/",
        "query_string": b"x=%20",
        "headers": [(b"a", b"b")],
        "subprotocols": ["chat"],
        "spec_version": 3,
    }
    assert app.response_headers is None


async def test_the_scope_of_a_socket_has_little_in_it(lib):
    app = lib.WebsocketCommunicator(echo_scope, "/")
    assert await app.receive_output() == {
        "type": "websocket",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
    }


# asgiref's __del__ counts on its __init__, which these never reach.
half_made = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


@half_made
def test_a_path_is_text(lib):
    with pytest.raises(TypeError, match=r"^Expected str, got <class 'bytes'>$"):
        lib.WebsocketCommunicator(echo_scope, b"/")


@pytest.mark.parametrize(
    ("event", "outcome", "headers"),
    [
        ({"type": "websocket.accept"}, (True, None), []),
        (
            {"type": "websocket.accept", "subprotocol": "x", "headers": [(b"a", b"b")]},
            (True, "x"),
            [(b"a", b"b")],
        ),
        ({"type": "websocket.close"}, (False, 1000), None),
        ({"type": "websocket.close", "code": 4001}, (False, 4001), None),
    ],
)
async def test_what_became_of_a_handshake(lib, event, outcome, headers):
    app = lib.WebsocketCommunicator(scripted(event), "/")
    assert await app.connect() == outcome
    assert app.response_headers == headers


async def test_a_handshake_is_answered_by_accept_or_close(lib):
    app = lib.WebsocketCommunicator(scripted({"type": "websocket.send"}), "/")
    with pytest.raises(AssertionError):
        await app.connect()


async def repeat(scope, receive, send):
    while (event := await receive())["type"] != "websocket.disconnect":
        assert event["type"] == "websocket.receive"
        await send({**event, "type": "websocket.send"})
    await send(event)


async def test_frames_go_there_and_back(lib):
    app = lib.WebsocketCommunicator(repeat, "/")
    await app.send_to(text_data="hi")
    assert await app.receive_from() == "hi"
    await app.send_to(bytes_data=b"hi")
    assert await app.receive_from() == b"hi"
    await app.send_json_to([1])
    assert await app.receive_json_from() == [1]
    await app.disconnect(code=4000)
    assert await app.receive_output() == {"type": "websocket.disconnect", "code": 4000}
    app = lib.WebsocketCommunicator(repeat, "/")
    await app.disconnect()
    assert (await app.output_queue.get())["code"] == 1000


ONE = "You must supply exactly one of text_data or bytes_data"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, ONE),
        ({"text_data": ""}, ONE),
        ({"text_data": "a", "bytes_data": b"a"}, ONE),
        ({"text_data": b"a"}, "The text_data argument must be a str"),
        ({"bytes_data": "a"}, "The bytes_data argument must be bytes"),
    ],
)
async def test_a_frame_is_either_text_or_bytes(lib, arguments, error):
    app = lib.WebsocketCommunicator(repeat, "/")
    with pytest.raises(AssertionError) as caught:
        await app.send_to(**arguments)
    assert str(caught.value).partition("\n")[0] == error


BOTH = "The response needs exactly one of 'text' or 'bytes'"


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"type": "x"}, "Expected type 'websocket.send', but was 'x'"),
        ({"type": "websocket.send"}, BOTH),
        ({"type": "websocket.send", "text": "a", "bytes": b"a"}, BOTH),
        (
            {"type": "websocket.send", "text": b"a"},
            "Text frame payload is not str, it is <class 'bytes'>",
        ),
        (
            {"type": "websocket.send", "bytes": "a"},
            "Binary frame payload is not bytes, it is <class 'str'>",
        ),
        (
            {"type": "websocket.send", "bytes": b"a"},
            "JSON data is not a text frame, it is <class 'bytes'>",
        ),
    ],
)
async def test_what_is_no_frame_of_json(lib, event, error):
    app = lib.WebsocketCommunicator(scripted(event), "/")
    await app.send_input({"type": "websocket.connect"})
    with pytest.raises(AssertionError) as caught:
        await app.receive_json_from()
    assert str(caught.value).partition("\n")[0] == error


async def test_the_scope_of_a_request_comes_from_its_path(lib):
    app = lib.HttpCommunicator(echo_scope, "post", "/a%20b/?x=%20")
    assert await app.receive_output() == {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/a b/",
        "query_string": b"x=%20",
        "headers": [],
    }
    app = lib.HttpCommunicator(echo_scope, "GET", "/", headers=[(b"a", b"b")])
    assert (await app.receive_output())["headers"] == [(b"a", b"b")]


async def test_a_response_is_put_together_from_its_parts(lib):
    start = {"type": "http.response.start", "status": 201}
    parts = [
        {"type": "http.response.body", "body": b"a", "more_body": True},
        {"type": "http.response.body", "body": b"b"},
        {"type": "http.response.body", "body": b"too late"},
    ]
    app = lib.HttpCommunicator(scripted(start, *parts), "GET", "/")
    wanted = {"status": 201, "headers": [], "body": b"ab"}
    assert await app.get_response() == wanted


async def test_a_request_is_sent_once_with_its_body(lib):
    async def app(scope, receive, send):
        while True:
            event = await receive()
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": repr(event).encode()})

    one = lib.HttpCommunicator(app, "POST", "/", body=b"hi")
    wanted = b"{'type': 'http.request', 'body': b'hi'}"
    assert (await one.get_response())["body"] == wanted
    with pytest.raises(TimeoutError):
        await one.get_response(timeout=0.01)
    two = lib.HttpCommunicator(app, "POST", "/")
    assert b"'body': b''" in (await two.get_response())["body"]


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "http.response.body", "body": b""}],
        [{"type": "http.response.start"}, {"type": "http.response.start"}],
        [{"type": "http.response.start"}, {"type": "http.response.body", "body": ""}],
    ],
)
async def test_what_is_no_response(lib, events):
    with pytest.raises(AssertionError):
        await lib.HttpCommunicator(scripted(*events), "GET", "/").get_response()


@half_made
def test_a_request_body_is_bytes(lib):
    with pytest.raises(AssertionError):
        lib.HttpCommunicator(echo_scope, "GET", "/", body="text")


async def deaf(scope, receive, send):
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    "wait",
    [
        lambda app: app.receive_output(0.01),
        lambda app: app.receive_from(0.01),
        lambda app: app.receive_json_from(0.01),
        lambda app: app.connect(0.01),
    ],
)
async def test_a_wait_that_takes_too_long_cancels_the_application(lib, wait):
    app = lib.WebsocketCommunicator(deaf, "/")
    assert await app.receive_nothing(0.01)
    with pytest.raises(TimeoutError):
        await wait(app)
    assert app.future.cancelled()


async def test_a_disconnect_that_takes_too_long_cancels_the_application(lib):
    app = lib.WebsocketCommunicator(deaf, "/")
    await app.disconnect(timeout=0.01)
    assert app.future.cancelled()


async def test_a_response_that_stops_half_way_is_waited_for(lib):
    start = {"type": "http.response.start", "status": 200}
    app = lib.HttpCommunicator(scripted(start), "GET", "/")
    with pytest.raises(TimeoutError):
        await app.get_response(timeout=0.01)
