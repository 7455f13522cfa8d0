"""The four generic consumers, the blocking ones beside the others, on both packages."""

import threading

import pytest

KINDS = ["AsyncWebsocketConsumer", "WebsocketConsumer"]
JSON_KINDS = ["AsyncJsonWebsocketConsumer", "JsonWebsocketConsumer"]


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(params=JSON_KINDS)
def json_kind(request):
    return request.param


def socket(lib, kind, groups=None, log=None, **methods):
    """Open no connection yet to a consumer whose methods make these calls.

    A method is a list of calls: of the consumer's own methods, or of "raise".
    """

    def act(self, name, args):
        if name == "raise":
            raise args[0]
        return getattr(self, name)(*args)

    def plain(method, calls):
        def run(self, *args, **kwargs):
            (log if log is not None else []).append((method, args, kwargs))
            for name, *rest in calls:
                act(self, name, rest)

        return run

    def coroutine(method, calls):
        async def run(self, *args, **kwargs):
            (log if log is not None else []).append((method, args, kwargs))
            for name, *rest in calls:
                await act(self, name, rest)

        return run

    make = coroutine if kind.startswith("Async") else plain
    body = {method: make(method, calls) for method, calls in methods.items()}
    chat = type("Chat", (getattr(lib, kind),), {**body, "groups": groups})
    return lib.WebsocketCommunicator(chat.as_asgi(), "/")


async def events_of(app, count):
    """Connect, and take this many events."""
    await app.send_input({"type": "websocket.connect"})
    return [await app.receive_output() for _ in range(count)]


async def test_a_connection_is_accepted_unless_told_otherwise(lib, kind):
    [event] = await events_of(socket(lib, kind), 1)
    assert event == {"type": "websocket.accept", "subprotocol": None}


@pytest.mark.parametrize(
    ("calls", "wanted"),
    [
        ([("accept", "chat")], {"type": "websocket.accept", "subprotocol": "chat"}),
        (
            [("accept", None, ((b"a", b"b"),))],
            {
                "type": "websocket.accept",
                "subprotocol": None,
                "headers": [(b"a", b"b")],
            },
        ),
        ([("close",)], {"type": "websocket.close"}),
        ([("close", True)], {"type": "websocket.close"}),
        ([("close", 4001)], {"type": "websocket.close", "code": 4001}),
        (
            [("close", None, "no")],
            {"type": "websocket.close", "reason": "no"},
        ),
        ([("close", 4001, "")], {"type": "websocket.close", "code": 4001}),
        ([("send", "hi")], {"type": "websocket.send", "text": "hi"}),
        ([("send", "")], {"type": "websocket.send", "text": ""}),
        ([("send", None, b"hi")], {"type": "websocket.send", "bytes": b"hi"}),
        ([("send", "hi", b"hi")], {"type": "websocket.send", "text": "hi"}),
    ],
)
async def test_a_call_sends_an_event(lib, kind, calls, wanted):
    assert await events_of(socket(lib, kind, connect=calls), 1) == [wanted]


@pytest.mark.parametrize(
    ("name", "answer"),
    [("AcceptConnection", "websocket.accept"), ("DenyConnection", "websocket.close")],
)
async def test_connect_may_raise_its_decision(lib, kind, name, answer):
    app = socket(lib, kind, connect=[("raise", getattr(lib, name)())])
    [event] = await events_of(app, 1)
    assert event["type"] == answer


@pytest.mark.parametrize(
    ("close", "wanted"),
    [
        (False, []),
        (True, [{"type": "websocket.close"}]),
        (4001, [{"type": "websocket.close", "code": 4001}]),
    ],
)
async def test_a_frame_may_be_the_last_one(lib, kind, close, wanted):
    calls = [("send", "bye", None, close), ("send", "end")]
    app = socket(lib, kind, connect=calls)
    events = await events_of(app, 2 + len(wanted))
    assert events[1:-1] == wanted


async def test_a_frame_has_to_have_content(lib, kind):
    app = socket(lib, kind, connect=[("send",)])
    await app.send_input({"type": "websocket.connect"})
    with pytest.raises(
        ValueError, match=r"^You must pass one of bytes_data or text_data$"
    ):
        await app.wait()


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ({"text": "hi"}, {"text_data": "hi"}),
        ({"text": ""}, {"text_data": ""}),
        ({"bytes": b"hi"}, {"bytes_data": b"hi"}),
        ({"text": None, "bytes": b""}, {"bytes_data": b""}),
        ({"text": "hi", "bytes": b"hi"}, {"text_data": "hi"}),
    ],
)
async def test_a_frame_is_text_or_bytes(lib, kind, event, arguments):
    log = []
    app = socket(lib, kind, log=log, receive=[("send", "got it")])
    await app.connect()
    await app.send_input({"type": "websocket.receive", **event})
    assert await app.receive_from() == "got it"
    assert log == [("receive", (), arguments)]


