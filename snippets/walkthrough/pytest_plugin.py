"""Let pytest run the snippets of the pages, by sybil: on minichannels and Channels.

Each snippet is one test, named `docs/chapters/groups.md::sybil:channels,line:31…`.
A test runs the snippets above its own first, if they have not run, so any one of them
can be selected alone.
"""

from collections.abc import Iterable
from pathlib import Path

from sybil import Document, Example, Region, Sybil
from sybil.sybil import SybilCollection

from walkthrough.check import PageRun
from walkthrough.fences import DOCS, Page, read_page
from walkthrough.packages import PACKAGES, configure_django
from walkthrough.sources import NoSuchSource, find_source
from walkthrough.upstream import check_references

RUN = "walkthrough"
"""The key under which a document keeps its run."""


class Snippets:
    """A parser of sybil: one region for each snippet that runs on a package."""

    def __init__(self, package: str) -> None:
        self.package = package

    def __call__(self, document: Document) -> Iterable[Region]:
        page = read_page(Path(document.path), document.text)
        run = LazyRun(page, self.package)
        document.namespace[RUN] = run
        for snippet in page.snippets:
            fence = snippet.fence
            real = self.package != "minichannels"
            if snippet.runs and not (real and snippet.only_minichannels):
                yield Region(fence.start, fence.end, snippet, run.evaluate)


class LazyRun:
    """A page that starts to run when its first snippet is evaluated."""

    def __init__(self, page: Page, package: str) -> None:
        self.page, self.package = page, package
        self.run: PageRun | None = None

    def evaluate(self, example: Example) -> str | None:
        if self.run is None:
            self.run = PageRun(self.page, self.package)
        problems = self.run.problems(example.parsed)
        return "\n".join(map(str, problems)) or None

    def close(self) -> None:
        if self.run:
            self.run.close()


class Fences:
    """A parser of sybil that runs nothing: it reports what no reader could accept."""

    def __call__(self, document: Document) -> Iterable[Region]:
        page = read_page(Path(document.path), document.text)
        for fence in page.sources:
            where = (
                fence.attributes.get("source", ""),
                fence.attributes.get("object", ""),
            )
            try:
                find_source(*where)
            except NoSuchSource as error:
                page.problem(fence.line, str(error))
        check_references(page)
        if page.problems:
            told = "\n".join(map(str, page.problems))
            yield Region(0, 0, told, lambda example: str(example.parsed))


def close_run(namespace: dict[str, object]) -> None:
    run = namespace.get(RUN)
    if isinstance(run, LazyRun):
        run.close()


def collector(path: str) -> object:
    """Give the `pytest_collect_file` for the pages below a folder.

    Args:
        path: The folder.
    """
    every = SybilCollection(
        Sybil([Snippets(package)], "*.md", path=path, teardown=close_run, name=package)
        for package in PACKAGES
    )
    every.append(Sybil([Fences()], "*.md", path=path, name="fences"))
    return every.pytest()


pytest_collect_file = collector(str(DOCS))


def pytest_configure() -> None:
    """Configure Django once: its settings are one for all pages of a process."""
    configure_django()
