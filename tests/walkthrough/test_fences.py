"""What the one reader of fences makes of a page."""

from pathlib import Path

import pytest
from walkthrough.fences import Page, read_page, replace_body


def page(text: str) -> Page:
    return read_page(Path("page.md"), text)


def test_a_run_block_takes_the_output_right_after_it() -> None:
    read = page("``` { .python .run #a }\n1\n```\n\n``` { .text .output }\n1\n```\n")
    (snippet,) = read.snippets
    assert (snippet.slug, snippet.kind, snippet.code) == ("a", "run", "1\n")
    assert (snippet.line, snippet.expected) == (2, "1\n")
    assert not read.problems


def test_an_indented_block_loses_its_indent() -> None:
    read = page(
        "!!! note\n\n    ``` { .python .run #a }\n    if x:\n\n        y\n    ```\n"
    )
    assert read.snippets[0].code == "if x:\n\n    y\n"


def test_attributes_may_hold_spaces_and_braces() -> None:
    read = page(
        '``` { .python .run .local #a data-reason="it needs { threads }" }\n```\n'
    )
    assert read.snippets[0].local
    assert read.snippets[0].reason == "it needs { threads }"


@pytest.mark.parametrize(
    "info",
    [
        "python",
        "py",
        'python title="x.py"',
        "{ .python }",
        "{ .python .annotate }",
        "{ .python .run .norun #a }",
        "{ .python .runs #a }",
    ],
)
def test_a_python_fence_of_no_known_kind_is_a_problem(info: str) -> None:
    (problem,) = page(f"text\n\n``` {info}\nx\n```\n").problems
    assert str(problem).startswith("page.md:3: a Python fence ")
    assert "{ .python .run #name }" in problem.message


def test_other_languages_are_left_alone() -> None:
    read = page("```console\n$ make\n```\n\n~~~ text\nhello\n~~~\n")
    assert not read.snippets and not read.problems and len(read.fences) == 2


def test_a_fence_inside_a_longer_fence_is_its_text() -> None:
    read = page("````text\n```python\nx\n```\n````\n")
    assert [fence.body for fence in read.fences] == ["```python\nx\n```\n"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("``` { .python .run }\n```\n", "has no name"),
        ("``` { .python .norun #a }\n```\n", "says no data-reason"),
        ("``` { .python .run .local #a }\n```\n", "says no data-reason"),
        ("``` { .text .output }\n```\n", "does not follow a block that runs"),
        ("``` { .pycon #a }\n```\n``` { .text .output }\n```\n", "shows its output"),
        ("``` { .pycon #a }\n```\n" * 2, "#a is taken"),
    ],
)
def test_what_is_wrong_with_a_block_is_said(text: str, message: str) -> None:
    assert any(message in problem.message for problem in page(text).problems)


def test_a_body_is_replaced_and_nothing_else() -> None:
    text = "before\n  ```text\n  a\n  b\n  ```\nafter\n"
    fence = page(text).fences[0]
    assert replace_body(text, fence, "c\n") == "before\n  ```text\n  c\n  ```\nafter\n"
