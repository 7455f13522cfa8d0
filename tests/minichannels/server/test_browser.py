"""A real browser as the client: fetch, streams and WebSocket, from one page."""

import asyncio
from typing import Any

import pytest
from minichannels.server import serve
from playwright.async_api import Browser

SCRIPT = """
async () => {
  const seen = [];
  const done = new Promise((resolve) => {
    const socket = new WebSocket(`ws://${location.host}/room/?a=1`, ["v1", "v2"]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      seen.push(["open", socket.protocol]);
      socket.send("grüße");
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        seen.push(["text", data]);
        socket.send(new Uint8Array(100000));
      } else {
        seen.push(["bytes", data.byteLength]);
        socket.send("bye");
      }
    };
    socket.onclose = ({ code, reason, wasClean }) =>
      resolve([...seen, ["close", code, reason, wasClean]]);
  });
  const refused = new Promise((resolve) => {
    new WebSocket(`ws://${location.host}/refused/`).onclose = ({ code }) =>
      resolve(code);
  });
  const posted = await fetch("/echo/", { method: "POST", body: "x".repeat(300000) });
  return [await done, await refused, posted.status, (await posted.text()).length];
}
"""


async def application(scope: Any, receive: Any, send: Any) -> None:
    """A page, an echo of what is posted, and a socket that says good-bye."""
    assert scope["type"] != "lifespan"
    if scope["type"] == "http":
        body, more = b"<!doctype html><title>page</title>", scope["method"] == "POST"
        while more:
            event = await receive()
            body, more = body + event["body"], event["more_body"]
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    if scope["path"] == "/refused/":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][-1]})
    await receive()
    while (event := await receive()).get("text") != "bye":
        await send(event | {"type": "websocket.send"})
    await send({"type": "websocket.close", "code": 4000, "reason": "good-bye"})


@pytest.mark.asyncio(loop_scope="session")
async def test_chromium_fetches_talks_and_hears_the_close(chromium: Browser) -> None:
    async with serve(application, port=0) as (host, port):
        page = await chromium.new_page()
        await page.goto(f"http://{host}:{port}/")
        async with asyncio.timeout(30):
            talk, refused, status, length = await page.evaluate(SCRIPT)
        await page.close()
    assert talk == [
        ["open", "v2"],
        ["text", "grüße"],
        ["bytes", 100_000],
        ["close", 4000, "good-bye", True],
    ]
    assert (refused, status) == (1006, 200)
    assert length == 300_000 + len("<!doctype html><title>page</title>")
