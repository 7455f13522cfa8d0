"""The time of the snippets: it goes by what they sleep, and by nothing else."""

import time
from collections.abc import Iterator

import pytest
from walkthrough.clock import Clock
from walkthrough.session import Session

REAL = time.monotonic, time.sleep


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session("docs/page.md", clock=Clock(hurried=True))
    yield made
    made.close()


def stall(seconds: float) -> None:
    """Compute, as a busy machine would, for so long."""
    until = REAL[0]() + seconds
    while REAL[0]() < until:
        pass


@pytest.mark.parametrize(
    "wait",
    [
        "time.sleep(1e6)",
        "await asyncio.sleep(1e6)",
        "async def wait(): await asyncio.sleep(1e6)\nasyncio.run(wait())",
    ],
)
def test_a_sleep_takes_no_time_and_every_clock_has_moved(session, wait) -> None:
    clocks = (
        "[time.time(), time.monotonic(), time.perf_counter(), time.time_ns() / 1e9]"
    )
    session.run(f"import asyncio, time\nbefore = {clocks}\n{wait}")
    result = session.run(f"[round(b - a) for a, b in zip(before, {clocks})]")
    assert result.output == "[1000000, 1000000, 1000000, 1000000]\n"


def test_a_machine_that_is_late_makes_no_timeout_come_early(session) -> None:
    session.namespace["stall"] = stall
    result = session.run(
        "import asyncio\n"
        "async def answer():\n    await asyncio.sleep(0.01)\n    stall(0.1)\n"
        "    await asyncio.sleep(0.01)\n    return 'in time'\n"
        "await asyncio.wait_for(answer(), 0.05)"
    )
    assert result.output == "'in time'\n"


def test_who_waits_by_looking_at_the_clock_does_not_wait_for_ever(session) -> None:
    result = session.run(
        "import time\nend = time.monotonic() + 0.001\n"
        "while time.monotonic() < end: pass\nprint('over')"
    )
    assert result.output == "over\n"


def test_time_begins_with_the_clock_on_the_wall(session) -> None:
    result = session.run("import time\nprint(time.time(), time.monotonic())")
    seen = [float(number) for number in result.output.split()]
    assert 0 <= time.time() - seen[0] < 60 and 0 <= REAL[0]() - seen[1] < 60


def test_outside_of_a_block_the_time_is_the_machines_own(session) -> None:
    session.run("import time\ntime.sleep(1e6)")
    assert (time.monotonic, time.sleep) == REAL


def test_a_local_block_has_the_time_of_the_machine(session) -> None:
    code = "import time\nprint(time.sleep is real)"
    session.namespace["real"] = REAL[1]
    assert session.run(code).output == "False\n"
    assert session.run(code, local=True).output == "True\n"


def test_after_a_hurry_time_goes_on_from_where_it_came_to() -> None:
    clock = Clock()
    with clock.hurry():
        before = clock.seconds()
        clock.sleep(100)
        stall(0.02)
        hurried = clock.seconds()
    assert 100 <= hurried - before < 100.01
    stall(0.02)
    assert hurried + 0.02 <= clock.seconds() < hurried + 60
