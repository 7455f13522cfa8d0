"""What the worker does when the reader is the client."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from walkthrough.packages import prepare
from walkthrough.page.live import BENCHES, answer

CHAT = """\
import asyncio
from minichannels.generic.websocket import AsyncWebsocketConsumer
from minichannels.layers import InMemoryChannelLayer, channel_layers

channel_layers.set("default", InMemoryChannelLayer())


class Chat(AsyncWebsocketConsumer):
    groups = ["room"]

    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.group_send("room", {"type": "said", "text": text_data})

    async def said(self, event):
        await self.send(text_data=event["text"])
"""


JOBS = """\
from minichannels.consumer import AsyncConsumer
from minichannels.routing import ChannelNameRouter, ProtocolTypeRouter


class Uploads(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        job = {"type": "shrink", "file": text_data, "reply_to": self.channel_name}
        await self.channel_layer.send("jobs", job)

    async def ready(self, event):
        await self.send(text_data=event["file"] + " is ready")


class Thumbnails(AsyncConsumer):
    async def shrink(self, event):
        assert event["file"] != "bad"
        answer = {"type": "ready", "file": event["file"]}
        await self.channel_layer.send(event["reply_to"], answer)


jobs = ChannelNameRouter({"jobs": Thumbnails.as_asgi()})
application = ProtocolTypeRouter({"websocket": Uploads.as_asgi(), "channel": jobs})
"""


class Worker:
    """The page's side: opens a bench, and remembers what it was told."""

    def __init__(self, code: str, app: str = "") -> None:
        self.logs: dict[str, list[list[str]]] = {}
        self.states: dict[str, str] = {}
        block = {"kind": "run", "slug": "s", "line": 1, "code": code, "raises": False}
        self.said = self.ask(blocks=[block], app=app, acts=[])

    def ask(self, **wanted: Any) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(answer({"page": "p", "slug": "s", **wanted}))
        for client in told.get("clients", ()):
            log = self.logs.setdefault(client["name"], [])
            log += [[line["way"], line["text"]] for line in client["log"]]
            self.states[client["name"]] = f"{client['state']} {client['code']}".strip()
        return told

    def connect(self, name: str, path: str = "/") -> dict[str, Any]:
        return self.act(name, "connect", path=path, headers=[])

    def act(self, name: str, do: str, **rest: Any) -> dict[str, Any]:
        return self.settled(acts=[{"client": name, "do": do, **rest}])

    def settled(self, **wanted: Any) -> dict[str, Any]:
        """Ask, and go on while the program has not come to wait."""
        told = self.ask(**wanted)
        while told.get("wait") == 0:
            after = self.ask(acts=[{"do": "tick", "seconds": 0}])
            after["output"] = told["output"] + after["output"]
            after["rows"] = told.get("rows", "") + after.get("rows", "")
            after["frame"] = told.get("frame", "") + after.get("frame", "")
            told = after
        return told

    def send(self, name: str, text: str, form: str = "text") -> dict[str, Any]:
        return self.act(name, "send", text=text, form=form)


@pytest.fixture
def bench() -> Any:
    prepare("minichannels")
    made: Callable[..., Worker] = Worker
    yield made
    for each in BENCHES.values():
        each.close()
    BENCHES.clear()


def test_two_clients_chat(bench) -> None:
    worker = bench(CHAT)
    worker.connect("ann")
    worker.connect("bob")
    worker.send("ann", "hi")
    assert worker.logs["ann"][1:] == [["note", "accepted"], ["out", "hi"], ["in", "hi"]]
    assert worker.logs["bob"][1:] == [["note", "accepted"], ["in", "hi"]]
    assert worker.states == {"ann": "open", "bob": "open"}


def test_the_layer_is_shown_with_its_groups_and_what_waits(bench) -> None:
    worker = bench(f"{CHAT}\n\nunused = InMemoryChannelLayer()\n")
    worker.connect("ann")
    (layer,) = worker.connect("bob")["layers"]
    members = ["channel of ann's Chat", "channel of bob's Chat"]
    assert layer["groups"] == [{"name": "room", "members": members}]
    assert [channel["name"] for channel in layer["channels"]] == members


def test_a_crash_shows_its_traceback_and_the_code_of_a_server(bench) -> None:
    code = CHAT.replace("        await self.ch", "        1 / 0\n        await self.ch")
    worker = bench(code)
    worker.connect("ann")
    told = worker.send("ann", "hi")
    (line,) = [line for line in told["clients"][0]["log"] if line["way"] == "error"]
    assert "close code 1011" in line["text"] and "1 / 0" in line["more"]
    assert worker.states["ann"] == "closed 1011"


def test_a_crash_in_the_handshake_is_a_status_500(bench) -> None:
    worker = bench(CHAT.replace('["room"]', "[None]"))
    worker.connect("ann")
    assert worker.states["ann"] == "closed 500"


def test_a_refusal_is_a_status_403(bench) -> None:
    worker = bench(
        CHAT + "    async def connect(self):\n        await self.close(4001)\n"
    )
    worker.connect("ann")
    assert worker.states["ann"] == "closed 403"


def test_a_lost_client_is_a_disconnect_with_1006(bench) -> None:
    worker = bench(
        CHAT + "    async def disconnect(self, code):\n        print('gone', code)\n"
    )
    worker.connect("ann")
    assert worker.act("ann", "lose")["output"] == "gone 1006\n"
    worker.connect("ann")
    assert worker.act("ann", "disconnect")["output"] == "gone 1000\n"


def test_the_loop_gives_control_back_and_says_when_the_next_timer_is_due(bench) -> None:
    worker = bench(
        CHAT
        + "    async def connect(self):\n"
        + "        await self.accept()\n"
        + "        self.task = asyncio.create_task(self.tick())\n"
        + "    async def tick(self):\n"
        + "        await asyncio.sleep(0.01)\n"
        + "        await self.send(text_data='tick')\n"
    )
    told = worker.connect("ann")
    assert 0 < told["wait"] <= 0.01
    while ["in", "tick"] not in worker.logs["ann"]:
        told = worker.ask(acts=[{"do": "tick", "seconds": told["wait"]}])
    assert told["wait"] is None


def test_a_program_that_never_waits_still_gives_control_back(bench) -> None:
    worker = bench(
        CHAT
        + "    async def connect(self):\n"
        + "        await self.accept()\n"
        + "        while True:\n"
        + "            await asyncio.sleep(0)\n"
    )
    connect = {"client": "ann", "do": "connect", "path": "/", "headers": []}
    assert worker.ask(acts=[connect])["wait"] == 0
    assert worker.states["ann"] == "open"


def test_rows_are_added_to_the_picture_until_somebody_new_appears(bench) -> None:
    worker = bench(CHAT)
    assert worker.connect("ann")["frame"]
    assert worker.connect("bob")["frame"]
    told = worker.send("ann", "hi")
    rows = told["rows"]
    assert not told["frame"] and rows.startswith("<li") and rows.count("<li ") == 9
    assert 'data-number="11"' in rows


def test_a_burst_loses_nothing(bench) -> None:
    worker = bench(CHAT)
    worker.connect("ann")
    worker.connect("bob")
    sends = [
        {"client": "ann", "do": "send", "form": "text", "text": str(number)}
        for number in range(200)
    ]
    worker.settled(acts=sends)
    seen = [text for way, text in worker.logs["bob"] if way == "in"]
    assert seen == [str(number) for number in range(200)]


def test_an_http_application_answers_a_request(bench) -> None:
    worker = bench(
        "async def application(scope, receive, send):\n"
        "    event = await receive()\n"
        "    await send({'type': 'http.response.start', 'status': 201,\n"
        "                'headers': [(b'x-method', scope['method'].encode())]})\n"
        "    await send({'type': 'http.response.body', 'body': event['body'] + b'!'})\n"
    )
    worker.act("ann", "request", method="POST", path="/a?b", headers=[], text="hi")
    assert worker.logs["ann"] == [
        ["out", "POST /a?b"],
        ["note", "status 201"],
        ["note", "x-method: POST"],
        ["in", "hi!"],
    ]
    assert worker.states["ann"] == "closed 201"


def test_a_request_can_be_left_before_its_response(bench) -> None:
    worker = bench(
        "async def application(scope, receive, send):\n"
        "    await receive()\n"
        "    print((await receive())['type'])\n"
        "    await send({'type': 'http.response.start', 'status': 200})\n"
        "    await send({'type': 'http.response.body', 'body': b''})\n"
    )
    worker.act("ann", "request", method="GET", path="/", headers=[], text="")
    assert worker.states["ann"] == "open"
    assert worker.act("ann", "lose")["output"] == "http.disconnect\n"
    assert worker.logs["ann"][1:] == [
        ["note", "left without waiting for the end"],
        ["note", "the application answers: nobody is there"],
    ]
    assert worker.states["ann"] == "closed"


def work(worker: Worker) -> dict[str, Any]:
    return worker.act("worker", "work", path="jobs")


def test_a_job_waits_for_its_worker_and_the_answer_comes_back(bench) -> None:
    worker = bench(CHAT + JOBS)
    worker.connect("ann")
    (layer,) = worker.send("ann", "cat.png")["layers"]
    jobs = {channel["name"]: channel["messages"] for channel in layer["channels"]}
    (job,) = jobs["jobs"]
    assert "'file': 'cat.png', 'reply_to': 'channel of Uploads'" in job
    told = work(worker)
    assert worker.states["worker"] == "open" and told["wait"] > 0
    assert worker.logs["ann"][-1] == ["in", "cat.png is ready"]
    assert worker.logs["worker"][0] == ["note", "listens on jobs"]
    (line,) = [text for way, text in worker.logs["worker"] if way == "in"]
    assert line.startswith("jobs: {'type': 'shrink', 'file': 'cat.png'")


def test_a_worker_that_was_stopped_takes_nothing(bench) -> None:
    worker = bench(CHAT + JOBS)
    worker.connect("ann")
    work(worker)
    worker.act("worker", "disconnect")
    (layer,) = worker.send("ann", "cat.png")["layers"]
    assert [len(c["messages"]) for c in layer["channels"] if c["name"] == "jobs"] == [1]
    assert worker.states["worker"] == "closed"
    work(worker)
    assert worker.logs["ann"][-1] == ["in", "cat.png is ready"]


def test_a_job_that_fails_is_told_by_its_worker_which_goes_on(bench) -> None:
    worker = bench(CHAT + JOBS)
    worker.connect("ann")
    work(worker)
    told = worker.send("ann", "bad")
    while not (lines := [way for way, _ in worker.logs["worker"] if way == "error"]):
        told = worker.ask(acts=[{"do": "tick", "seconds": told["wait"]}])
    assert lines == ["error"] and "AssertionError" in worker.logs["worker"][-1][1]
    worker.send("ann", "dog.png")
    assert worker.logs["ann"][-1] == ["in", "dog.png is ready"]


def test_the_reader_puts_a_message_on_a_channel(bench) -> None:
    worker = bench(CHAT + JOBS)
    work(worker)
    told = worker.act("worker", "post", path="jobs", text='{"n": 1}')
    assert worker.logs["worker"][1:3] == [
        ["out", "jobs: {'n': 1}"],
        ["in", "jobs: {'n': 1}"],
    ]
    while worker.states["worker"] == "open" and told["wait"] is not None:
        told = worker.ask(acts=[{"do": "tick", "seconds": told["wait"]}])
    assert "no type" in worker.logs["worker"][-1][1]
    worker.act("worker", "post", path="jobs", text="[]")
    assert worker.logs["worker"][-1][0] == "error"


def test_without_a_layer_no_worker_starts(bench) -> None:
    worker = bench("async def application(scope, receive, send): pass")
    work(worker)
    assert "no channel layer" in worker.logs["worker"][-1][1]
    assert worker.states["worker"] == "closed"


def test_what_cannot_be_opened_says_why(bench) -> None:
    assert bench("1 / 0").said["failed"] == "ZeroDivisionError: division by zero"
    assert "no application" in bench("x = 1").connect("ann")["failed"]
    answered = json.loads(answer({"page": "p", "slug": "never", "acts": []}))
    assert answered == {"gone": True}
