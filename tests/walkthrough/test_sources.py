"""Real source, found by the name of its object."""

import pytest
from walkthrough.sources import NoSuchSource, find_source


def test_a_class_a_method_and_a_value_are_found_by_name() -> None:
    cls = find_source("walkthrough/session.py", "Session")
    method = find_source("walkthrough/session.py", "Session.close")
    value = find_source("minichannels/asgi.py", "Scope")
    assert cls.text.startswith("@dataclass\nclass Session:")
    assert method.text.startswith("def close(self")
    assert value.text == "Scope = dict[str, Any]\n"


def test_docstrings_can_be_left_out() -> None:
    source = find_source("walkthrough/session.py", "Session.close", docstrings=False)
    assert '"""' not in source.text and "runner.close()" in source.text


def test_a_docstring_that_is_the_whole_body_stays() -> None:
    name = "AsyncHttpConsumer.disconnect"
    source = find_source("minichannels/generic/http.py", name, docstrings=False)
    compile(source.text, name, "exec")


def test_a_file_is_found_whole() -> None:
    whole = find_source("minichannels/asgi.py").text
    assert "Scope = " in whole and "Application = " in whole


def test_an_unknown_object_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(NoSuchSource, match=r"has no Sesion; did you mean Session\?"):
        find_source("walkthrough/session.py", "Sesion")


def test_an_unknown_file_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(NoSuchSource, match=r"did you mean minichannels/asgi.py\?"):
        find_source("minichannels/agsi.py")
