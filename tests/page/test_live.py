"""The reader is the client: panels, and the diagram that grows."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser

from .conftest import Reader, Show

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = """
``` { .python .run .live #chat data-path="/chat/" data-say="Hello" }
from minichannels.generic.websocket import AsyncWebsocketConsumer
from minichannels.layers import InMemoryChannelLayer, channel_layers

channel_layers.set("default", InMemoryChannelLayer())


class Chat(AsyncWebsocketConsumer):
    groups = ["room"]

    async def receive(self, text_data=None, bytes_data=None):
        if text_data == "crash":
            raise ValueError("as you wish")
        await self.channel_layer.group_send("room", {"type": "said", "text": text_data})

    async def said(self, event):
        await self.send(text_data=event["text"])

    async def disconnect(self, code):
        print("gone", code)
```
"""
HTTP = """
``` { .python .run .live #web data-http="POST /a" data-clients="ann" data-say="hi" }
async def application(scope, receive, send):
    event = await receive()
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": event["body"].upper()})
```
"""


JOB = """data-worker="jobs" data-job="{'type': 'shrink'}\""""
JOBS = """
``` { .python .run .live #jobs data-clients="ann" data-say="cat" JOB data-watch="yes" }
from minichannels.consumer import AsyncConsumer
from minichannels.generic.websocket import AsyncWebsocketConsumer
from minichannels.layers import InMemoryChannelLayer, channel_layers
from minichannels.routing import ChannelNameRouter, ProtocolTypeRouter

channel_layers.set("default", InMemoryChannelLayer())


class Uploads(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        job = {"type": "shrink", "file": text_data, "to": self.channel_name}
        await self.channel_layer.send("jobs", job)

    async def ready(self, event):
        await self.send(text_data=event["file"] + " is ready")


class Thumbnails(AsyncConsumer):
    async def shrink(self, event):
        ready = {"type": "ready", "file": event["file"]}
        await self.channel_layer.send(event["to"], ready)


jobs = ChannelNameRouter({"jobs": Thumbnails.as_asgi()})
application = ProtocolTypeRouter({"websocket": Uploads.as_asgi(), "channel": jobs})
```
""".replace("JOB", JOB)
POLL = """
``` { .python .run .live #poll data-http="GET /a | POST /{name}" data-say="| rain" }
import asyncio

news = asyncio.Event()


async def application(scope, receive, send):
    await receive()
    if scope["method"] == "POST":
        news.set()
    else:
        gone = asyncio.create_task(receive())
        come = asyncio.create_task(news.wait())
        await asyncio.wait([gone, come], return_when="FIRST_COMPLETED")
        if gone.done():
            return print(gone.result()["type"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})
```
"""


def longest_task(trace: bytes) -> float:
    """Give the milliseconds of processor time that the longest task of a page took.

    It is not the time on the clock, for the machine has others to serve as well.
    """
    events = json.loads(trace)["traceEvents"]
    named = [event for event in events if event["name"] == "thread_name"]
    main = {
        (event["pid"], event["tid"])
        for event in named
        if event["args"]["name"] == "CrRendererMain"
    }
    tasks = [event for event in events if event["name"].endswith("RunTask")]
    took = [t["tdur"] for t in tasks if (t["pid"], t["tid"]) in main and "tdur" in t]
    assert len(took) > 100
    return float(max(took)) / 1000


def panel(reader: Reader, name: str) -> Any:
    return reader.page.get_by_role("region", name=f"Client {name}")


async def press(reader: Reader, name: str, label: str) -> None:
    await panel(reader, name).get_by_role("button", name=label, exact=True).click()


async def said(reader: Reader, name: str, text: str) -> None:
    """Wait until a line stands in the transcript of a client."""
    line = panel(reader, name).locator(".live-log li").filter(has_text=text).first
    await line.wait_for(timeout=40_000)


async def connected(reader: Reader, *names: str) -> None:
    await reader.page.get_by_role("button", name="Connect all").click()
    for name in names:
        await said(reader, name, "accepted")


async def log(reader: Reader, name: str) -> list[str]:
    lines = panel(reader, name).locator(".live-log li > span:nth-child(2)")
    return list(await lines.all_text_contents())


async def test_two_clients_chat_and_the_diagram_grows(show: Show) -> None:
    reader = await show(CHAT)
    await connected(reader, "ann", "bob")
    rows = reader.page.locator(".live-picture .trace-event")
    await rows.nth(9).wait_for()
    await press(reader, "ann", "Send")
    await said(reader, "bob", "Hello")
    assert await log(reader, "bob") == ["connects to /chat/", "accepted", "Hello"]
    await rows.nth(18).wait_for()
    assert (
        "bob's Chat sends websocket.send “Hello” to bob"
        in await rows.nth(18).inner_text()
    )


