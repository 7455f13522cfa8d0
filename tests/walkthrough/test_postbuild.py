"""The step after the build, on pages as small as they can be."""

import re
from pathlib import Path

import pytest
from walkthrough.postbuild import PostBuildError, finish, inline_hashes

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="stylesheet" href="assets/palette.1.css"><link rel="next" href="./">
<script>one()</script>
</head>
<body>
<input class="md-toggle" type="checkbox" id="__drawer" autocomplete="off">
<div class="md-search" data-md-component="search" role="dialog"></div>
<label class="md-nav__link" for="__nav_1" tabindex="">Chapters</label>
BODY
<script id="__config" type="application/json">{"base": ".."}</script>
</body>
</html>
"""


@pytest.fixture(autouse=True)
def palette(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "palette.1.css").touch()


def finished(folder: Path, body: str = "") -> str:
    page = folder / "index.html"
    page.write_text(PAGE.replace("BODY", body))
    finish(folder)
    return page.read_text()


def test_the_policy_comes_before_anything_that_runs(tmp_path: Path) -> None:
    text = finished(tmp_path)
    assert text.index("Content-Security-Policy") < text.index("<script>")


def test_an_inline_script_is_allowed_by_its_hash(tmp_path: Path) -> None:
    of_one = "'sha256-HR7iaask9daLMRRskMI++QeJtjWDOjyPA6lGzYGzKW4='"
    assert inline_hashes("<script>one()</script>") == [of_one]
    assert of_one in finished(tmp_path)


def test_scripts_that_are_loaded_and_blocks_of_data_need_no_hash() -> None:
    assert inline_hashes('<script src="a.js"></script>') == []
    assert inline_hashes('<script type="application/json">{}</script>') == []


def test_every_page_allows_the_scripts_of_all_pages(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text(PAGE.replace("one()", "two()"))
    texts = [finished(tmp_path), (tmp_path / "other.html").read_text()]
    policies = {re.findall(r'Policy" content="([^"]+)"', text)[0] for text in texts}
    assert len(policies) == 1
    assert policies.pop().count("'sha256-") == 2


def test_the_faults_of_the_theme_are_mended(tmp_path: Path) -> None:
    text = finished(tmp_path)
    assert "autocomplete" not in text
    assert 'role="dialog" aria-label="Search"' in text
    assert 'tabindex=""' not in text
    assert "palette" not in text and 'rel="next"' not in text


def test_fonts_are_asked_for_at_once(tmp_path: Path) -> None:
    (tmp_path / "assets" / "fonts").mkdir()
    (tmp_path / "assets" / "fonts" / "a.woff2").touch()
    assert 'rel="preload" href="../assets/fonts/a.woff2"' in finished(tmp_path)


def test_only_a_page_with_a_snippet_loads_the_runner(tmp_path: Path) -> None:
    (tmp_path / "run-block.mjs").touch()
    loads = '<script src="./run-block.mjs" type="module"></script>'
    assert loads not in finished(tmp_path, loads)
    assert loads in finished(tmp_path, f"{loads}<run-block></run-block>")


def test_what_is_coloured_as_all_text_is_has_no_markup(tmp_path: Path) -> None:
    code = (
        '<span class="n">name</span><span class="p">(</span><span class="mi">1</span>'
    )
    assert 'name(<span class="mi">1</span>' in finished(tmp_path, code)


def test_a_stylesheet_loses_its_comments_and_its_indents(tmp_path: Path) -> None:
    (tmp_path / "stylesheets").mkdir()
    styles = tmp_path / "stylesheets" / "site.css"
    styles.write_text("/* why */\na {\n  color: red;\n}\n")
    finished(tmp_path)
    assert styles.read_text().strip() == "a { color: red; }"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<style>a {}</style>", "the policy blocks <style>"),
        ('<p style="color: red">', "the policy blocks style='color: red' in <p>"),
        ('<p onclick="x()">', "the policy blocks onclick='x()' in <p>"),
        ('<a href="javascript:x()">', "the policy blocks a javascript: link in <a>"),
        ('<img src="//other.org/x">', "<img> loads from another host: //other.org/x"),
        ('<p id="a"><p id="a">', "the id 'a' again"),
        ('<a href="../x/">x</a>', "a dead link: ../x/"),
        ('<a href="#x">x</a>', "a link to an anchor that is not: #x"),
    ],
)
def test_a_fault_of_a_page_is_named_with_its_line(
    tmp_path: Path, body: str, told: str
) -> None:
    with pytest.raises(PostBuildError) as caught:
        finished(tmp_path, body)
    assert f"/: line 12: {told}" in str(caught.value)


def test_a_link_to_another_host_is_no_fault(tmp_path: Path) -> None:
    assert "https://x.org" in finished(tmp_path, '<a href="https://x.org">x</a>')


def test_a_site_is_finished_once(tmp_path: Path) -> None:
    finished(tmp_path)
    with pytest.raises(PostBuildError, match="finished before; build the site afresh"):
        finish(tmp_path)


def test_a_mend_that_nothing_needs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE.replace(' autocomplete="off"', ""))
    with pytest.raises(PostBuildError, match="no page has checkboxes with `autocompl"):
        finish(tmp_path)


def test_a_link_to_a_file_or_an_anchor_of_another_page_is_no_fault(
    tmp_path: Path,
) -> None:
    (tmp_path / "x").mkdir()
    text = PAGE.replace("assets/p", "../assets/p").replace("BODY", '<p id="a b">')
    (tmp_path / "x" / "index.html").write_text(text)
    body = '<a href="x/#a%20b">there</a> <a href="assets/palette.1.css">a file</a>'
    assert body in finished(tmp_path, body)


def test_an_empty_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PostBuildError, match="build the site first: make site"):
        finish(tmp_path)
