"""Read the fenced blocks of a page: the one reader of doc tests, site and command line.

A page is Markdown. Its Python fences carry attributes that say what each is for:

    ``` { .python .run #first-chat }      runs; its output stands in the next fence
    ``` { .text .output }                 what the block before it prints
    ``` { .pycon #try-it }                an interpreter session
    ``` { .python .setup }                runs first, folded in the page
    ``` { .python .run .local #threads data-reason="…" }   not in the browser
    ``` { .python .norun #sketch data-reason="…" }         not at all
    ``` { .source source="minichannels/consumer.py" object="AsyncConsumer" }

A block that runs shows a diagram of what it did with `.trace`, beside that of another
with `data-beside="name"`, of the same on Channels with `data-beside="channels"`. With
`.live` the reader can be a client of what it defines. A `.source` that is a table of
moves is drawn with `.lifecycle`.

A Python fence of any other kind is a problem, so that none is skipped in silence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

PYTHON = {"python", "py", "python3", "pycon", "py3", "pycon3"}
KINDS = ("setup", "run", "norun")
KNOWN = {
    *("python", "pycon", "setup", "run", "local", "norun", "raises", "trace", "live"),
}

CHANNELS = "channels"
"""In `data-beside`: the same snippet, on the real Channels."""

OPENING = re.compile(
    r"^(?P<indent>[ \t>]*)(?P<ticks>`{3,}|~{3,})(?P<info>[ ]*\{.*\}[ ]*|[^`\n]*)$"
)
ATTRIBUTE = re.compile(
    r"""\#(?P<id>[^\s}]+) | \.(?P<class>[^\s}="]+)
      | (?P<name>[\w-]+)=(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s}]+))""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Fence:
    """One fenced block, as it stands in the Markdown file."""

    start: int
    """Offset of its first character in the text of the page."""
    end: int
    """Offset after its last character, the newline included."""
    line: int
    """The line of the opening fence, counted from 1."""
    indent: str
    classes: tuple[str, ...]
    id: str
    attributes: dict[str, str]
    body: str
    """The text between the fences, without the indent."""


@dataclass
class Snippet:
    """One block of Python in a page, and what the page says of it."""

    page: "Page" = field(repr=False)
    fence: Fence = field(repr=False)
    slug: str
    kind: str
    """`setup`, `run`, `pycon` or `norun`."""
    output: Fence | None = field(default=None, repr=False)
    """The fence with the output that the page shows, if there is one."""

    @property
    def code(self) -> str:
        return self.fence.body

    @property
    def line(self) -> int:
        """The line of the page on which the code starts."""
        return self.fence.line + 1

    @property
    def expected(self) -> str:
        return self.output.body if self.output else ""

    @property
    def local(self) -> bool:
        """Whether it needs threads, sockets or processes, so no browser can run it."""
        return "local" in self.fence.classes

    @property
    def raises(self) -> bool:
        """Whether it is there to show an exception."""
        return "raises" in self.fence.classes

    @property
    def traced(self) -> bool:
        """Whether the page shows a diagram of what it does."""
        return "trace" in self.fence.classes

    @property
    def live(self) -> bool:
        """Whether the reader can be a client of what it defines."""
        return "live" in self.fence.classes

    @property
    def beside(self) -> str:
        """Whose diagram stands beside its own: another snippet's, or `channels`."""
        return self.fence.attributes.get("data-beside", "")

    @property
    def runs(self) -> bool:
        return self.kind != "norun"

    @property
    def reason(self) -> str:
        return self.fence.attributes.get("data-reason", "")

    @property
    def only_minichannels(self) -> str:
        """Why it does not run on the real Channels; empty where it does."""
        return self.fence.attributes.get("data-channels", "")

    @property
    def name(self) -> str:
        return f"{self.page.name}#{self.slug}"


@dataclass(frozen=True)
class Problem:
    """Something on a page that is not as it says. Shown as `page:line: message`."""

    page: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.message}"