async def test_a_frame_without_content_ends_the_consumer(lib, kind):
    app = socket(lib, kind)
    await app.connect()
    await app.send_input({"type": "websocket.receive"})
    with pytest.raises(KeyError, match=r"^'bytes'$"):
        await app.wait()


async def test_what_is_not_overridden_does_nothing(lib, kind):
    app = socket(lib, kind)
    await app.connect()
    await app.send_to(text_data="hi")
    await app.disconnect()
    assert app.output_queue.empty()


async def test_groups_are_joined_before_connect_and_left_before_disconnect(lib, kind):
    layer, seen = lib.use(lib.InMemoryChannelLayer()), []

    class Watch(lib.InMemoryChannelLayer):
        pass

    def look(self):
        seen.append({name: len(group) for name, group in layer.groups.items()})

    log = []
    app = socket(lib, kind, groups=["g", "h"], log=log, connect=[("accept",)])
    await app.connect()
    look(app)
    await app.disconnect()
    look(app)
    assert seen == [{"g": 1, "h": 1}, {}]


async def test_disconnect_is_called_with_the_code_even_after_a_refusal(lib, kind):
    log = []
    app = socket(lib, kind, log=log, connect=[("close",)], disconnect=[])
    assert await app.connect() == (False, 1000)
    await app.disconnect(code=1006)
    assert log[1:] == [("disconnect", (1006,), {})]


async def test_an_error_skips_disconnect_and_leaves_the_groups_joined(lib, kind):
    layer, log = lib.use(lib.InMemoryChannelLayer()), []
    app = socket(lib, kind, ["g"], log, receive=[("raise", OSError())], disconnect=[])
    await app.connect()
    await app.send_to(text_data="hi")
    with pytest.raises(OSError):
        await app.wait()
    assert [method for method, *_ in log] == ["receive"]
    assert len(layer.groups["g"]) == 1


@pytest.mark.parametrize("event", ["connect", "disconnect"])
async def test_groups_need_a_layer(lib, kind, event):
    app = socket(lib, kind, groups=["g"])
    await app.send_input({"type": f"websocket.{event}", "code": 1000})
    wanted = r"^BACKEND is unconfigured or doesn't support groups$"
    with pytest.raises(lib.InvalidChannelLayerError, match=wanted) as caught:
        await app.wait()
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value.__context__, AttributeError)


async def test_groups_of_none_become_an_empty_list(lib, kind):
    consumer = getattr(lib, kind)
    first, second = consumer(), consumer("any", thing="goes")
    assert first.groups == second.groups == []
    assert first.groups is not second.groups
    assert consumer.groups is None


async def test_json_is_decoded_and_encoded(lib, json_kind):
    log = []
    calls = [("send_json", {"b": [1, None]}), ("send_json", "bye", 4001)]
    app = socket(lib, json_kind, log=log, receive_json=calls)
    await app.connect()
    await app.send_json_to({"a": 1})
    assert await app.receive_json_from() == {"b": [1, None]}
    assert await app.receive_json_from() == "bye"
    assert (await app.receive_output())["code"] == 4001
    assert log == [("receive_json", ({"a": 1},), {})]


@pytest.mark.parametrize("event", [{"text": ""}, {"bytes": b"{}"}])
async def test_json_comes_in_frames_of_text(lib, json_kind, event):
    app = socket(lib, json_kind)
    await app.connect()
    await app.send_input({"type": "websocket.receive", **event})
    wanted = r"^No text section for incoming WebSocket frame!$"
    with pytest.raises(ValueError, match=wanted):
        await app.wait()


async def test_json_that_nobody_takes_is_decoded_all_the_same(lib, json_kind):
    app = socket(lib, json_kind)
    await app.connect()
    await app.send_to(text_data="{}")
    await app.send_to(text_data="{")
    with pytest.raises(ValueError, match="Expecting property name"):
        await app.wait()


async def test_without_groups_a_blocking_handler_can_be_called_from_the_loop(lib):
    consumer, sent = lib.WebsocketConsumer(), []
    consumer.base_send = sent.append
    consumer.websocket_connect({})
    with pytest.raises(lib.StopConsumer):
        consumer.websocket_disconnect({"code": 1000})
    assert sent == [{"type": "websocket.accept", "subprotocol": None}]
    consumer.groups, consumer.channel_layer = ["g"], None
    wanted = "^BACKEND is unconfigured or doesn't support groups$"
    with pytest.raises(lib.InvalidChannelLayerError, match=wanted):
        consumer.websocket_connect({})


async def test_the_groups_of_a_blocking_consumer_are_read_on_its_thread(lib):
    class Rooms(lib.WebsocketConsumer):
        def __init__(self):
            self.seen = []

        @property
        def groups(self):
            threads.append(threading.current_thread())
            return []

    threads = []
    lib.use(lib.InMemoryChannelLayer())
    app = lib.WebsocketCommunicator(Rooms.as_asgi(), "/")
    await app.connect()
    await app.disconnect()
    assert len(threads) == 2 and threading.main_thread() not in threads
