"""The committed recordings are what recording again gives."""

import re

import pytest
from walkthrough.roundtrip.compare import differences
from walkthrough.roundtrip.path import Record, dump
from walkthrough.roundtrip.record import DATA, STACKS, committed, record

NAMES = sorted(STACKS)
ATTEMPTS = 3
"""On a busy machine a socket may close in the next phase; a path that moved, moved."""


def steps(phase: str, stack: str = "channels") -> list[Record]:
    return [s for turn in committed(stack)["phases"][phase] for s in turn["steps"]]


@pytest.mark.parametrize("name", NAMES)
def test_recording_again_gives_the_committed_paths(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old = committed(name)
    for _ in range(ATTEMPTS):
        new = record(STACKS[name])
        if not (report := "\n".join(differences(old, new))):
            break
    if old["versions"] != new["versions"]:
        with capsys.disabled():
            print(
                f"\n{name}: other versions are installed than were recorded\n{report}"
            )
        return
    again = f"walkthrough roundtrip record {name} --write".replace(
        "record channels-", "record --channels "
    )
    assert not report, f"{report}\nIf that is as it should be: {again}"


@pytest.mark.parametrize("name", NAMES)
def test_each_phase_of_a_stack_is_in_its_recording(name: str) -> None:
    phases = [each for names in STACKS[name].processes.values() for each in names]
    assert sorted(committed(name)["phases"]) == sorted(phases)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_as_the_recorder_would_write_it(name: str) -> None:
    assert (DATA / f"{name}.json").read_text("utf-8") == dump(committed(name))


@pytest.mark.parametrize("name", NAMES)
def test_each_step_says_where_it_stands_in_the_source(name: str) -> None:
    for phase in committed(name)["phases"].values():
        for step in (step for turn in phase for step in turn["steps"]):
            for place in (step["at"], step.get("from", step["at"])):
                line = r"" if place.startswith("minichannels/") else r":[1-9]\d*"
                assert re.fullmatch(rf"[\w/]+\.py{line}", place)


def test_a_frame_after_connect_passes_no_router_and_no_middleware() -> None:
    called = {step["name"] for step in steps("ws-frame")}
    assert "channels.routing:ProtocolTypeRouter.__call__" not in called
    assert not [name for name in called if "Middleware" in name]
    assert "roundtrip.consumers:Chat.receive" in called


def test_a_sync_view_runs_in_a_thread_and_an_async_view_on_the_loop() -> None:
    def thread(phase: str, view: str) -> str:
        turns = committed("channels")["phases"][phase]
        names = {turn["thread"]: [s["name"] for s in turn["steps"]] for turn in turns}
        found: str = next(
            turn["thread"]
            for turn in turns
            if f"roundtrip.views:{view}" in [s["name"] for s in turn["steps"]]
        )
        assert found in names
        return found

    assert thread("http-sync", "hello") == "request"
    assert thread("http-async", "hello_async") == "loop"


def test_channels_2_calls_the_router_inside_create_application() -> None:
    then, now = (
        [(s["name"].partition(":")[2], s["depth"]) for s in steps("http-sync", stack)]
        for stack in ("channels-2.4", "channels")
    )
    create = next(depth for name, depth in then if name == "Server.create_application")
    assert ("ProtocolTypeRouter.__call__", create + 1) in then
    assert ("ProtocolTypeRouter.__call__", 0) in now
