"""The Markdown extension: snippets with their output, and real source by name.

What a page shows below a snippet comes from a run of it, at build time, in a fresh
interpreter. Where the run differs from the page, the build warns, and a strict build
fails: `docs/chapters/groups.md:47: …`.

It is a Python-Markdown extension and no MkDocs plugin, so that other generators can
use it too. It finds the file of a page by its text, which every generator hands over.
"""

import html
import logging
import re
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonConsoleLexer, PythonLexer

from walkthrough.builds import run_of
from walkthrough.extract import has_script, script_name
from walkthrough.fences import CHANNELS, DOCS, Fence, Page, Snippet, read_page
from walkthrough.lifecycle import lifecycle
from walkthrough.sequence import figure, pair
from walkthrough.sources import NoSuchSource, find_source
from walkthrough.trace import Trace
from walkthrough.upstream import ReferenceLinks, check_references

log = logging.getLogger("mkdocs.walkthrough")

FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
Results = dict[str, dict[str, Any]]
"""What the snippets of a page did, by name: `walkthrough.session.Result` as JSON."""

BLANK_LINES = re.compile(r"(?<=\n) +\n")
AFTER_WHITE_SPACE = 29
"""After Python-Markdown has tidied white space, before anybody reads a fence."""


class WalkthroughExtension(Extension):
    """Renders the blocks that `walkthrough.fences` reads."""

    def __init__(self, **options: Any) -> None:
        self.config = {"docs": [str(DOCS), "The folder of the pages"]}
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        md.block_level_elements.append("run-block")
        snippets = Snippets(md, Path(self.getConfig("docs")))
        md.preprocessors.register(snippets, "walkthrough", AFTER_WHITE_SPACE)
        links = ReferenceLinks(md)
        md.inlinePatterns.register(links, "upstream", ReferenceLinks.ABOVE_CODE)


class Snippets(Preprocessor):
    """Puts the HTML of each block in the place of its fence."""

    def __init__(self, md: Markdown, docs: Path) -> None:
        super().__init__(md)
        self.docs = docs

    def run(self, lines: list[str]) -> list[str]:
        text = "\n".join(lines)
        page = page_of(text, self.docs)
        return self.rendered(page, text).split("\n") if page else lines

    def rendered(self, page: Page, text: str) -> str:
        shift = page.text.index(text.strip()) - text.index(text.strip())
        problems, results = run_of(page) if page.snippets else ([], {})
        check_references(page)
        pieces = [
            *((s.fence, run_block(s, results)) for s in page.snippets),
            *((fence, self.source(page, fence)) for fence in page.sources),
            *((s.output, "") for s in page.snippets if s.output),
        ]
        for problem in [*page.problems, *problems]:
            log.warning("%s", problem)
        for fence, markup in sorted(pieces, key=lambda piece: -piece[0].start):
            start, end = fence.start - shift, fence.end - shift
            text = text[:start] + self.placed(fence, markup) + text[end:]
        if has_script(page):
            text += f"\n\n{self.md.htmlStash.store(download(page))}"
        return text

    def placed(self, fence: Fence, markup: str) -> str:
        if not markup:
            return "\n"
        return f"\n{fence.indent}{self.md.htmlStash.store(markup)}\n\n"

    def source(self, page: Page, fence: Fence) -> str:
        try:
            return source_figure(fence)
        except NoSuchSource as error:
            page.problem(fence.line, str(error))
            return f'<p class="run-problem">{html.escape(str(error))}</p>'


def page_of(text: str, docs: Path = DOCS) -> Page | None:
    """Find the page of a folder whose text, front matter aside, this is."""
    wanted = text.strip()
    for path in sorted(docs.rglob("*.md")):
        whole = tidied(path.read_text("utf-8"))
        if FRONT_MATTER.sub("", whole).strip() == wanted:
            return read_page(path, whole)
    return None


