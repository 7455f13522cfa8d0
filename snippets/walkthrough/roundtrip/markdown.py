"""The Markdown extension: a fence `{ .roundtrip phase="ws-frame" }` becomes its list.

| attribute | what the fence shows |
| --- | --- |
| `phase` | the phase as recorded, on Channels and on minichannels |
| `phase` and `stacks` | the same on the stacks that are named, with ids of their own |
| `show="answers"` | the questions that readers come with |
| `show="changes"` | then and now, from the two recordings |
| `show="events"`, `show="scopes"` | what crosses the border of each server |

It is a Python-Markdown extension and no MkDocs plugin, as `walkthrough.markdown` is.
"""

import re
import shlex
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from walkthrough.roundtrip.answers import answers_html
from walkthrough.roundtrip.borders import events_html, scopes_html
from walkthrough.roundtrip.changes import changes_html
from walkthrough.roundtrip.record import STACKS, committed
from walkthrough.roundtrip.render import TITLES, Page, Phase

FENCE = re.compile(r"^``` \{ \.roundtrip (?P<attributes>[^}]*)\}\n```$", re.MULTILINE)
AFTER_SNIPPETS = 28
PREFIXES = {"channels": "", "minichannels": "mini-", "channels-2.4": "then-"}
SHOWS = {
    "changes": changes_html,
    "events": events_html,
    "scopes": scopes_html,
}


class RoundTripExtension(Extension):
    """Renders the fences of the recording."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.block_level_elements.append("round-trip")
        md.preprocessors.register(RoundTrips(md), "roundtrip", AFTER_SNIPPETS)


class RoundTrips(Preprocessor):
    """Puts the HTML of each fence in its place."""

    def run(self, lines: list[str]) -> list[str]:
        page = Page()

        def placed(found: re.Match[str]) -> str:
            options = attributes(found["attributes"])
            if options.get("show") == "answers":
                parts = (part for pair in answers_html() for part in pair)
                return "\n\n".join(map(kept, parts))
            return f"\n{kept(fence_html(page, options))}\n"

        def kept(part: str) -> str:
            """Leave a heading to Markdown, so that it is in the table of contents."""
            if part.startswith("#"):
                return part
            stored: str = self.md.htmlStash.store(part)
            return stored

        return FENCE.sub(placed, "\n".join(lines)).split("\n")


def attributes(text: str) -> dict[str, str]:
    """Read `phase="ws-frame" stacks="channels"` as what it says."""
    pairs = (word.partition("=") for word in shlex.split(text))
    return {name: value for name, _, value in pairs}


def fence_html(page: Page, options: dict[str, str]) -> str:
    """Give the HTML of one fence."""
    if show := options.get("show"):
        return SHOWS[show]()
    name = options["phase"]
    if name not in TITLES:
        raise KeyError(f"there is no phase {name}; there are {', '.join(TITLES)}")
    if stacks := options.get("stacks"):
        prefixes = PREFIXES | {"channels": "now-"}
        return page.phases([Phase(s, name, prefixes[s]) for s in stacks.split()])
    beside = [stack for stack in ("channels", "minichannels") if stack in STACKS]
    kept = [stack for stack in beside if name in committed(stack)["phases"]]
    return page.phases([Phase(stack, name, PREFIXES[stack]) for stack in kept])


def makeExtension(**options: Any) -> RoundTripExtension:
    """Python-Markdown asks a module for its extension by this name."""
    return RoundTripExtension(**options)
