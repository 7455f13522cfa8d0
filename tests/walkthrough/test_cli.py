"""The command line, used as a reader would."""

from pathlib import Path

import pytest
from walkthrough import cli
from walkthrough.fences import Page, read_page

PAGE = """# A page

``` { .python .run #one }
print("one")
```

``` { .text .output }
one
```

``` { .python .run .raises #two }
{}["two"]
```

``` { .text .output }
KeyError: 'two'
```

``` { .pycon #three }
>>> 1 + 2
3
```
"""


def walkthrough(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    code = ended.value.code
    assert isinstance(code, int)
    return code


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE)

    def only(name: str) -> Page:
        return read_page(path)

    monkeypatch.setattr(cli, "chapter", only)
    return path


def test_list_names_every_chapter_in_the_order_of_the_nav(capsys) -> None:
    assert walkthrough("list") == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines]
    assert names[:2] == ["index", "asgi"]
    assert names.index("consumer") < names.index("groups")


def test_run_shows_each_snippet_and_what_it_prints(page: Path, capsys) -> None:
    assert walkthrough("run", "page") == 0
    out = capsys.readouterr().out
    assert "--- one\none\n--- two\nKeyError: 'two'\n--- three\n>>> 1 + 2\n3\n" in out
    assert "3 snippets, all as " in out


def test_run_shows_the_difference_and_ends_with_1(page: Path, capsys) -> None:
    page.write_text(PAGE.replace("\none\n```", "\nwon\n```"))
    assert walkthrough("run", "page") == 1
    out = capsys.readouterr().out
    assert "page.md:7: #one prints something else" in out
    assert "-won\n+one" in out
    assert "1 of 3 snippets" in out


def test_run_goes_to_the_real_channels_on_request(capsys) -> None:
    assert walkthrough("run", "groups", "--on", "channels") == 0
    assert capsys.readouterr().out.rstrip().endswith("on channels.")


def test_a_wrong_chapter_gets_the_list_of_right_ones(capsys) -> None:
    assert walkthrough("run", "grops") == 2
    told = capsys.readouterr().err
    assert "There is no chapter grops. Did you mean groups?" in told
    assert "  consumer\n" in told


def test_update_writes_what_the_snippets_print(page: Path, capsys) -> None:
    broken = PAGE.replace("\none\n```", "\nwon\n```").replace("\n3\n", "\n4\n")
    page.write_text(broken)
    assert walkthrough("update", str(page)) == 0
    assert page.read_text() == PAGE


def test_update_adds_an_output_where_there_is_none(page: Path, capsys) -> None:
    output = "\n``` { .text .output }\none\n```\n"
    page.write_text(PAGE.replace(output, ""))
    assert walkthrough("update", str(page)) == 0
    assert page.read_text() == PAGE


def test_update_leaves_a_failing_snippet_to_its_writer(page: Path, capsys) -> None:
    page.write_text(PAGE.replace('print("one")', "1 / 0"))
    assert walkthrough("update", str(page)) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_extract_writes_a_file_and_says_how_to_run_it(page, tmp_path, capsys) -> None:
    target = tmp_path / "script.py"
    assert walkthrough("extract", "page", "-o", str(target)) == 0
    assert str(target) in capsys.readouterr().out
    compile(target.read_text(), "script.py", "exec")


def test_extract_refuses_a_name_that_would_hide_a_package(page, tmp_path, capsys):
    target = tmp_path / "minichannels.py"
    assert walkthrough("extract", "page", "-o", str(target)) == 2
    assert "minichannels_chapter.py" in capsys.readouterr().err
    assert not target.exists()


def test_a_chapter_is_found_whatever_its_case() -> None:
    assert walkthrough("extract", "GROUPS") == 0


def test_no_command_lists_the_commands(capsys) -> None:
    assert walkthrough() == 0
    assert "run a chapter, and compare with its page" in capsys.readouterr().out


def test_run_on_channels_names_what_it_leaves_out(page: Path, capsys) -> None:
    page.write_text(PAGE.replace("#one }", '#one data-channels="it is ours." }'))
    assert walkthrough("run", "page", "--on", "channels") == 0
    assert capsys.readouterr().out.endswith("On minichannels only: one.\n")
