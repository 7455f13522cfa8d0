"""The Markdown extension for words: the first use of each leads to its definition.

`docs/glossary.md` is the only list of the words. The first time that a page uses one in
its running text, the word becomes a link to its definition, with the definition as the
title: it opens on hover and on focus, and works without JavaScript. Headings, links and
code stay as they are. Where the page itself links a word to the glossary, that link is
the one, and only the title is added.
"""

import os
import re
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from walkthrough.fences import DOCS
from walkthrough.markdown import AFTER_WHITE_SPACE, page_of

ENTRY = re.compile(
    r"^(?P<word>`?[^\n]+?`?) \{ #(?P<id>[\w-]+) \}\n"
    r":   (?P<text>.+?)(?=\n\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
GLOSSARY = "glossary.md"
LINK = re.compile(r"(?:^|/)glossary\.md#(?P<id>[\w-]+)$")
UNMARKED = {"a", "abbr", "code", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "summary"}
BEFORE_LINKS_ARE_RESOLVED = 4


class Term(NamedTuple):
    """One word, and what it means."""

    word: str
    id: str
    definition: str


class GlossaryExtension(Extension):
    """Marks the first use of each word of the glossary."""

    def __init__(self, **options: Any) -> None:
        self.config = {"docs": [str(DOCS), "The folder of the pages"]}
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        docs = Path(self.getConfig("docs"))
        terms = read_terms((docs / GLOSSARY).read_text("utf-8"))
        marker = FirstUses(md, terms)
        place = Place(md, docs, marker)
        md.preprocessors.register(place, "glossary-place", AFTER_WHITE_SPACE + 1)
        md.treeprocessors.register(marker, "glossary", BEFORE_LINKS_ARE_RESOLVED)


class FirstUses(Treeprocessor):
    """Turns the first use of each word in a page into a link."""

    way = ""
    """From the page to the glossary; empty where the text is no page: a docstring."""

    def __init__(self, md: Markdown, terms: list[Term]) -> None:
        super().__init__(md)
        self.terms = {term.id: term for term in terms}
        self.ids = {form: term.id for term in terms for form in forms(term.word)}
        longest_first = sorted(self.ids, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first))
        self.pattern = re.compile(rf"(?<![\w/.-])(?:{either})(?![\w/-]|\.\w)")

    def run(self, root: Element) -> None:
        if not self.way:
            return
        done = {element.get("id", "") for element in root.iter("dt")}
        for link in root.iter("a"):
            if found := LINK.search(link.get("href", "")):
                term = self.terms.get(found["id"])
                if term and term.id not in done:
                    link.set("class", "term")
                    link.set("title", term.definition)
                    done.add(term.id)
        self.mark(root, done)

    def mark(self, element: Element, done: set[str]) -> None:
        """Mark the words of an element in the order in which they are read."""
        if element.tag in UNMARKED:
            return
        children = list(element)
        element.text, links = self.split(element.text or "", done)
        element[:0] = links
        for child in children:
            self.mark(child, done)
            child.tail, links = self.split(child.tail or "", done)
            place = list(element).index(child) + 1
            element[place:place] = links

    def split(self, text: str, done: set[str]) -> tuple[str, list[Element]]:
        """Give the text before the first link, and the links with what follows them."""
        pieces, links, end = [], [], 0
        for found in self.pattern.finditer(text):
            term = self.terms[self.ids[found[0]]]
            if term.id not in done:
                done.add(term.id)
                pieces.append(text[end : found.start()])
                links.append(self.link(term, found[0]))
                end = found.end()
        first, *tails = [*pieces, text[end:]]
        for link, tail in zip(links, tails, strict=True):
            link.tail = tail
        return first, links

    def link(self, term: Term, text: str) -> Element:
        link = Element("a", {"class": "term", "title": term.definition})
        link.set("href", f"{self.way}#{term.id}")
        link.text = text
        return link


class Place(Preprocessor):
    """Finds out where the page stands, for the links to the glossary."""

    def __init__(self, md: Markdown, docs: Path, marker: FirstUses) -> None:
        super().__init__(md)
        self.docs = docs
        self.marker = marker

    def run(self, lines: list[str]) -> list[str]:
        page = page_of("\n".join(lines), self.docs)
        folder = page.path.parent if page else None
        self.marker.way = os.path.relpath(self.docs / GLOSSARY, folder) if page else ""
        return lines


def read_terms(text: str) -> list[Term]:
    """Read the definition lists of the glossary."""
    return [
        Term(found["word"], found["id"], plain(found["text"]))
        for found in ENTRY.finditer(text)
    ]


def plain(markdown: str) -> str:
    """Give a definition as one line without markup, as a title shows it."""
    without_links = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", markdown)
    return re.sub(r"\s+", " ", re.sub(r"[*`]", "", without_links)).strip()


def forms(word: str) -> list[str]:
    """Give the forms in which running text uses a word; none for a piece of code.

    "Channels" with a capital is the library, so no capital is taken for a plural.
    """
    if word.startswith("`"):
        return []
    plural = word + ("es" if word.endswith("ch") else "s")
    return [word, word[0].upper() + word[1:], plural]


def makeExtension(**options: Any) -> GlossaryExtension:
    return GlossaryExtension(**options)