async def test_sending_connects_first(show: Show) -> None:
    reader = await show(CHAT)
    await press(reader, "ann", "Send")
    await panel(reader, "ann").locator(".live-in").wait_for(timeout=40_000)
    assert await log(reader, "ann") == [
        "is sent when Python is ready: Hello",
        "connects to /chat/",
        "accepted",
        "Hello",
        "Hello",
    ]


async def test_a_crash_is_told_beside_the_client_that_caused_it(show: Show) -> None:
    reader = await show(CHAT)
    await connected(reader, "ann", "bob")
    await panel(reader, "ann").get_by_role("textbox", name="Message").fill("crash")
    await press(reader, "ann", "Send")
    await said(reader, "ann", "a server would send close code 1011")
    assert "closed, 1011" in await panel(reader, "ann").inner_text()
    await panel(reader, "ann").get_by_text("Traceback", exact=True).click()
    text = await panel(reader, "ann").locator("pre").inner_text()
    assert 'raise ValueError("as you wish")' in text
    assert "open" in await panel(reader, "bob").inner_text()


async def test_a_client_can_leave_and_can_be_lost(show: Show) -> None:
    reader = await show(CHAT)
    await connected(reader, "ann", "bob")
    await press(reader, "ann", "Lose")
    await said(reader, "ann", "lost: no close frame was sent")
    await press(reader, "bob", "Disconnect")
    await said(reader, "bob", "closed by you")
    output = reader.page.locator(".live-output")
    await output.filter(has_text="gone 1000").wait_for()
    assert await output.text_content() == "gone 1006\ngone 1000\n"


async def test_a_third_client_can_be_added(show: Show) -> None:
    reader = await show(CHAT)
    await reader.page.get_by_role("button", name="Add a client").click()
    await press(reader, "cho", "Connect")
    await said(reader, "cho", "accepted")


async def test_an_edit_and_a_run_restart_it_and_connect_again(show: Show) -> None:
    reader = await show(CHAT)
    await connected(reader, "ann", "bob")
    code = await reader.block("chat", "code").first.text_content()
    await reader.rewrite("chat", code.replace("event[", "'new ' + event["))
    await reader.run("chat")
    await said(reader, "bob", "the application was started anew")
    await reader.page.locator(".live-panel[data-state=open]").nth(1).wait_for()
    await press(reader, "ann", "Send")
    await said(reader, "bob", "new Hello")


async def test_an_edit_is_told_and_who_connects_next_starts_it_anew(
    show: Show,
) -> None:
    reader = await show(CHAT)
    await connected(reader, "ann", "bob")
    await press(reader, "ann", "Disconnect")
    await said(reader, "ann", "closed by you")
    code = await reader.block("chat", "code").first.text_content()
    await reader.rewrite("chat", code.replace("event[", "'new ' + event["))
    status = reader.page.locator(".live-status")
    await status.get_by_text("The code has changed.").wait_for()
    await press(reader, "ann", "Connect")
    await said(reader, "bob", "the application was started anew")
    await reader.page.locator(".live-panel[data-state=open]").nth(1).wait_for()
    await press(reader, "ann", "Send")
    await said(reader, "bob", "new Hello")


async def test_an_application_that_keeps_control_is_told_and_can_be_stopped(
    show: Show,
) -> None:
    reader = await show(CHAT)
    code = await reader.block("chat", "code").first.text_content()
    endless = code.replace(
        "        if text_data", "        while True: pass\n        if text_data"
    )
    assert endless != code
    await reader.rewrite("chat", endless)
    await connected(reader, "ann", "bob")
    await press(reader, "ann", "Send")
    status = reader.page.locator(".live-status")
    await status.get_by_text("does not give back control").wait_for()
    await reader.page.locator(".live-bar").get_by_role("button", name="Stop").click()
    await status.get_by_text("All connections are gone.").wait_for()


async def test_the_layer_is_watched(show: Show) -> None:
    reader = await show(CHAT)
    await connected(reader, "ann", "bob")
    await reader.page.get_by_text("Channel layer", exact=True).click()
    found = reader.page.locator(".live-layers td")
    await found.nth(1).wait_for()
    cells = await found.all_inner_texts()
    assert cells[:2] == ["room", "channel of ann's Chat, channel of bob's Chat"]


