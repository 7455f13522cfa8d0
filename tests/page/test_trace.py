"""The diagram of a run, stepped in a real browser."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext

from .conftest import Reader, Show, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

ECHO = """
``` { .python .run .trace #echo }
from minichannels.generic.websocket import AsyncWebsocketConsumer
from minichannels.testing import WebsocketCommunicator


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data)


ann = WebsocketCommunicator(Echo.as_asgi(), "/")
await ann.connect()
await ann.send_to(text_data="hello")
print(await ann.receive_from())
```

``` { .text .output }
hello
```
"""


def player(reader: Reader) -> Any:
    return reader.page.locator("#echo event-sequence")


async def current(reader: Reader) -> str:
    """Give the words of the event at which the diagram stands."""
    found = reader.page.locator("#echo .trace-event[aria-current=step] > p")
    return " | ".join(await found.all_text_contents())


async def kinds(reader: Reader) -> list[str]:
    items = reader.page.locator("#echo .trace-event")
    return await items.evaluate_all("all => all.map((li) => li.dataset.kind)")


async def step(reader: Reader, name: str) -> None:
    await player(reader).get_by_role("button", name=name, exact=True).click()


async def test_it_is_stepped_by_buttons(show: Show) -> None:
    reader = await show(ECHO)
    assert await current(reader) == ""
    await step(reader, "First")
    assert await current(reader) == "ann opens websocket / to Echo"
    await step(reader, "Forward")
    await step(reader, "Forward")
    assert await current(reader) == "Echo calls websocket_connect()"
    await step(reader, "Back")
    assert await current(reader) == "Echo receives websocket.connect from ann"
    await step(reader, "Last")
    assert await current(reader) == "At the end Echo is still open"


async def test_it_is_stepped_by_keys(show: Show) -> None:
    reader = await show(ECHO)
    slider = player(reader).get_by_role("slider")
    await slider.focus()
    seen = []
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft", "End"):
        await slider.press(key)
        seen.append(await reader.page.locator("#echo .trace-count").inner_text())
    assert seen == ["1 of 8", "2 of 8", "3 of 8", "2 of 8", "8 of 8"]
    await slider.press("Escape")
    assert await current(reader) == ""


async def test_the_slider_moves_it_and_says_where_it_is(show: Show) -> None:
    reader = await show(ECHO)
    slider = player(reader).get_by_role("slider")
    await slider.fill("6")
    assert await current(reader) == "Echo calls websocket_receive()"
    told = await slider.get_attribute("aria-valuetext")
    assert told == "6: Echo calls websocket_receive()"


async def test_it_plays_to_the_end_and_can_be_paused(show: Show) -> None:
    reader = await show(ECHO)
    button = player(reader).get_by_role("button", name="Play", exact=True)
    await button.evaluate("(play) => { play.click(); play.click(); }")
    assert "ann opens" in await current(reader)
    await step(reader, "Play")
    play = player(reader).get_by_role("button", name="Play", exact=True)
    await play.wait_for(timeout=20_000)
    assert await current(reader) == "At the end Echo is still open"


async def test_the_event_shows_its_payload_and_the_line_that_caused_it(
    show: Show,
) -> None:
    reader = await show(ECHO)
    await player(reader).get_by_role("slider").fill("7")
    message = await reader.text("echo", ".trace-message")
    assert message == "{'type': 'websocket.send', 'text': 'hello'}"
    cause = await reader.text("echo", ".trace-cause")
    assert cause == "Line 7 of echo: await self.send(text_data=text_data)"
    line = reader.page.locator("#echo .run-mark")
    assert await line.evaluate("(mark) => mark.style.getPropertyValue('--line')") == "6"


async def test_later_events_wait_in_the_picture(show: Show) -> None:
    reader = await show(ECHO)
    await player(reader).get_by_role("slider").fill("3")
    assert await reader.page.locator("#echo .trace-ahead").count() == 5


async def test_it_is_drawn_again_after_an_edit_and_a_run(show: Show) -> None:
    reader = await show(ECHO)
    before = await kinds(reader)
    code = await reader.block("echo", "code").first.text_content()
    await reader.rewrite("echo", code + "await ann.disconnect()\n")
    await reader.run("echo")
    assert await kinds(reader) == [*before[:-1], "receive", "dispatch", "close"]
    await player(reader).get_by_role("slider").fill("9")
    assert "Line 14 of echo" in await reader.text("echo", ".trace-cause")
    await reader.press("echo", "Reset")
    assert await kinds(reader) == before


async def test_without_an_edit_the_run_draws_what_the_build_drew(show: Show) -> None:
    reader = await show(ECHO)
    await reader.page.evaluate(
        """() => {
          globalThis.drawing = () => {
            const copy = document.querySelector("#echo .trace-events").cloneNode(true);
            for (const item of copy.children) item.removeAttribute("id");
            return copy;
          };
          globalThis.built = drawing();
        }"""
    )
    await reader.run("echo")
    assert await reader.page.locator("#echo .trace-drawn").count() == 1
    assert await reader.page.evaluate("() => built.isEqualNode(drawing())")


async def test_markup_of_the_readers_program_is_not_taken_in(
    site: Site, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(site.publish("markup", ECHO))
    made = await page.evaluate(
        """async () => {
          const {admit} = await import("/javascripts/sequence.mjs");
          const nasty = `<figure class="trace md-x" onclick="x()" style="a:b" id="q">
            <img src=x onerror=x()><script>x()</script><a href="javascript:x()">a</a>
            <svg><style>*{}</style><foreignObject><p>p</p></foreignObject>
            <use href="#q"/><line x1="1%" onload="x()"/></svg></figure>`;
          const box = document.createElement("div");
          box.append(...admit(nasty));
          return box.innerHTML.replace(/\\s+/g, " ");
        }"""
    )
    assert made == ('<figure class="trace"> <svg> <line x1="1%"></line></svg></figure>')


async def test_two_traces_are_drawn_again_side_by_side(show: Show) -> None:
    code = ECHO.partition("{ .python .run .trace #echo }\n")[2].partition("```")[0]
    mended = '``` { .python .run .trace #mended data-beside="echo" }\n'
    ends = code.partition("\n\n\nann")[2]
    reader = await show(f"{ECHO}\n{mended}ann{ends}await ann.disconnect()\n```\n")
    pair = reader.page.locator("#mended .trace-pair")
    built = await pair.locator(".trace-differs > p").all_text_contents()
    assert built[0] == "At the end Echo is still open" and len(built) > 1
    await reader.run("mended")
    drawn = reader.page.locator("#mended .trace-drawn .trace-pair figure")
    assert await drawn.count() == 2
    assert await pair.locator(".trace-differs > p").all_text_contents() == built
    await reader.rewrite("echo", code + "await ann.disconnect()\n")
    await reader.run("mended")
    await pair.locator(".trace-differs").first.wait_for(state="detached")
    assert await drawn.locator(".trace-event").count() == 20


async def test_what_channels_did_stays_beside_the_readers_run(show: Show) -> None:
    text = ECHO.replace("#echo }", '#echo data-beside="channels" }')
    reader = await show(text)
    titles = reader.page.locator("#echo .trace-title b")
    assert await titles.all_text_contents() == ["channels", "minichannels"]
    await reader.run("echo")
    shown = ["channels", "minichannels", "What your run did"]
    assert await titles.all_text_contents() == shown
    await reader.rewrite("echo", "1")
    await reader.press("echo", "Reset")
    assert await titles.all_text_contents() == shown[:2]


@pytest.mark.parametrize(("motion", "way"), [("reduce", "auto"), (None, "smooth")])
async def test_a_step_moves_the_page_as_the_reader_likes_it(
    show: Show, motion: Any, way: str
) -> None:
    reader = await show(ECHO)
    await reader.page.emulate_media(reduced_motion=motion or "no-preference")
    await reader.page.evaluate(
        """() => {
          globalThis.ways = [];
          Element.prototype.scrollIntoView = ({behavior}) => ways.push(behavior);
        }"""
    )
    await step(reader, "First")
    assert await reader.page.evaluate("ways") == [way]
