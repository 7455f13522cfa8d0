"""Any request is answered the same by the HTTP consumers of both packages."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

STEPS = st.sampled_from(
    [
        ("send_headers", {}),
        ("send_headers", {"status": 404}),
        ("send_headers", {"headers": {b"a": b"b"}}),
        ("send_headers", {"headers": [(b"a", b"b"), (b"a", b"c")]}),
        ("send_headers", {"headers": ()}),
        ("send_body", {"body": b"text"}),
        ("send_body", {"body": b"", "more_body": True}),
        ("send_body", {"body": "text"}),
        ("send_response", {"status": 200, "body": b"all"}),
        ("send_response", {"status": 500, "body": b"", "headers": {b"a": b"b"}}),
        ("send_response", {"status": 200, "body": None}),
        ("send", {"message": {"type": "http.response.trailers"}}),
        ("raise", "StopConsumer"),
        ("raise", "RequestAborted"),
        ("group", {}),
    ]
)
SCRIPTS = st.fixed_dictionaries(
    {},
    optional={
        "handle": st.lists(STEPS, max_size=4),
        "disconnect": st.lists(STEPS, max_size=2),
        "chat_message": st.lists(STEPS, max_size=2),
    },
)
EVENTS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("http.request")},
            optional={
                "body": st.sampled_from([b"", b"one", b"two"]),
                "more_body": st.sampled_from([True, True, False, None]),
            },
        ),
        st.sampled_from(
            [{"type": "http.disconnect"}, {"type": "chat.message"}, {"type": "handle"}]
        ),
        st.just({"type": "http.request", "body": "text"}),
    ),
    max_size=4,
)


def consumer(package, script, log):
    """Make a consumer whose methods log their arguments and follow a script."""

    def method(name, steps):
        async def run(self, *args):
            log.append((name, *args))
            for call, arguments in steps:
                if call == "raise":
                    raise getattr(package, arguments)("why")
                if call == "group":
                    await self.channel_layer.group_add("g", self.channel_name)
                    message = {"type": "chat.message"}
                    await self.channel_layer.group_send("g", message)
                else:
                    await getattr(self, call)(**arguments)

        return run

    body = {name: method(name, steps) for name, steps in script.items()}
    return type("Page", (package.AsyncHttpConsumer,), body)


async def live(package, script, events):
    """Lead one life, and tell all that could be seen of it."""
    layer, log, running = package.use(package.InMemoryChannelLayer()), [], []
    inbox = asyncio.Queue()
    for event in events:
        inbox.put_nowait(event)

    class Page(consumer(package, script, log)):
        async def dispatch(self, message):
            running.append(message)
            try:
                await super().dispatch(message)
            finally:
                running.clear()

    async def send(event):
        log.append(("sent", event))

    life = asyncio.ensure_future(Page.as_asgi()({"type": "http"}, inbox.get, send))
    quiet = 0
    while quiet < 10 and not life.done():
        await asyncio.sleep(0)
        unread = any(map(number_of_messages, layer.channels.values()))
        quiet = 0 if running or unread or not inbox.empty() else quiet + 1
    ended = life.done()
    life.cancel()
    [error] = await asyncio.gather(life, return_exceptions=True)
    return log, ended, type(error).__name__, str(error), sorted(layer.groups)


def number_of_messages(box):
    """Tell how many wait in a channel of either package."""
    return len(box.letters) if hasattr(box, "letters") else box.qsize()


@settings(max_examples=100, deadline=None)
@given(SCRIPTS, EVENTS)
def test_any_life_of_a_request(both, script, events):
    ours, theirs = (
        package.run(lambda p=package: live(p, script, events)) for package in both
    )
    assert ours == theirs
