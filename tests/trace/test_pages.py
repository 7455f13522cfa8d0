"""The diagrams of the pages: each is the trace of the run, and no other."""

import re
from html import unescape
from pathlib import Path

from markdown import Markdown
from walkthrough.book import chapters
from walkthrough.check import PageRun
from walkthrough.fences import DOCS, Page, read_page
from walkthrough.sequence import sentence
from walkthrough.trace import Trace

PAGE = """# Page

``` { .python .run #head }
from minichannels.generic.websocket import AsyncWebsocketConsumer
from minichannels.testing import WebsocketCommunicator
```

``` { .python .run .trace #echo }
class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data)

ann = WebsocketCommunicator(Echo.as_asgi(), "/")
await ann.connect()
await ann.send_to(text_data="<hello>")
await ann.receive_from()
```

``` { .text .output }
'<hello>'
```
"""

ITEM = re.compile(
    r'<li class="trace-event[^"]*" id="([^"]+)".*?<p>(.*?)</p>', re.DOTALL
)
PAUSE = re.compile(r"<i .*?</i> ")


def shown(page: Page) -> dict[str, list[str]]:
    """Read the diagrams of a page as it is built: the words of each event."""
    options = {"walkthrough.markdown": {"docs": str(page.path.parent)}}
    extensions = ["walkthrough.markdown", "pymdownx.superfences", "md_in_html"]
    markdown = Markdown(extensions=extensions, extension_configs=options)
    text = re.sub(r"\A---\n.*?\n---\n", "", page.text, flags=re.DOTALL)
    pictures: dict[str, list[str]] = {}
    for name, words in ITEM.findall(markdown.convert(text)):
        told = unescape(re.sub("<.*?>", "", PAUSE.sub("", words)))
        pictures.setdefault(name.rpartition("-")[0], []).append(told)
    return pictures


def happened(page: Page) -> dict[str, list[str]]:
    """Run a page, and tell what happened in its traced snippets."""
    run = PageRun(page)
    traces = {s.slug: run.result(s).trace for s in run.snippets() if s.traced}
    run.close()
    return {slug: told(trace) for slug, trace in traces.items() if trace}


def told(trace: Trace) -> list[str]:
    events = trace.events
    return ["".join(text for _, text in sentence(trace, event)) for event in events]


def test_a_traced_snippet_shows_what_happened_below_its_output(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(PAGE, "utf-8")
    page = read_page(path)
    assert shown(page) == happened(page)
    assert shown(page)["echo"][-1] == "At the end Echo is still open"


def test_a_diagram_that_tells_something_else_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(PAGE, "utf-8")
    before = shown(read_page(path))
    path.write_text(PAGE.replace("ann.send_to", "ann.send_json_to"), "utf-8")
    assert before != happened(read_page(path))


def test_every_diagram_of_the_book_is_that_of_the_run() -> None:
    for page in chapters():
        if any(snippet.traced for snippet in page.snippets):
            assert shown(page) == {k: v for k, v in happened(page).items() if v}


def test_every_chapter_has_a_traced_snippet() -> None:
    bare = [
        page.name
        for page in chapters()
        if page.path.parent.name == "chapters"
        and not any(snippet.traced for snippet in page.snippets)
    ]
    assert bare == []


def test_a_reader_is_the_client_where_that_teaches() -> None:
    live = {page.name for page in chapters() if any(s.live for s in page.snippets)}
    wanted = {"websocket", "mailbox", "groups", "layers", "worker", "middleware"}
    assert wanted <= live and {"http", "index"} <= live


def test_two_runs_stand_side_by_side_where_that_teaches() -> None:
    beside = {s.beside for page in chapters() for s in page.snippets if s.traced}
    assert {"refused-disconnect", "drawn", "forgotten", "channels"} <= beside


BY_HAND = re.compile(
    r"mermaid|plantuml|graphviz|<svg|<img|!\[|[\u2500-\u257f]|[-=]{2}>\s*\|"
)


def test_no_diagram_is_drawn_by_hand() -> None:
    drawn = {
        f"{path.relative_to(DOCS)}: {line}"
        for path in DOCS.rglob("*.md")
        for line in path.read_text("utf-8").splitlines()
        if BY_HAND.search(line)
    }
    assert drawn == set()
