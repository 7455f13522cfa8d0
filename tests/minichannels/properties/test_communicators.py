"""Any use of a communicator gives the same in both packages, errors included."""

import asyncio
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

EVENTS = st.sampled_from(
    [
        {"type": "websocket.accept"},
        {"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"a", b"b")]},
        {"type": "websocket.close"},
        {"type": "websocket.close", "code": 4000, "reason": "why"},
        {"type": "websocket.send", "text": "hi"},
        {"type": "websocket.send", "text": '{"a": 1}'},
        {"type": "websocket.send", "bytes": b"hi"},
        {"type": "websocket.send", "text": 5},
        {"type": "websocket.send", "bytes": "hi"},
        {"type": "websocket.send", "text": "hi", "bytes": b"hi"},
        {"type": "websocket.send"},
        {"type": "http.response.start", "status": 200},
        {"type": "http.response.start", "status": 404, "headers": [(b"a", b"b")]},
        {"type": "http.response.body", "body": b"part", "more_body": True},
        {"type": "http.response.body", "body": b"end"},
        {"type": "http.response.body", "body": "text"},
        "raise",
        "receive",
    ]
)
CALLS = st.sampled_from(
    [
        ("connect", {}),
        ("send_to", {"text_data": "hi"}),
        ("send_to", {"bytes_data": b"hi"}),
        ("send_to", {"text_data": ""}),
        ("send_to", {"text_data": "a", "bytes_data": b"b"}),
        ("send_to", {"text_data": b"a"}),
        ("send_to", {"bytes_data": "a"}),
        ("send_to", {}),
        ("send_json_to", {"data": {"a": [1]}}),
        ("send_json_to", {"data": ""}),
        ("receive_from", {}),
        ("receive_json_from", {}),
        ("receive_nothing", {}),
        ("disconnect", {"code": 4001}),
        ("get_response", {}),
        ("wait", {}),
    ]
)
URLS = st.sampled_from(
    ["/", "", "/a%20b/?q=%20&r", "/é?é", "//a/b", "/a#b?c", "http://a/b?c", b"/", None]
)
MAKERS = st.one_of(
    st.tuples(
        st.just("WebsocketCommunicator"),
        st.fixed_dictionaries(
            {"path": URLS},
            optional={
                "headers": st.sampled_from([None, [], [(b"a", b"b")]]),
                "subprotocols": st.sampled_from([None, [], ["chat"]]),
                "spec_version": st.sampled_from([None, 0, 3]),
            },
        ),
    ),
    st.tuples(
        st.just("HttpCommunicator"),
        st.fixed_dictionaries(
            {"method": st.sampled_from(["get", "POST"]), "path": URLS},
            optional={
                "body": st.sampled_from([b"", b"text", "text", None]),
                "headers": st.sampled_from([None, [], [(b"a", b"b")]]),
            },
        ),
    ),
)


class HastyLoop(asyncio.SelectorEventLoop):
    """An event loop in which no time passes, except when all wait for it.

    So a timeout means the same however busy the machine is.
    """

    def __init__(self):
        super().__init__()
        self.now, self.poll = 0.0, self._selector.select
        self._selector.select = self.skip

    def time(self):
        return self.now

    def skip(self, timeout):
        self.now += timeout or 0
        return self.poll(0)


def run(package, *arguments):
    """Use a communicator of a package, in a loop of its own."""
    with (
        asyncio.Runner(loop_factory=HastyLoop) as runner,
        patch("time.monotonic", runner.get_loop().time),
    ):
        return runner.run(use(package, *arguments))


async def use(package, maker, arguments, events, calls):
    """Make a communicator, call it, and give what came of it on both sides."""
    heard, seen = [], []

    async def application(scope, receive, send):
        heard.append(scope)
        for event in events:
            if event == "raise":
                raise KeyError("of the application")
            if event == "receive":
                heard.append(await receive())
            else:
                await send(dict(event))

    try:
        one = getattr(package, maker)(application, **arguments)
    except Exception as error:
        return type(error).__name__, str(error)
    for name, keywords in calls:
        waits = name in {"connect", "receive_from", "receive_json_from", "disconnect"}
        if waits or name in {"get_response", "wait"}:
            keywords = {**keywords, "timeout": 1}
        seen.append(await outcome(one, name, keywords))
    seen.append(getattr(one, "response_headers", None))
    one.stop(exceptions=False)
    await asyncio.sleep(0)
    return heard, seen


async def outcome(communicator, name, keywords):
    """Give what a call gives, or the type and the text of its error."""
    try:
        return await getattr(communicator, name)(**keywords)
    except asyncio.CancelledError:
        return "cancelled"
    except Exception as error:
        return type(error).__name__, str(error)


# A communicator that could not be made says so once more when it is thrown away.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(max_examples=80, deadline=None)
@given(MAKERS, st.lists(EVENTS, max_size=5), st.lists(CALLS, max_size=5))
def test_any_use_of_a_communicator(both, maker, events, calls):
    ours, theirs = (run(package, *maker, events, calls) for package in both)
    assert ours == theirs
