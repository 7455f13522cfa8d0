"""The traced snippets of the book: the same trace on minichannels and on Channels."""

import pytest
from walkthrough.book import chapters
from walkthrough.check import PageRun
from walkthrough.fences import Page
from walkthrough.packages import PACKAGES
from walkthrough.sequence import sentence

DIFFERENCES: dict[str, str] = {}
"""Traced snippets whose traces differ, and why."""

ATTEMPTS = {False: 1, True: 3}
"""What runs only locally waits by the machine's clock, and a busy one can be late."""

TRACED = [page for page in chapters() if any(s.traced for s in page.snippets)]


def happened(page: Page, package: str) -> dict[str, list[str]]:
    """Run a page on a package, and tell what its traced snippets did."""
    run = PageRun(page, package)
    told = {}
    for snippet in run.snippets():
        if not snippet.traced or snippet.only_minichannels:
            continue
        if trace := run.result(snippet).trace:
            words = [sentence(trace, event) for event in trace.events]
            told[snippet.slug] = ["".join(text for _, text in each) for each in words]
    run.close()
    return told


def differing(page: Page) -> set[str]:
    ours, theirs = (happened(page, package) for package in PACKAGES)
    assert ours.keys() == theirs.keys() and ours
    return {slug for slug in ours if ours[slug] != theirs[slug]}


@pytest.mark.parametrize("page", TRACED, ids=lambda page: page.name)
def test_a_trace_differs_only_where_that_is_listed(page: Page) -> None:
    listed = {s.slug for s in page.snippets if s.name in DIFFERENCES}
    attempts = ATTEMPTS[any(s.local for s in page.snippets)]
    assert any(differing(page) == listed for _ in range(attempts))
