"""Where things stand in the pages: sections by their anchor, snippets by their name."""

import re
from dataclasses import dataclass

import pytest
from markdown.extensions.toc import slugify
from walkthrough.book import pages
from walkthrough.fences import Page, Snippet

HEADING = re.compile(r"^(#{1,4}) (.+?)(?: \{ #([\w-]+) \})?$", re.MULTILINE)


@dataclass
class Book:
    """Every page of the site, by its path without the ending: `chapters/sync`."""

    pages: dict[str, Page]

    def snippet(self, name: str) -> Snippet:
        """Find `chapters/sync#barrier`."""
        page, _, slug = name.partition("#")
        (found,) = [each for each in self.pages[page].snippets if each.slug == slug]
        return found

    def lines(self, section: str) -> range:
        """Give the lines of the section `chapters/sync#asgi_threads-doesnt-help`."""
        path, _, wanted = section.partition("#")
        found = list(headings(self.pages[path]))
        [(at, (start, level, _))] = [
            (at, each) for at, each in enumerate(found) if each[2] == wanted
        ]
        last = self.pages[path].text.count("\n") + 1
        ends = [line for line, other, _ in found[at + 1 :] if other <= level]
        return range(start, ends[0] if ends else last)


def headings(page: Page) -> list[tuple[int, int, str]]:
    """Give line, level and anchor of each heading that is not inside of a fence."""
    inside = {
        line
        for fence in page.fences
        for line in range(fence.line, fence.line + fence.body.count("\n") + 2)
    }
    found = [
        (page.text.count("\n", 0, match.start()) + 1, match)
        for match in HEADING.finditer(page.text)
    ]
    return [
        (line, len(match[1]), match[3] or slugify(match[2], "-"))
        for line, match in found
        if line not in inside
    ]


@pytest.fixture(scope="session")
def book() -> Book:
    read = pages()
    names = [page.file.removeprefix("docs/").removesuffix(".md") for page in read]
    return Book(dict(zip(names, read, strict=True)))
