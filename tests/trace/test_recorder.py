"""What a recorder takes down, and that it changes nothing."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from walkthrough.packages import PACKAGES, prepare
from walkthrough.recorder import Recorder
from walkthrough.session import Session
from walkthrough.trace import KINDS, LONGEST, PARTS, Event, Trace, plain

HEAD = """\
import asyncio
from minichannels.consumer import AsyncConsumer
from minichannels.exceptions import StopConsumer
from minichannels.generic.websocket import AsyncWebsocketConsumer
from minichannels.layers import InMemoryChannelLayer, channel_layers
from minichannels.routing import ProtocolTypeRouter, URLRouter, path
from minichannels.testing import HttpCommunicator, WebsocketCommunicator

layer = InMemoryChannelLayer(capacity=2)
channel_layers.set("default", layer)
"""

CHAT = """\
class Chat(AsyncWebsocketConsumer):
    groups = ["room"]

    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.group_send("room", {"type": "said", "text": text_data})

    async def said(self, event):
        await self.send(text_data=event["text"])
"""


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def traced(package: str, *blocks: str) -> Trace:
    """Run blocks of a page, each from its own hundredth line; trace the last."""
    prepare(package)
    session = Session("page.md", package, traced=True)
    try:
        for number, code in enumerate([HEAD, *blocks]):
            result = session.run(code, line=number * 100 + 1)
            assert result.failure is None, result.failure.traceback
    finally:
        session.close()
    assert result.trace is not None
    return result.trace


def told(trace: Trace) -> list[str]:
    """Give each event in a line: kind, from whom, to whom, and what tells most."""
    names = {actor.id: actor.name for actor in trace.actors} | {"": ""}
    return [
        " ".join(filter(None, [e.kind, names[e.source], names[e.target], content(e)]))
        for e in trace.events
    ]


def content(event: Event) -> str:
    message = event.message if isinstance(event.message, dict) else {}
    kept = [message.get("type", ""), message.get("text", "")]
    named = [event.group, event.channel, event.handler, event.text]
    return " ".join(filter(None, [*kept, *named]))


def test_a_message_is_followed_from_one_client_to_the_other(package) -> None:
    trace = traced(
        package,
        CHAT + "ann = WebsocketCommunicator(Chat.as_asgi(), '/')\n"
        "bob = WebsocketCommunicator(Chat.as_asgi(), '/')\n"
        "await ann.connect()\nawait bob.connect()",
        "await ann.send_to(text_data='hi')\nawait bob.receive_from()",
    )
    assert told(trace) == [
        "receive ann ann's Chat websocket.receive hi",
        "dispatch ann's Chat websocket_receive",
        "group_send ann's Chat channel layer said hi room",
        "delivery channel layer ann's Chat said hi channel of ann's Chat",
        "delivery channel layer bob's Chat said hi channel of bob's Chat",
        "dispatch ann's Chat said",
        "send ann's Chat ann websocket.send hi",
        "dispatch bob's Chat said",
        "send bob's Chat bob websocket.send hi",
    ]
    assert [event.cause for event in trace.events] == [None, 1, 2, 3, 3, 4, 6, 5, 8]


def test_one_who_comes_back_under_his_name_is_told_apart(package) -> None:
    again = "ann = WebsocketCommunicator(Chat.as_asgi(), '/')\nawait ann.connect()\n"
    trace = traced(package, CHAT, f"{again}await ann.disconnect()\n{again}")
    names = [actor.name for actor in trace.actors if actor.kind != "layer"]
    assert names == ["ann 1", "ann 1's Chat", "ann 2", "ann 2's Chat"]


def test_each_event_knows_the_line_that_caused_it(package) -> None:
    trace = traced(
        package,
        CHAT,
        "ann = WebsocketCommunicator(Chat.as_asgi(), '/')\n"
        "await ann.connect()\n"
        "await ann.send_to(text_data='hi')\n"
        "await ann.receive_from()",
    )
    lines = {event.kind: event.line for event in trace.events}
    assert lines["scope"] == 202 and lines["receive"] == 203
    assert lines["group_send"] == lines["delivery"] == 105
    assert lines["dispatch"] == 107 and lines["send"] == 108


def test_lives_from_the_handshake_to_the_close(package) -> None:
    trace = traced(
        package,
        CHAT,
        "ann = WebsocketCommunicator(Chat.as_asgi(), '/chat/')\n"
        "await ann.connect()\nawait ann.disconnect()",
    )
    assert [event.kind for event in trace.events] == [
        *("scope", "receive", "dispatch", "group_add", "send"),
        *("receive", "dispatch", "group_discard", "close"),
    ]
    assert trace.events[0].message["path"] == "/chat/"


def test_a_blocking_consumer_is_recorded_too(package) -> None:
    prepare(package)
    session = Session("page.md", package, traced=True)
    head = "from minichannels.generic.websocket import WebsocketConsumer\n"
    code = (
        "class Sync(WebsocketConsumer):\n"
        "    def connect(self):\n        self.accept()\n"
        "ann = WebsocketCommunicator(Sync.as_asgi(), '/')\nawait ann.connect()"
    )
    result = session.run(HEAD + head + code, local=True)
    session.close()
    assert result.failure is None and result.trace
    kinds = [event.kind for event in result.trace.events]
    assert kinds == ["scope", "receive", "dispatch", "send", "left"]


def test_routers_hand_over_and_then_stand_aside(package) -> None:
    trace = traced(
        package,
        CHAT,
        "app = URLRouter([path('chat/', Chat.as_asgi())])\n"
        "app = ProtocolTypeRouter({'websocket': app})\n"
        "ann = WebsocketCommunicator(app, '/chat/')\n"
        "await ann.connect()",
    )
    assert told(trace)[:4] == [
        "scope ann ProtocolTypeRouter websocket",
        "scope ProtocolTypeRouter URLRouter websocket",
        "scope URLRouter Chat websocket",
        "receive ann Chat websocket.connect",
    ]


def test_an_application_of_the_page_is_recorded_without_a_word_in_it(package) -> None:
    trace = traced(
        package,
        "async def hello(scope, receive, send):\n"
        "    await receive()\n"
        "    await send({'type': 'http.response.start', 'status': 200})\n"
        "    await send({'type': 'http.response.body', 'body': b'hi'})",
        "request = HttpCommunicator(hello, 'GET', '/')\nawait request.get_response()",
    )
    assert told(trace) == [
        "scope request hello http",
        "receive request hello http.request",
        "send hello request http.response.start",
        "send hello request http.response.body",
        "close hello request",
    ]


def test_middleware_that_changes_what_is_sent_stands_between(package) -> None:
    trace = traced(
        package,
        "async def hello(scope, receive, send):\n"
        "    await send({'type': 'a'})\n"
        "class Shout:\n"
        "    async def __call__(self, scope, receive, send):\n"
        "        async def louder(event):\n"
        "            await send({'type': event['type'].upper()})\n"
        "        await hello(scope, receive, louder)\n",
        "one = HttpCommunicator(Shout(), 'GET', '/')\nawait one.receive_output()",
    )
    assert told(trace)[2:4] == ["send hello Shout a", "send Shout one A"]


def test_a_message_for_a_full_channel_is_dropped_in_sight(package) -> None:
    trace = traced(
        package,
        "await layer.group_add('g', 'c')\n"
        "for number in range(3):\n"
        "    await layer.group_send('g', {'type': 'x', 'text': str(number)})",
    )
    assert told(trace)[-2:] == [
        "group_send your code channel layer x 2 g",
        "dropped channel layer x 2 c full",
    ]
    assert trace.events[-1].cause == trace.events[-2].number


def test_a_send_to_a_full_channel_is_dropped_and_raises(package) -> None:
    trace = traced(
        package,
        "for number in range(2):\n    await layer.send('c', {'type': 'x'})\n"
        "try:\n    await layer.send('c', {'type': 'y'})\n"
        "except Exception as error:\n    assert type(error).__name__ == 'ChannelFull'",
    )
    assert told(trace)[-1] == "dropped channel layer y c full"


def test_a_message_that_got_too_old_is_dropped_in_sight(package) -> None:
    trace = traced(
        package,
        "import time\nlayer.expiry = -1\n"
        "await layer.send('c', {'type': 'x'})\n"
        "await layer.group_send('nobody', {'type': 'y'})",
    )
    assert told(trace)[-1] == "dropped channel layer x c expired"


def test_an_error_ends_the_application_and_names_the_line(package) -> None:
    trace = traced(
        package,
        "class Bad(AsyncWebsocketConsumer):\n"
        "    async def connect(self):\n"
        "        raise KeyError('room')",
        "ann = WebsocketCommunicator(URLRouter([path('', Bad.as_asgi())]), '/')\n"
        "try:\n    await ann.connect()\nexcept KeyError:\n    pass",
    )
    (last,) = [event for event in trace.events if event.kind == "exception"]
    assert (last.text, last.line) == ("KeyError: 'room'", 103)
    assert trace.events[-1] == last


def test_what_is_left_running_at_the_end_is_told(package) -> None:
    trace = traced(
        package,
        CHAT + "async def tick():\n    await asyncio.sleep(9)\n",
        "ann = WebsocketCommunicator(Chat.as_asgi(), '/')\nawait ann.connect()\n"
        "task = asyncio.create_task(tick())\nawait asyncio.sleep(0)",
    )
    assert told(trace)[-2:] == ["left Chat", "left tick() tick"]


def test_time_is_what_the_program_slept(package) -> None:
    trace = traced(
        package,
        "import time\nawait layer.send('c', {'type': 'x'})\n"
        "await asyncio.sleep(0.03)\nawait layer.receive('c')\ntime.sleep(0.02)\n"
        "await layer.send('c', {'type': 'x'})",
    )
    assert [event.time for event in trace.events] == [0.0, 0.03, 0.05]


def test_made_up_names_of_channels_are_replaced_wherever_they_stand(package) -> None:
    trace = traced(
        package,
        "name = await layer.new_channel()\n"
        "await layer.send(name, {'type': 'x', 'reply': ['to ' + name]})",
    )
    assert trace.events[0].channel == "channel 1"
    assert trace.events[0].message["reply"] == ["to channel 1"]


def test_the_same_program_gives_the_same_trace(package) -> None:
    code = (
        "ann, bob = (WebsocketCommunicator(Chat.as_asgi(), '/') for _ in range(2))\n"
        "await ann.connect()\nawait bob.connect()\n"
        "await ann.send_to(text_data='hi')\nawait bob.receive_from()"
    )
    assert traced(package, CHAT, code) == traced(package, CHAT, code)


def test_without_a_recorder_nothing_is_changed(package) -> None:
    prepare(package)
    recorder = Recorder("page.md", package)
    wrapped = [(owner, name) for owner, name, _ in recorder._wrappers()]
    before = [vars(owner)[name] for owner, name in wrapped]
    with recorder.installed():
        during = [vars(owner)[name] for owner, name in wrapped]
    assert [vars(owner)[name] for owner, name in wrapped] == before
    assert not any(a is b for a, b in zip(before, during, strict=True))


def test_the_output_of_a_snippet_is_the_same_with_a_recorder(package) -> None:
    shown = []
    for recorded in (False, True):
        prepare(package)
        session = Session("page.md", package, traced=recorded)
        session.run(HEAD + CHAT)
        code = "ann = WebsocketCommunicator(Chat.as_asgi(), '/')\nawait ann.connect()"
        shown.append([session.run(code).output, session.close()])
    assert shown[0] == shown[1]


def test_a_trace_survives_its_json(package) -> None:
    trace = traced(
        package,
        CHAT,
        "ann = WebsocketCommunicator(Chat.as_asgi(), '/')\nawait ann.connect()\n"
        "await ann.send_to(bytes_data=b'\\xff\\x00')",
    )
    told = json.loads(json.dumps(asdict(trace)))
    assert Trace.of(told) == trace
    assert not list(faults(told, SCHEMA))


def test_a_payload_is_cut_and_has_no_addresses() -> None:
    assert plain("x" * 600) == "x" * LONGEST + "… (100 more)"
    assert plain(object()) == {"$repr": "<object object>"}
    assert plain((1, b"\xe9")) == [1, {"$bytes": "é"}]


def test_the_schema_knows_every_kind() -> None:
    events = SCHEMA["properties"]["events"]["items"]["properties"]
    actors = SCHEMA["properties"]["actors"]["items"]["properties"]
    assert tuple(events["kind"]["enum"]) == KINDS
    assert tuple(actors["kind"]["enum"]) == PARTS
    assert list(faults({"actors": [], "events": [{"number": "1"}]}, SCHEMA))


SNIPPETS = Path(__file__).parents[2] / "snippets"
SCHEMA = json.loads((SNIPPETS / "walkthrough/trace.schema.json").read_text("utf-8"))
TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int,
    "number": (int, float), "boolean": bool, "null": type(None),
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], at: str = "$") -> Any:
    """Compare a value with as much of JSON Schema as ours uses."""
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not isinstance(value, tuple(TYPES[name] for name in types)):
        yield f"{at} is no {types}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is {value}"
    if "pattern" in schema and not re.search(schema["pattern"], str(value)):
        yield f"{at} is {value}"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (
            f"{at} has no {n}" for n in schema.get("required", ()) if n not in value
        )
        for name, each in value.items():
            if name in known:
                yield from faults(each, known[name], f"{at}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{at} has {name}"
    for number, each in enumerate(value if isinstance(value, list) else ()):
        yield from faults(each, schema.get("items", {}), f"{at}[{number}]")
