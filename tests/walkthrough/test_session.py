"""How a snippet runs: the same in the page, in pytest and on the command line."""

import sys
import threading
from collections.abc import Iterator

import pytest
from walkthrough.session import Failure, Result, Session, difference


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session("docs/page.md")
    yield made
    made.close()


def failed(result: Result) -> Failure:
    assert result.failure is not None
    return result.failure


def test_the_last_bare_expression_is_shown_as_the_interpreter_does(session) -> None:
    assert session.run("x = 'a'\nx").output == "'a'\n"
    assert session.run("None").output == ""


def test_await_is_allowed_at_the_top_level_and_one_loop_serves_the_page(
    session,
) -> None:
    session.run(
        "import asyncio\n"
        "task = asyncio.create_task(asyncio.sleep(0, 'done'))\n"
        "await asyncio.sleep(0)"
    )
    assert session.run("await task").output == "'done'\n"


def test_asyncio_run_works_in_a_block_without_await(session) -> None:
    result = session.run("import asyncio\nasyncio.run(asyncio.sleep(0, 3))")
    assert result == Result("3\n")


def test_output_is_handed_on_as_it_is_printed() -> None:
    pieces: list[str] = []
    session = Session("p", write=pieces.append)
    session.run("print('a')\nimport sys\nprint('b', file=sys.stderr)")
    assert "".join(pieces) == "a\nb\n" and len(pieces) > 2


def test_a_traceback_points_into_the_page(session) -> None:
    session.run("def fail():\n    raise KeyError('room')", line=10)
    failure = failed(session.run("fail()", line=20))
    assert failure.summary == "KeyError: 'room'"
    assert failure.line == 11
    assert 'File "docs/page.md", line 11, in fail' in failure.traceback
    assert "raise KeyError('room')" in failure.traceback
    assert "session.py" not in failure.traceback


def test_a_syntax_error_names_its_line(session) -> None:
    failure = failed(session.run("x = 1\nx = = 2", line=7))
    assert (failure.line, failure.summary) == (8, "SyntaxError: invalid syntax")


def test_frames_of_asyncio_are_left_out_and_those_of_libraries_marked(session) -> None:
    failure = failed(
        session.run(
            "import asyncio, json\n"
            "async def go():\n    json.loads('x')\n"
            "await asyncio.gather(go())"
        )
    )
    assert [frame.own for frame in failure.frames][:2] == [True, True]
    assert not any("asyncio" in frame.file for frame in failure.frames)
    assert any("json" in frame.file and not frame.own for frame in failure.frames)


def test_waiting_for_ever_is_an_error_at_once(session) -> None:
    failure = failed(session.run("import asyncio\nawait asyncio.Event().wait()"))
    assert failure.summary.startswith("Deadlock: every task is waiting")


def test_system_exit_ends_the_snippet_and_not_the_run(session) -> None:
    assert failed(session.run("raise SystemExit('bye')")).summary == "SystemExit: bye"


def test_a_warning_is_one_line_of_output(session) -> None:
    result = session.run("async def go(): ...\ngo()\nNone")
    assert result.output == "RuntimeWarning: coroutine 'go' was never awaited\n"


def test_tasks_left_over_are_cancelled_and_named(session) -> None:
    session.run(
        "import asyncio\n"
        "async def linger():\n    await asyncio.sleep(99)\n"
        "task = asyncio.create_task(linger())\n"
        "await asyncio.sleep(0)"
    )
    assert session.close() == ["linger"]


def test_an_interpreter_session_is_judged_example_by_example(session) -> None:
    result = session.replay(
        ">>> 1 + 1\n2\n>>> import asyncio\n"
        ">>> await asyncio.sleep(0, 5)\n6\n>>> 1 / 0\n"
        "Traceback (most recent call last):\n  ...\n"
        "ZeroDivisionError: division by zero\n"
    )
    judged = [example.as_shown for example in result.examples]
    assert judged == [True, True, False, True]
    assert result.examples[2].got == "5\n"


def test_an_example_that_should_fail_and_does_not_is_different(session) -> None:
    text = ">>> 1\nTraceback (most recent call last):\n  ...\nOSError: x\n"
    assert not session.replay(text).examples[0].as_shown


def test_imports_of_minichannels_give_the_names_of_channels() -> None:
    output = (
        Session("p", package="channels")
        .run(
            "from minichannels.routing import URLRouter, path\n"
            "import minichannels.layers as layers\n"
            "(URLRouter.__module__, path.__module__, layers.__name__)"
        )
        .output
    )
    assert "'channels.routing'" in output and "'channels.layers'" in output


def test_an_import_that_cannot_mean_both_packages_says_what_to_write() -> None:
    session = Session("p", package="channels")
    failure = failed(session.run("import minichannels.layers"))
    assert "write 'from minichannels.layers import ...'" in failure.summary


def test_a_local_block_may_use_threads(session) -> None:
    code = "import asyncio, threading\nawait asyncio.to_thread(threading.get_ident)"
    ident = session.run(code, local=True).output
    assert ident.strip() != str(threading.get_ident())


def test_standard_streams_are_given_back(session) -> None:
    before = sys.stdout
    session.run("print('x')")
    assert sys.stdout is before


def test_a_difference_shows_both_sides_and_none_shows_nothing() -> None:
    assert difference("a\nb\n", "a\nb") == ""
    told = difference("a\nb\n", "a\nc\n")
    assert "-b" in told and "+c" in told and "the page" in told


def test_a_deadlock_leaves_no_task_of_ours_behind(session) -> None:
    failure = failed(session.run("import asyncio\nawait asyncio.Event().wait()"))
    assert failure.summary.startswith("Deadlock: every task is waiting")
    assert session.close() == []


def test_an_error_is_the_same_in_the_words_of_any_version_of_python() -> None:
    old = "TypeError: object Chat can't be used in 'await' expression\n"
    assert difference(old, "TypeError: 'Chat' object can't be awaited\n") == ""
    assert difference(old, "TypeError: 'Room' object can't be awaited\n") != ""
