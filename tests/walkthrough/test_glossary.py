"""The words of the glossary, as pages show them."""

from pathlib import Path

from markdown import markdown
from walkthrough.glossary import GlossaryExtension, forms, read_terms

WORDS = """
# Glossary

channel { #channel }
:   A place with a `name` to which
    anyone can [send](x.md).

channel layer { #channel-layer }
:   What holds the channels.

`send` { #send }
:   The callable.
"""


def rendered(text: str, folder: Path, name: str = "page.md") -> str:
    (folder / "glossary.md").write_text(WORDS)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    ours = GlossaryExtension(docs=str(folder))
    return markdown(text, extensions=["attr_list", "def_list", "tables", ours])


def test_a_definition_is_read_as_plain_text() -> None:
    channel, _, _ = read_terms(WORDS)
    assert channel.definition == "A place with a name to which anyone can send."


def test_the_first_use_leads_to_the_definition_and_the_second_is_plain(
    tmp_path: Path,
) -> None:
    html = rendered("A channel here, a channel there.", tmp_path)
    assert html == (
        '<p>A <a class="term" href="glossary.md#channel" '
        'title="A place with a name to which anyone can send.">channel</a>'
        " here, a channel there.</p>"
    )


def test_a_page_in_a_folder_finds_its_way_to_the_glossary(tmp_path: Path) -> None:
    html = rendered("A channel.", tmp_path, "chapters/page.md")
    assert 'href="../glossary.md#channel"' in html


def test_a_text_that_is_no_page_stays_as_it_is(tmp_path: Path) -> None:
    rendered("A page.", tmp_path)
    ours = GlossaryExtension(docs=str(tmp_path))
    html = markdown("A docstring on a channel.", extensions=[ours])
    assert html == "<p>A docstring on a channel.</p>"


def test_the_longest_word_wins(tmp_path: Path) -> None:
    html = rendered("One channel layer, *two* channels.", tmp_path)
    assert '>channel layer</a>, <em>two</em> <a class="term"' in html
    assert ">channels</a>.</p>" in html


def test_headings_links_and_code_stay_as_they_are(tmp_path: Path) -> None:
    for text in ("# A channel", "[a channel](x)", "`channel`", "    channel"):
        assert "term" not in rendered(text, tmp_path)


def test_the_name_of_the_library_is_not_the_word(tmp_path: Path) -> None:
    assert forms("channel") == ["channel", "Channel", "channels"]
    assert "term" not in rendered("Channels is a library.", tmp_path)


def test_a_name_with_a_dot_or_a_dash_is_not_the_word(tmp_path: Path) -> None:
    for text in ("channel.send", "sub-channel", "channel/send"):
        assert "term" not in rendered(text, tmp_path)


def test_a_link_of_the_page_itself_is_the_one(tmp_path: Path) -> None:
    html = rendered("A channel. A [**channel**](../glossary.md#channel).", tmp_path)
    assert html.startswith('<p>A channel. A <a class="term" href="../glossary.md#chan')


def test_a_page_that_defines_a_word_does_not_link_it(tmp_path: Path) -> None:
    assert 'class="term"' not in rendered(f"A channel.\n{WORDS}", tmp_path)
