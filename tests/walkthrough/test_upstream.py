"""References to upstream become links, and name what they refer to."""

import markdown
from walkthrough.markdown import makeExtension


def test_the_underscores_of_a_name_are_not_taken_for_bold() -> None:
    text = "See `channels/routing.py:73 URLRouter.__init__`."
    page = markdown.markdown(text, extensions=[makeExtension()])
    assert "<code>URLRouter.__init__</code>" in page