def tidied(text: str) -> str:
    """Change white space as Python-Markdown does before it hands a text on."""
    return BLANK_LINES.sub("\n", text.expandtabs(4))


def run_block(snippet: Snippet, results: Results | None = None) -> str:
    """Give the HTML of one snippet: complete without JavaScript.

    Args:
        snippet: The snippet.
        results: What those of its page did, for the diagrams of the traced ones.
    """
    shown = output(snippet, picture(snippet, results or {})) + bench(snippet)
    inner = "".join([head(snippet), coloured(snippet), reason(snippet), shown])
    if snippet.kind == "setup":
        label = html.escape(snippet.fence.attributes.get("data-label", "Set-up"))
        inner = (
            f'<details class="run-setup"><summary>{label}</summary>{inner}</details>'
        )
    return f"<run-block {attributes(snippet)}>{inner}</run-block>"


def attributes(snippet: Snippet) -> str:
    """Tell the page's script what it may do with a block."""
    values = {
        "id": snippet.slug,
        "data-kind": "local" if snippet.local else snippet.kind,
        "data-page": snippet.page.source,
        "data-line": str(snippet.line),
        "data-reason": snippet.reason,
        "data-beside": snippet.beside if snippet.traced else "",
        "data-layout": snippet.fence.attributes.get("data-layout", ""),
        "data-channels": snippet.only_minichannels,
    }
    told = [f'{name}="{html.escape(value)}"' for name, value in values.items() if value]
    flags = ["data-raises"] * snippet.raises + ["data-traced"] * snippet.traced
    return " ".join(told + flags)


def head(snippet: Snippet) -> str:
    name = html.escape(snippet.slug)
    return f'<div class="run-head"><a class="run-name" href="#{name}">{name}</a></div>'


def coloured(snippet: Snippet) -> str:
    return colour(snippet.code, console=snippet.kind == "pycon")


def colour(code: str, *, console: bool = False) -> str:
    """Give code as Material shows it, coloured by classes only."""
    lexer = PythonConsoleLexer() if console else PythonLexer(stripnl=False)
    inner = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return (
        '<div class="language-python highlight"><pre><span></span>'
        f"<code>{inner}</code></pre></div>"
    )


def reason(snippet: Snippet) -> str:
    """Say where a block does not run, and what to type where it does."""
    said = []
    if snippet.local:
        command = f"<code>walkthrough run {html.escape(snippet.page.name)}</code>"
        where = f'<a href="{top(snippet.page)}{ON_YOUR_MACHINE}">on your machine</a>'
        said.append(f"Runs {where} only: {inline(snippet.reason)} {command}")
    if not snippet.runs:
        said.append(f"Not run: {inline(snippet.reason)}")
    if snippet.only_minichannels:
        why = inline(snippet.only_minichannels)
        said.append(f"On the real Channels this differs: {why}")
    return "".join(f'<p class="run-reason">{text}</p>' for text in said)


ON_YOUR_MACHINE = "#run-it-on-your-machine"
"""The section of the front page that says how."""


def top(page: Page) -> str:
    """Give the way from a page of the site to the front page."""
    if not page.path.is_relative_to(DOCS):
        return ""
    home = page.path.relative_to(DOCS).with_suffix("")
    return "../" * (len(home.parts) - (home.name == "index"))


