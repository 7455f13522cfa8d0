"""The countable rules of the prose: length, sentences, words that belittle, endings."""

import re
import statistics
from collections.abc import Iterator

from walkthrough.fences import Page

WORDS = (600, 1800)
MEDIAN_SENTENCE = (11, 16)
PARAGRAPH = 80
BLOCK_LINES = 22
BELITTLING = re.compile(
    r"\b(simply|just|easily|obviously|of course|trivial(?:ly)?)\b", re.IGNORECASE
)
ENDINGS = ("What you have now", "What Channels does differently", "Challenges")
CHALLENGES = (2, 3)

CODE = re.compile(r"`[^`]*`")
LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\}|\[[^\]]*\])?")
MARKUP = re.compile(r"[*_#>|]|\{[^}]*\}|^\s*(?:[-*]|\d+\.)\s+", re.MULTILINE)
SENTENCE = re.compile(r"(?<=[.?!])[\s\"')]+(?=[A-Z`\"'(])")


def paragraphs(page: Page) -> Iterator[tuple[int, str]]:
    """Give the paragraphs of a page's prose, each with its first line."""
    text = page.text
    for fence in reversed(page.fences):
        blank = "\n" * text.count("\n", fence.start, fence.end)
        text = text[: fence.start] + blank + text[fence.end :]
    text = re.sub(
        r"\A---\n.*?\n---\n",
        lambda found: "\n" * found[0].count("\n"),
        text,
        flags=re.DOTALL,
    )
    line = 1
    for part in re.split(r"(\n\s*\n)", text):
        words = part.strip()
        if words and not words.startswith(("#", "|", "<", "???", "!!!")):
            yield line + part[: part.index(words[0])].count("\n"), words
        line += part.count("\n")


def plain(text: str) -> str:
    """Give prose without its markup; a piece of code counts as one word."""
    return MARKUP.sub("", LINK.sub(r"\1", CODE.sub("code", text)))


def sentences(page: Page) -> list[str]:
    """Give the sentences of the running text, lists left out."""
    return [
        sentence
        for _, text in paragraphs(page)
        if not re.match(r"(?:[-*]|\d+\.)\s", text)
        for sentence in SENTENCE.split(plain(text))
        if sentence.split()
    ]


def words(page: Page) -> int:
    return sum(len(plain(text).split()) for _, text in paragraphs(page))


def complaints(page: Page, limits: tuple[int, int] = WORDS) -> list[str]:
    """Say which countable rules a chapter breaks.

    Args:
        page: The chapter.
        limits: The fewest and the most words that it may have.
    """
    found = []
    count = words(page)
    if not limits[0] <= count <= limits[1]:
        found.append(f"{page.file} has {count} words, not {limits[0]} to {limits[1]}")
    median = statistics.median(len(text.split()) for text in sentences(page))
    if not MEDIAN_SENTENCE[0] <= median <= MEDIAN_SENTENCE[1]:
        found.append(f"{page.file}: the median sentence has {median} words")
    found += [f"{page.file}:{text}" for text in in_paragraphs(page)]
    for snippet in page.snippets:
        lines = len([line for line in snippet.code.splitlines() if line.strip()])
        if lines > BLOCK_LINES:
            found.append(f"{page.file}:{snippet.line}: {lines} lines in one block")
    return found


def in_paragraphs(page: Page) -> Iterator[str]:
    for line, text in paragraphs(page):
        prose = CODE.sub("", text)
        for item in re.split(r"\n(?=\s*(?:[-*]|\d+\.)\s)", text):
            if len(plain(item).split()) > PARAGRAPH:
                yield f"{line}: a paragraph of {len(plain(item).split())} words"
        if word := BELITTLING.search(prose):
            yield f"{line}: {word[0]!r} belittles what it says"
        if "!" in plain(prose):
            yield f"{line}: an exclamation mark"


def ending_complaints(page: Page) -> list[str]:
    """Say how the end of a chapter differs from that of the others."""
    headings = re.findall(r"^## (.+?)\s*(?:\{.*\})?$", page.text, re.MULTILINE)
    found = [
        f"{page.file} has no section '{wanted}'"
        for wanted in ENDINGS
        if wanted not in headings
    ]
    _, _, rest = page.text.partition("## Challenges")
    count = len(re.findall(r"^\d+\. ", rest.partition("\n## ")[0], re.MULTILINE))
    if not found and not CHALLENGES[0] <= count <= CHALLENGES[1]:
        found.append(f"{page.file} has {count} challenges, not 2 or 3")
    return found
