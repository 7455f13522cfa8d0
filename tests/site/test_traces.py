"""The diagrams of the built pages: each is the trace of the run, and no other."""

import gzip
import re
from html import unescape
from pathlib import Path

import pytest
from walkthrough.book import chapters
from walkthrough.check import PageRun, traces_on_channels
from walkthrough.fences import CHANNELS
from walkthrough.sequence import sentence
from walkthrough.trace import Trace

from .conftest import url_of

ITEM = re.compile(
    r'<li class="trace-event[^"]*" id="([^"]+)".*?<p>(.*?)</p>', re.DOTALL
)
PAUSE = re.compile(r'<i class="trace-later">.*?</i> ')
TRACED = {
    url_of(page.path): page
    for page in chapters()
    if any(snippet.traced for snippet in page.snippets)
}


BESIDE = re.compile(r'<div class="trace-pair">.*?<b>(.*?)</b>(.*?)</figure>', re.DOTALL)
WORDS = re.compile(
    r'<li class="trace-event[^"]*" data-number.*?<p>(.*?)</p>', re.DOTALL
)


def shown(text: str) -> dict[str, list[str]]:
    """Read the words of each event of each diagram from a built page."""
    diagrams: dict[str, list[str]] = {}
    for name, words in ITEM.findall(text):
        diagrams.setdefault(name.rpartition("-")[0], []).append(plain(words))
    return diagrams


def beside(text: str) -> dict[str, list[str]]:
    """Read the diagrams that stand beside another one, under their titles."""
    return {
        title: [plain(words) for words in WORDS.findall(figure)]
        for title, figure in BESIDE.findall(text)
    }


def plain(words: str) -> str:
    return unescape(re.sub("<.*?>", "", PAUSE.sub("", words)))


def told(trace: Trace) -> list[str]:
    words = [sentence(trace, event) for event in trace.events]
    return ["".join(text for _, text in each) for each in words]


def happened(traced: str) -> dict[str, list[str]]:
    """Run a page, and tell what its traced snippets did."""
    run = PageRun(TRACED[traced])
    traces = {s.slug: run.result(s).trace for s in run.snippets() if s.traced}
    run.close()
    return {
        slug: told(trace) for slug, trace in traces.items() if trace and told(trace)
    }


@pytest.mark.parametrize("traced", TRACED, ids=lambda url: url or "front")
def test_the_diagrams_of_the_built_page_are_those_of_the_run(
    traced: str, site: Path
) -> None:
    text = (site / traced / "index.html").read_text("utf-8")
    run = happened(traced)
    assert shown(text) == run
    others = beside(text)
    real = traces_on_channels(TRACED[traced]) if CHANNELS in others else {}
    for trace in real.values():
        run[CHANNELS] = told(Trace.of(trace))
    assert others == {title: run[title] for title in others}


def test_a_diagram_that_was_tampered_with_is_noticed(site: Path) -> None:
    text = (site / "chapters/websocket/index.html").read_text("utf-8")
    run = happened("chapters/websocket/")
    assert shown(text) == run and beside(text)
    first = ITEM.search(text)
    assert first
    sent = text.replace("</b> receives ", "</b> loses ")
    late = text[: first.start()] + text[first.end() :]
    for other in (sent, late):
        assert shown(other) != run
    assert beside(sent) != beside(text)


DRAWN = re.compile(r"<event-sequence>.*?</event-sequence>", re.DOTALL)
KILOBYTES = 4


@pytest.mark.parametrize("traced", TRACED, ids=lambda url: url or "front")
def test_the_diagrams_of_a_page_are_light(traced: str, site: Path) -> None:
    text = (site / traced / "index.html").read_text("utf-8")
    without = DRAWN.sub("", text)
    assert without != text
    grown = len(gzip.compress(text.encode())) - len(gzip.compress(without.encode()))
    print(f"{traced}: {grown} bytes")
    assert grown < KILOBYTES * 1000