async def test_a_program_that_never_ends_can_be_stopped(show: Show) -> None:
    reader = await show(CHAT.replace("raise ValueError(", "while True: pass  # ("))
    await connected(reader, "ann", "bob")
    await panel(reader, "ann").get_by_role("textbox", name="Message").fill("crash")
    await press(reader, "ann", "Send")
    await reader.page.locator("live-bench").get_by_role("button", name="Stop").click()
    await reader.page.get_by_text("All connections are gone.").wait_for()
    await connected(reader, "ann", "bob")
    await reader.page.locator(".live-panel[data-state=open]").nth(1).wait_for()


async def test_200_messages_in_a_burst_lose_nothing_and_freeze_nothing(
    show: Show, chromium: Browser
) -> None:
    reader = await show(CHAT)
    await connected(reader, "ann", "bob")
    await chromium.start_tracing(page=reader.page, categories=["toplevel"])
    await reader.page.evaluate(
        """() => {
          const bench = document.querySelector("live-bench");
          for (let i = 0; i < 200; i++) {
            bench.act({client: "ann", do: "send", text: `message ${i}`, form: "text"});
          }
        }"""
    )
    last = reader.page.locator(f'.trace-event[data-number="{10 + 200 * 9}"]')
    await last.wait_for(state="attached", timeout=40_000)
    took = longest_task(await chromium.stop_tracing())
    assert took < 100
    seen = [line for line in await log(reader, "bob") if line.startswith("message")]
    assert seen == [f"message {number}" for number in range(200)]


async def test_a_request_gets_its_response(show: Show) -> None:
    reader = await show(HTTP)
    await press(reader, "ann", "Send")
    await said(reader, "ann", "HI")
    assert await log(reader, "ann") == ["POST /a", "status 201", "HI"]


async def test_a_request_waits_and_can_be_left(show: Show) -> None:
    reader = await show(POLL)
    await press(reader, "ann", "Send")
    await panel(reader, "ann").get_by_text("waiting", exact=True).wait_for()
    await press(reader, "ann", "Leave")
    await said(reader, "ann", "left without waiting")
    output = reader.page.locator(".live-output")
    await output.filter(has_text="http.disconnect").wait_for()
    await press(reader, "ann", "Send")
    await press(reader, "bob", "Send")
    await panel(reader, "bob").locator(".live-in", has_text="/bob").wait_for()
    body = panel(reader, "bob").get_by_role("textbox", name="Body of bob")
    assert await body.input_value() == "rain"
    await panel(reader, "ann").locator(".live-in", has_text="/a").wait_for()
    assert "status 200" in await panel(reader, "ann").inner_text()


async def test_a_worker_shows_its_channel_and_takes_what_waits(show: Show) -> None:
    reader = await show(JOBS)
    worker = reader.page.get_by_role("region", name="Worker worker")
    await press(reader, "ann", "Send")
    await worker.get_by_text("jobs: 1 message waits").wait_for(timeout=40_000)
    assert "'file': 'cat'" in await worker.locator(".live-waiting li").inner_text()
    cells = reader.page.locator(".live-layers td")
    await cells.filter(has_text="1: {'type': 'shrink'").wait_for()
    await worker.get_by_role("button", name="Start", exact=True).click()
    await said(reader, "ann", "cat is ready")
    await worker.locator("li", has_text="jobs: {'type': 'shrink'").wait_for()
    assert "jobs: no messages wait" in await worker.inner_text()
    rows = reader.page.locator(".live-picture .trace-event")
    words = "Thumbnails calls shrink()"
    await rows.filter(has_text=words).wait_for(state="attached")


async def test_a_job_that_fails_is_told_by_the_worker(show: Show) -> None:
    reader = await show(JOBS)
    worker = reader.page.get_by_role("region", name="Worker worker")
    await worker.get_by_role("button", name="Start", exact=True).click()
    await worker.get_by_role("button", name="Put", exact=True).click()
    failed = worker.locator(".live-error", has_text="KeyError: 'file'")
    await failed.wait_for(timeout=40_000)
    await worker.get_by_role("button", name="Stop", exact=True).click()
    await worker.get_by_text("stopped by you").wait_for()
    assert "not started" in await worker.inner_text()


async def test_where_a_run_prints_nothing_it_connects_the_clients(show: Show) -> None:
    reader = await show(CHAT)
    await reader.run("chat")
    await said(reader, "ann", "accepted")
    await said(reader, "bob", "accepted")
    reader = await show(CHAT + "\n``` { .text .output }\n```\n")
    await reader.run("chat")
    assert await log(reader, "ann") == []
