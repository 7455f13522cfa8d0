"""References to upstream's code: checked against the installed version, and linked.

A page writes `` `channels/consumer.py:67 AsyncConsumer.dispatch` ``: a file, a line and
the object that the line belongs to. An upgrade that moves it is found by the tests.
"""

import ast
import functools
import importlib.metadata
import importlib.util
import re
import xml.etree.ElementTree as etree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString

from walkthrough.fences import Page
from walkthrough.sources import definitions, hint

REPOSITORIES = {
    "asgiref": "django/asgiref",
    "channels": "django/channels",
    "channels_redis": "django/channels_redis",
    "daphne": "django/daphne",
    "django": "django/django",
}

REFERENCE = re.compile(
    rf"`((?:{'|'.join(REPOSITORIES)})/[\w/]+\.py):(\d+) ([\w.]+)`",
)


class WrongReference(LookupError):
    """A reference does not fit the installed package."""


@dataclass(frozen=True)
class Reference:
    """A line of an upstream file, and the object that it belongs to."""

    file: str
    line: int
    object: str

    @property
    def package(self) -> str:
        return self.file.partition("/")[0]

    @property
    def version(self) -> str:
        return importlib.metadata.version(self.package)

    @property
    def url(self) -> str:
        """The line, in the tagged source of the installed version."""
        place = f"{REPOSITORIES[self.package]}/blob/{self.version}"
        return f"https://github.com/{place}/{self.file}#L{self.line}"

    def check(self) -> None:
        """Raise WrongReference unless the line belongs to the object."""
        known = spans(self.package, self.file)
        if not known:
            raise WrongReference(f"{self.package} {self.version} has no {self.file}")
        if self.object not in known:
            told = hint(self.object, known)
            raise WrongReference(f"{self.file} has no {self.object}{told}")
        first, last = known[self.object]
        if not first <= self.line <= last:
            raise WrongReference(
                f"{self.file}:{self.line} is not in {self.object}: in "
                f"{self.package} {self.version} that is lines {first} to {last}"
            )


@functools.cache
def spans(package: str, file: str) -> dict[str, tuple[int, int]]:
    """Give the first and the last line of each object of an installed file."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return {}
    path = Path(spec.submodule_search_locations[0]).parent / file
    if not path.is_file():
        return {}
    tree = ast.parse(path.read_text("utf-8"))
    return {
        name: (node.lineno, node.end_lineno or node.lineno)
        for name, node in definitions(tree)
    }


def references(text: str) -> Iterator[tuple[int, Reference]]:
    """Give the references in a text, each with its offset."""
    for found in REFERENCE.finditer(text):
        yield found.start(), Reference(found[1], int(found[2]), found[3])


def check_references(page: Page) -> None:
    """Note each reference of a page that does not fit as a problem of that page."""
    for offset, reference in references(page.text):
        try:
            reference.check()
        except WrongReference as error:
            page.problem(page.text.count("\n", 0, offset) + 1, str(error))


class ReferenceLinks(InlineProcessor):
    """Makes a link of each reference."""

    ABOVE_CODE = 195

    def __init__(self, md: Markdown) -> None:
        super().__init__(REFERENCE.pattern, md)

    def handleMatch(  # type: ignore[override]
        self, found: re.Match[str], data: str
    ) -> tuple[etree.Element, int, int]:
        reference = Reference(found[1], int(found[2]), found[3])
        link = etree.Element("a", {"class": "upstream", "href": reference.url})
        link.set("title", f"{reference.package} {reference.version}")
        code = etree.SubElement(link, "code")
        code.text = AtomicString(f"{reference.file}:{reference.line}")
        code.tail = " "
        etree.SubElement(link, "code").text = AtomicString(reference.object)
        return link, found.start(0), found.end(0)
