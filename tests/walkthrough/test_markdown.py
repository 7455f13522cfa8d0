"""What the Markdown extension makes of the blocks of a page."""

import logging
from pathlib import Path

import pytest
from markdown import Markdown

CHAT = """---
description: front matter is not part of the text
---

# A page

``` { .python .run #add }
1 + 1
```

``` { .text .output }
2
```

??? note "Folded"

    ``` { .python .run .raises #fail }
    raise ValueError("<b>")
    ```

    ``` { .text .output data-ask="What of `b`?" }
    ValueError: <b>
    ```
"""


def rendered(folder: Path, text: str) -> str:
    (folder / "page.md").write_text(text)
    extensions = ["walkthrough.markdown", "pymdownx.superfences", "pymdownx.details"]
    options = {"walkthrough.markdown": {"docs": str(folder)}}
    markdown = Markdown(extensions=extensions, extension_configs=options)
    return markdown.convert(text.split("---\n", 2)[-1])


def test_a_run_block_is_shown_with_its_code_and_its_output(tmp_path: Path) -> None:
    html = rendered(tmp_path, CHAT)
    assert '<run-block id="add" data-kind="run" data-page="page.md"' in html
    assert '<a class="run-name" href="#add">add</a>' in html
    assert '<div class="run-output"><pre><samp>2\n</samp></pre></div>' in html
    assert "wzxhzdk" not in html and "```" not in html


def test_a_block_inside_another_keeps_its_place_and_text_is_escaped(
    tmp_path: Path,
) -> None:
    html = rendered(tmp_path, CHAT)
    folded = html[html.index("<details") :]
    assert '<details class="run-output"><summary>What of <code>b</code>?' in folded
    assert '<span class="run-error">ValueError: &lt;b&gt;</span>' in folded
    assert "data-raises" in folded


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("\n2\n", "\n3\n"), 11, "#add prints something else"),
        (("1 + 1", "1 / 0"), 8, "ZeroDivisionError: division by zero"),
        ((".python .run #add", ".python #add"), 7, "is of no known kind"),
        (("# A page", "# A page `channels/consumer.py:1 Nobody`"), 5, "no Nobody"),
        (
            (
                "# A page",
                '``` {.source source="minichannels/asgi.py" object="Skope"}\n```',
            ),
            5,
            "did you mean Scope?",
        ),
    ],
)
def test_what_is_not_as_it_says_is_warned_of_with_page_and_line(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: tuple[str, str],
    line: int,
    message: str,
) -> None:
    with caplog.at_level(logging.WARNING, "mkdocs"):
        rendered(tmp_path, CHAT.replace(*change, 1))
    found = [text for text in caplog.messages if f"page.md:{line}: " in text]
    assert any(message in text for text in found), caplog.messages


def test_real_source_is_shown_with_the_way_to_it(tmp_path: Path) -> None:
    text = '``` {.source source="minichannels/asgi.py" object="Scope"}\n```\n'
    html = rendered(tmp_path, f"---\na: b\n---\n{text}")
    assert "<figcaption><code>minichannels/asgi.py</code> <b>Scope</b>" in html
    assert "Scope" in html and "typing" not in html


def test_a_reference_to_upstream_becomes_a_link_to_the_tagged_line(
    tmp_path: Path,
) -> None:
    text = "`channels/utils.py:32 await_many_dispatch`\n"
    html = rendered(tmp_path, f"---\na: b\n---\n{text}")
    assert "/django/channels/blob/4.3." in html
    assert 'channels/utils.py#L32"' in html


def test_a_page_that_runs_offers_its_script_and_the_command(tmp_path: Path) -> None:
    text = "# Groups\n\n``` { .python .run #a }\nx = 1\n```\n"
    html = rendered(tmp_path, text)
    assert 'href="page_chapter.py" download' in html
    assert "<code>.venv/bin/python page_chapter.py</code>" in html
    assert "download" not in rendered(tmp_path, "# Glossary\n")


def test_long_source_can_be_folded_and_says_how_long_it_is(tmp_path: Path) -> None:
    text = (
        '``` {.source source="minichannels/asgi.py" object="Scope" fold="yes"}\n```\n'
    )
    html = rendered(tmp_path, f"---\na: b\n---\n{text}")
    assert "<details><summary>Show its 1 lines</summary>" in html
