"""A page that lies fails the tests and the build, by file and line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """# A page

``` { .python .run #one }
print("one")
```

``` { .text .output }
one
```

``` {.source source="minichannels/asgi.py" object="Scope"}
```
"""

LIES = {
    "changed output": (("\none\n", "\nwon\n"), 7, "prints something else"),
    "failing snippet": (('print("one")', "1 / 0"), 4, "ZeroDivisionError"),
    "unknown fence": (("{ .python .run #one }", "python"), 3, "no known kind"),
    "missing source": (('object="Scope"', 'object="Scoop"'), 11, "has no Scoop"),
}

MKDOCS = """
site_name: A site
theme: null
docs_dir: docs
plugins: []
markdown_extensions:
  - pymdownx.superfences
  - walkthrough.markdown: {docs: %s}
"""

CONFTEST = """
from walkthrough.pytest_plugin import collector
pytest_collect_file = collector(%r)
"""


def project(folder: Path, text: str) -> Path:
    docs = folder / "docs"
    docs.mkdir()
    (docs / "index.md").write_text(text)
    (folder / "mkdocs.yml").write_text(MKDOCS % docs)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(CONFTEST % str(docs))
    return folder


def run(folder: Path, *command: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return ended.returncode, ended.stdout


def doctests(folder: Path) -> tuple[int, str]:
    return run(folder, "pytest", "-q", "-p", "no:cacheprovider", "docs")


def build(folder: Path) -> tuple[int, str]:
    return run(folder, "mkdocs", "build", "--strict")


def test_an_honest_page_passes_both(tmp_path: Path) -> None:
    honest = project(tmp_path, GOOD)
    assert doctests(honest)[0] == 0
    assert build(honest)[0] == 0


@pytest.mark.parametrize("check", [doctests, build])
@pytest.mark.parametrize("lie", LIES)
def test_a_page_that_lies_fails_by_file_and_line(
    tmp_path: Path, lie: str, check
) -> None:
    change, line, message = LIES[lie]
    code, told = check(project(tmp_path, GOOD.replace(*change, 1)))
    assert code == 1
    assert f"index.md:{line}: " in told
    assert message in told
