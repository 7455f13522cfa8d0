"""Any life of a socket sends, calls and ends the same in both packages."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

STEPS = st.sampled_from(
    [
        ("accept",),
        ("accept", "chat"),
        ("accept", None, [(b"x", b"y")]),
        ("close",),
        ("close", 4001),
        ("close", 4002, "why"),
        ("close", True),
        ("send", "hi"),
        ("send", None, b"hi"),
        ("send", "bye", None, True),
        ("send", "bye", None, 4003),
        ("send",),
        ("raise", "AcceptConnection"),
        ("raise", "DenyConnection"),
        ("raise", "StopConsumer"),
        ("raise", "MessageTooLarge"),
    ]
)
SCRIPTS = st.fixed_dictionaries(
    {
        "connect": st.one_of(st.none(), st.lists(STEPS, max_size=2)),
        "receive": st.one_of(st.none(), st.lists(STEPS, max_size=2)),
        "receive_json": st.one_of(st.none(), st.lists(STEPS, max_size=1)),
        "disconnect": st.one_of(st.none(), st.lists(STEPS, max_size=1)),
        "chat_message": st.lists(STEPS, max_size=2),
    }
)
FRAMES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("websocket.receive")},
        optional={
            "text": st.sampled_from(["hi", "", '{"a": [1]}', "[", None]),
            "bytes": st.sampled_from([b"hi", b"", None]),
        },
    ),
    st.just({"type": "websocket.connect"}),
    st.just({"type": "websocket.disconnect", "code": 1000}),
)
TYPES = st.sampled_from(
    [
        "chat.message",
        "chat_message",
        "no.such",
        "send",
        "close",
        "accept",
        "scope",
        "groups",
        "channel.name",
        "channel_layer",
        "_x",
        ".x",
        "",
        "connect",
        "Chat",
        "websocket.disconnect",
        "base_send",
        "receive",
        "disconnect",
        5,
        None,
        "channel_receive",
        "as_asgi",
        "channel_layer_alias",
        "websocket.receive",
    ]
)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("client"), FRAMES),
        st.tuples(
            st.sampled_from(["layer", "client"]), TYPES.map(lambda t: {"type": t})
        ),
        st.just(("layer", {})),
    ),
    max_size=4,
)
SOCKETS = st.sampled_from(
    [
        "WebsocketConsumer",
        "JsonWebsocketConsumer",
        "AsyncConsumer",
        "SyncConsumer",
        "AsyncWebsocketConsumer",
        "AsyncJsonWebsocketConsumer",
        "AsyncHttpConsumer",
    ]
)


def consumer(package, kind, script, groups, log):
    """Make a consumer whose methods log their arguments and follow a script."""

    def step(self, name, *args):
        if name == "raise":
            raise getattr(package, args[0])
        return getattr(self, name)(*args)

    def sync_method(name, steps):
        def method(self, *args, **kwargs):
            log.append((name, args, kwargs))
            for each in steps:
                step(self, *each)

        return method

    def async_method(name, steps):
        async def method(self, *args, **kwargs):
            log.append((name, args, kwargs))
            for each in steps:
                await step(self, *each)

        return method

    make = async_method if kind.startswith("Async") else sync_method
    body = {
        name: make(name, steps)
        for name, steps in script.items()
        if steps is not None and not (name == "receive" and "Json" in kind)
    }
    body["groups"] = groups
    return type("Chat", (getattr(package, kind),), body)


async def live(package, kind, script, groups, has_layer, events):
    """Lead one life, and tell all that could be seen of it."""
    log, handled = [], asyncio.Event()

    class Chat(consumer(package, kind, script, groups, log)):
        async def dispatch(self, message):
            try:
                await super().dispatch(message)
            finally:
                handled.set()

    layer = package.use(package.InMemoryChannelLayer()) if has_layer else None
    inbox = asyncio.Queue()
    chat = Chat()

    async def send(event):
        log.append(("sent", event))

    life = asyncio.ensure_future(chat({"type": "x"}, inbox.get, send))
    for source, event in [("client", {"type": "websocket.connect"}), *events]:
        handled.clear()
        if source == "client" or layer is None:
            await inbox.put(event)
        else:
            await layer.send(chat.channel_name, event)
        waiter = asyncio.ensure_future(handled.wait())
        await asyncio.wait([life, waiter], return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    ended = life.done()
    life.cancel()
    [error] = await asyncio.gather(life, return_exceptions=True)
    left = sorted(layer.groups) if layer else None
    return log, ended, type(error).__name__, str(error), left


@settings(max_examples=150, deadline=None)
@given(
    SOCKETS,
    SCRIPTS,
    st.sampled_from([None, [], ["g"], ["g", "h"]]),
    st.booleans(),
    EVENTS,
)
def test_any_life_of_a_consumer(both, kind, script, groups, has_layer, events):
    ours, theirs = (
        package.run(lambda p=package: live(p, kind, script, groups, has_layer, events))
        for package in both
    )
    assert ours == theirs