@dataclass
class Page:
    """A Markdown file of docs/, read."""

    path: Path
    text: str
    fences: list[Fence] = field(default_factory=list)
    snippets: list[Snippet] = field(default_factory=list)
    sources: list[Fence] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The chapter, as it is typed on the command line: `groups`."""
        return self.path.stem

    @property
    def file(self) -> str:
        """The path as messages show it: `docs/chapters/groups.md`."""
        if self.path.is_relative_to(ROOT):
            return self.path.relative_to(ROOT).as_posix()
        return self.path.as_posix()

    @property
    def source(self) -> str:
        """The path below docs/: `chapters/groups.md`."""
        inside = self.path.is_relative_to(DOCS)
        return self.path.relative_to(DOCS).as_posix() if inside else self.path.name

    @property
    def title(self) -> str:
        heading = re.search(r"^# (.+)$", self.text, re.MULTILINE)
        return re.sub(r"[*`]|\{.*\}", "", heading[1]).strip() if heading else self.name

    def problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.file, line, message))


def read_page(path: Path, text: str | None = None) -> Page:
    """Read one page.

    Args:
        path: The Markdown file.
        text: Its text, if it is not to be read from there.
    """
    page = Page(path, path.read_text("utf-8") if text is None else text)
    page.fences = list(read_fences(page.text))
    previous: Snippet | None = None
    for fence in page.fences:
        if "output" in fence.classes:
            attach_output(page, fence, previous)
            previous = None
        elif "source" in fence.classes:
            page.sources.append(fence)
            previous = None
        else:
            previous = read_snippet(page, fence)
    return page


def read_fences(text: str) -> Iterator[Fence]:
    """Give the fenced blocks of a text, nested ones as part of the outer."""
    opening: tuple[int, int, re.Match[str]] | None = None
    body: list[str] = []
    offset = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        if opening is None:
            if match := OPENING.match(line.rstrip("\n")):
                opening, body = (offset, number, match), []
        elif closes(line, opening[2]):
            start, first, match = opening
            yield make_fence(start, offset + len(line), first, match, body)
            opening = None
        else:
            body.append(line)
        offset += len(line)


def closes(line: str, opening: re.Match[str]) -> bool:
    mark = line.strip().lstrip("> \t")
    ticks = opening["ticks"]
    return len(mark) >= len(ticks) and set(mark) == {ticks[0]}


def make_fence(
    start: int, end: int, line: int, opening: re.Match[str], body: list[str]
) -> Fence:
    info, indent = opening["info"].strip(), opening["indent"]
    classes, attributes, id = [], {}, ""
    if info.startswith("{"):
        for found in ATTRIBUTE.finditer(info):
            if found["id"]:
                id = found["id"]
            elif found["class"]:
                classes.append(found["class"])
            else:
                value = found["bare"] if found["quoted"] is None else found["quoted"]
                attributes[found["name"]] = value
    elif info:
        classes = info.split()[:1]
    text = "".join(unindented(text, indent) for text in body)
    return Fence(start, end, line, indent, tuple(classes), id, attributes, text)


def unindented(line: str, indent: str) -> str:
    if line.startswith(indent):
        return line[len(indent) :]
    return line.lstrip(" \t>") if not line.strip(" \t>\n") else line


def attach_output(page: Page, fence: Fence, snippet: Snippet | None) -> None:
    if snippet is None or not snippet.runs:
        page.problem(fence.line, "this output does not follow a block that runs")
    elif snippet.kind == "pycon":
        page.problem(fence.line, "a .pycon block shows its output itself")
    else:
        snippet.output = fence


def read_snippet(page: Page, fence: Fence) -> Snippet | None:
    """Make a snippet of a Python fence; say what is wrong with one of no known kind."""
    if not PYTHON.intersection(fence.classes):
        return None
    kinds = [kind for kind in KINDS if kind in fence.classes]
    if "pycon" in fence.classes:
        kinds.append("pycon")
    unknown = set(fence.classes) - KNOWN
    if len(kinds) != 1 or unknown:
        page.problem(fence.line, unknown_kind(fence, kinds, unknown))
        return None
    snippet = Snippet(page, fence, fence.id or kinds[0], kinds[0])
    check_attributes(page, snippet)
    page.snippets.append(snippet)
    return snippet


def unknown_kind(fence: Fence, kinds: list[str], unknown: set[str]) -> str:
    said = f"has the kinds {' and '.join(kinds)}" if kinds else "is of no known kind"
    if unknown:
        said = f"has the unknown class .{min(unknown)}"
    return (
        f"a Python fence {said}: write {{ .python .run #name }}, {{ .pycon #name }}, "
        '{ .python .setup } or { .python .norun #name data-reason="..." }'
    )


def check_attributes(page: Page, snippet: Snippet) -> None:
    fence = snippet.fence
    if not fence.id and snippet.kind != "setup":
        page.problem(fence.line, "this block has no name: add #name to its attributes")
    if any(other.slug == snippet.slug for other in page.snippets):
        page.problem(fence.line, f"the name #{snippet.slug} is taken on this page")
    beside = snippet.beside
    if (
        beside
        and beside != CHANNELS
        and not any(other.traced and other.slug == beside for other in page.snippets)
    ):
        page.problem(fence.line, f"no traced snippet above is called #{beside}")
    if (snippet.local or not snippet.runs) and not snippet.reason:
        page.problem(fence.line, f'#{snippet.slug} says no data-reason="..."')


def replace_body(text: str, fence: Fence, body: str) -> str:
    """Give the text of a page with another body in one of its fences."""
    lines = text[fence.start : fence.end].splitlines(keepends=True)
    inner = [f"{fence.indent}{line}".rstrip() + "\n" for line in body.splitlines()]
    return (
        text[: fence.start] + "".join([lines[0], *inner, lines[-1]]) + text[fence.end :]
    )