def inline(text: str) -> str:
    """Give a line of an attribute as HTML: `code` in back ticks, and nothing else."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def output(snippet: Snippet, drawn: str) -> str:
    """Give what the snippet prints, and below it the diagram of what it did.

    Where the page asks what that will be, both are behind the question.
    """
    if not snippet.output:
        return drawn
    *lines, last = snippet.expected.rstrip("\n").split("\n")
    tail = html.escape(last, quote=False)
    if snippet.raises:
        tail = f'<span class="run-error">{tail}</span>'
    text = "".join(f"{html.escape(line, quote=False)}\n" for line in lines) + tail
    body = f"<pre><samp>{text}\n</samp></pre>"
    question = snippet.output.attributes.get("data-ask")
    if question is None:
        return f'<div class="run-output">{body}</div>{drawn}'
    return (
        f'<details class="run-output"><summary>{inline(question)}</summary>'
        f"{body}{drawn}</details>"
    )


BENCH = (
    *("data-app", "data-clients", "data-path", "data-say", "data-http"),
    *("data-worker", "data-job", "data-watch"),
)
"""What a live snippet can say of its clients: see `docs/javascripts/live.mjs`."""


def bench(snippet: Snippet) -> str:
    """Give the place where the reader will be a client, if he can."""
    if not snippet.live:
        return ""
    given = snippet.fence.attributes
    told = [f' {name}="{html.escape(given[name])}"' for name in BENCH if name in given]
    names = given.get("data-clients", "ann bob").split()
    panels = "".join(PANEL.format(html.escape(name), "") for name in names)
    if "data-worker" in given:
        panels += PANEL.format("worker", '<div class="live-waiting"><br></div>')
    return (
        f"<live-bench{''.join(told)}>"
        '<div class="live-bar"><span class="live-button">Connect all</span>'
        '<span class="live-button">Add a client</span>'
        '<p class="live-status">What happens will be drawn below.</p></div>'
        f'<div class="live-panels" aria-hidden="true">{panels}</div>'
        "<noscript><p>The panels of the clients need JavaScript.</p></noscript>"
        "</live-bench>"
    )


PANEL = (
    '<div class="live-panel" data-state="closed"><div class="live-head"><b>{}</b></div>'
    '{}<div class="live-log"></div><div class="live-say"><span class="live-button">Send'
    '</span></div><div class="live-acts"><span class="live-button">Connect</span></div>'
    '<div class="live-fold">Options</div></div>'
)
"""A panel as it stands before the script has come: of the same size, and no more."""


def picture(snippet: Snippet, results: Results) -> str:
    """Give the diagram of what the snippet did, if the page wants one."""
    result = results.get(snippet.slug, {})
    told = result.get("trace") if snippet.traced else None
    if not told or not told["events"]:
        return ""
    trace = Trace.of(told)
    other = result.get("beside") or results.get(snippet.beside, {}).get("trace")
    if not other:
        return figure(trace, snippet.slug)
    mine = "minichannels" if snippet.beside == CHANNELS else snippet.slug
    return pair({snippet.beside: Trace.of(other), mine: trace}, snippet.slug)


def download(page: Page) -> str:
    """Offer the page as one script, and give the command that runs it."""
    name = html.escape(script_name(page))
    return (
        f'<p class="run-download"><a href="{name}" download>Download {name}</a>: every '
        "snippet of this page in one script. In a checkout of this book, "
        f"<code>.venv/bin/python {name}</code> runs it.</p>"
    )


def source_figure(fence: Fence) -> str:
    """Give real source, with the way to it as the caption; folded if it is long."""
    file = fence.attributes.get("source", "")
    name = fence.attributes.get("object", "")
    keep = fence.attributes.get("docstrings") != "no"
    source = find_source(file, name, docstrings=keep)
    if "lifecycle" in fence.classes:
        return lifecycle(source)
    dropped = "" if keep else ' <span class="source-note">docstrings left out</span>'
    what = f" <b>{html.escape(name)}</b>" if name else ""
    caption = f"<code>{html.escape(file)}</code>{what}{dropped}"
    code = colour(source.text)
    if "fold" in fence.attributes:
        count = source.text.count("\n")
        code = f"<details><summary>Show its {count} lines</summary>{code}</details>"
    return f'<figure class="source"><figcaption>{caption}</figcaption>{code}</figure>'


def makeExtension(**options: Any) -> WalkthroughExtension:
    """Python-Markdown asks a module for its extension by this name."""
    return WalkthroughExtension(**options)
