from pathlib import Path

import pytest
from walkthrough import differences

TESTS = '''"""Title.

Some text."""

ABSENT = {"a.B": "Use `c`."}


def test_one():
    """We do this.

    Channels: it does
    that.
    Why: because.
    """


async def test_two():
    """We. Channels: they. Why: so."""


def test_three():
    pass


def helper():
    """Not a test."""
'''
PAGE = """
## Title

Some text.

| minichannels | Channels 4.3 | Why |
| --- | --- | --- |
| We do this. | It does that. | Because. |
| We. | They. | So. |

| Name in Channels | Instead |
| --- | --- |
| `a.B` | Use `c`. |
"""


def test_the_page_is_what_the_tests_say():
    assert differences.PAGE.read_text() == differences.page(), (
        "docs/differences.md is not made from the tests: "
        "run python -m walkthrough.differences"
    )


def test_a_file_of_tests_is_a_section(tmp_path: Path):
    path = tmp_path / "test_x.py"
    path.write_text(TESTS)
    assert differences.section(path) == PAGE


@pytest.mark.parametrize(
    "docstring",
    ["We.", "We. Channels: they.", "We. Why: so.", "Channels: they. Why: so."],
)
def test_a_docstring_that_is_no_row_is_an_error(tmp_path: Path, docstring: str):
    path = tmp_path / "test_x.py"
    path.write_text(f'def test_one():\n    """{docstring}"""\n')
    with pytest.raises(differences.NotARow, match=r"test_x\.py, test_one: a docstring"):
        differences.section(path)
