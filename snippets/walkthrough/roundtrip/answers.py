"""The questions that readers come with, each answered by a step of the recording."""

import re
import tomllib
from html import escape
from pathlib import Path

from walkthrough.roundtrip.path import Record
from walkthrough.roundtrip.render import TITLES, Phase, link, markup


def page_of(phase: Phase) -> str:
    """Give the way from the chapter to the page with a phase."""
    if phase.name == "http-sync":
        return ""
    pages = {"http": "http", "ws": "websocket"}
    page = pages.get(phase.name.partition("-")[0], "layers")
    return f"../../roundtrip/{page}/"


def answers() -> list[Record]:
    """Give the questions with the phase and the step that answers them."""
    text = Path(__file__).with_suffix(".toml").read_text("utf-8")
    found: list[Record] = tomllib.loads(text)["answer"]
    return found


def slug(question: str) -> str:
    """Give the id of a question's heading: `who-calls-the-router`."""
    return re.sub(r"\W+", "-", question.lower()).strip("-")


def answers_html() -> list[tuple[str, str]]:
    """Give each question as a heading in Markdown, with its answer as HTML.

    A heading is found by the search and in the table of contents, and has an address.
    """
    return [
        (f"### {each['question']} {{ #{slug(each['question'])} }}", _answer(each))
        for each in answers()
    ]


def _answer(answer: Record) -> str:
    phase = Phase("channels", answer["phase"])
    number, _, record = phase.find(answer["step"])
    title = escape(TITLES[phase.name])
    step = f'<a href="{page_of(phase)}#{phase.id(number)}">{title}, step {number}</a>'
    return (
        f'<p class="rt-answer">{markup(answer["text"])} '
        f'<span class="rt-source">{step}, {link(record["at"], phase.versions)}'
        f"</span></p>"
    )
