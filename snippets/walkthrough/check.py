"""Run a page, and say where it is not as it says.

`python -m walkthrough.check FILE` prints the run of one page as JSON: the site is
built from that, in a fresh interpreter for each page.
"""

import gc
import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from walkthrough.clock import Clock
from walkthrough.fences import CHANNELS, Page, Problem, Snippet, read_page
from walkthrough.packages import prepare
from walkthrough.session import Result, Session, difference


class PageRun:
    """The snippets of one page, run in order, each once.

    They do not wait where they sleep, and a busy machine is not late: see `Clock`. Only
    those that run locally, with sockets and threads, have the machine's own time.

    Args:
        page: The page.
        package: What its imports of minichannels give.
        write: Called with each piece of output as it is printed.
    """

    def __init__(
        self,
        page: Page,
        package: str = "minichannels",
        write: Callable[[str], object] = lambda text: None,
    ) -> None:
        self.page = page
        self.package = package
        self.results: dict[str, Result] = {}
        prepare(package)
        traced = any(snippet.traced for snippet in page.snippets)
        self.session = Session(
            page.file, package, write, traced=traced, clock=Clock(hurried=True)
        )

    def snippets(self) -> list[Snippet]:
        """Give the snippets that run on this package, in order."""
        real = self.package != "minichannels"
        return [
            snippet
            for snippet in self.page.snippets
            if snippet.runs and not (real and snippet.only_minichannels)
        ]

    def result(self, snippet: Snippet) -> Result:
        """Run a snippet, and before it those above it that have not run yet."""
        for other in self.snippets():
            if other.slug not in self.results:
                run = self.session.replay if other.kind == "pycon" else self.session.run
                result = run(other.code, other.line, local=other.local)
                self.results[other.slug] = result
            if other is snippet:
                break
        return self.results[snippet.slug]

    def problems(self, snippet: Snippet) -> list[Problem]:
        """Run a snippet, and say how it differs from the page."""
        result = self.result(snippet)
        return [
            Problem(self.page.file, line, message)
            for line, message in differences(snippet, result)
        ]

    def close(self) -> list[str]:
        """End what still runs, and name it.

        What the snippets left open, as readers' programs do, is collected here, and not
        in the middle of somebody else's page or test.
        """
        left = self.session.close()
        self.session.namespace.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
        return left


def differences(snippet: Snippet, result: Result) -> list[tuple[int, str]]:
    """Say, with the line of the page, how a run differs from what the page shows."""
    if snippet.kind == "pycon":
        return [
            (snippet.line, f"#{snippet.slug} is not as shown:\n{told}")
            for example in result.examples
            if not example.as_shown
            for told in [difference(example.want, example.got)]
        ]
    if result.failure and not snippet.raises:
        at = result.failure.line or snippet.line
        return [(at, f"#{snippet.slug} failed\n{result.failure.traceback.rstrip()}")]
    if snippet.raises and not result.failure:
        return [(snippet.line, f"#{snippet.slug} is marked .raises and raised nothing")]
    if told := difference(snippet.expected, result.shown):
        at = snippet.output.line if snippet.output else snippet.line
        hint = f"If the run is right: walkthrough update {snippet.page.name}"
        return [(at, f"#{snippet.slug} prints something else\n{told}\n{hint}")]
    return []


def run_page(page: Page, package: str = "minichannels") -> list[Problem]:
    """Run a whole page, and give all that is wrong with it."""
    run = PageRun(page, package)
    found = list(page.problems)
    for snippet in run.snippets():
        found += run.problems(snippet)
    run.close()
    return found


def main() -> None:
    page = read_page(Path(sys.argv[1]))
    run = PageRun(page)
    problems = [p for snippet in run.snippets() for p in run.problems(snippet)]
    run.close()
    results = {slug: asdict(result) for slug, result in run.results.items()}
    if any(snippet.beside == CHANNELS for snippet in page.snippets):
        for slug, trace in traces_on_channels(page).items():
            results[slug]["beside"] = trace
    told = {"problems": [asdict(problem) for problem in problems], "results": results}
    json.dump(told, sys.stdout)


def traces_on_channels(page: Page) -> dict[str, Any]:
    """Run a page on the real Channels, and give the traces that it wants to compare."""
    run = PageRun(page, CHANNELS)
    for snippet in run.snippets():
        run.result(snippet)
    run.close()
    wanted = (s.slug for s in run.snippets() if s.beside == CHANNELS)
    return {slug: asdict(run.results[slug])["trace"] for slug in wanted}


if __name__ == "__main__":
    main()
