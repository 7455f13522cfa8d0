"""A comparison names the steps that moved."""

import json
from typing import Any

import pytest
from walkthrough.cli import main
from walkthrough.roundtrip import cli
from walkthrough.roundtrip.compare import differences
from walkthrough.roundtrip.path import Record
from walkthrough.roundtrip.record import committed


def recording(*steps: dict[str, Any], version: str = "4.2.3") -> Record:
    numbered = [{"depth": 0, "at": "daphne/server.py:10"} | step for step in steps]
    turn = {"thread": "loop", "steps": numbered}
    return {"versions": {"daphne": version}, "phases": {"ws-frame": [turn]}}


def test_equal_recordings_have_no_differences() -> None:
    assert differences(recording({"name": "a:A"}), recording({"name": "a:A"})) == []


def test_a_step_that_is_gone_is_named_with_its_thread() -> None:
    old = recording({"name": "a:A"}, {"name": "b:B"})
    assert differences(old, recording({"name": "a:A"})) == [
        "ws-frame: step 2 gone: [loop] b:B (depth 0)"
    ]


def test_a_new_step_is_named_with_its_event() -> None:
    new = recording({"name": "a:A"}, {"name": "b:B", "event": {"type": "http.request"}})
    assert differences(recording({"name": "a:A"}), new) == [
        "ws-frame: step 2 new: [loop] b:B http.request (depth 0)"
    ]


def test_a_step_on_another_line_is_moved_and_the_version_says_why() -> None:
    old = recording({"name": "a:A"})
    new = recording({"name": "a:A", "at": "daphne/server.py:12"}, version="4.2.4")
    assert differences(old, new) == [
        "daphne: 4.2.3 then, 4.2.4 now",
        "ws-frame: step 1 moved: [loop] a:A (depth 0), "
        "daphne/server.py:10 from the loop to daphne/server.py:12 from the loop",
    ]


def test_a_phase_that_only_one_recording_has_is_named() -> None:
    old, new = recording({"name": "a:A"}), recording({"name": "a:A"})
    new["phases"]["worker"] = new["phases"].pop("ws-frame")
    assert differences(old, new) == ["ws-frame: gone", "worker: new"]


def test_the_command_tells_step_by_step_what_another_version_moved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps(committed("channels"))
    old = text.replace('"4.2.3"', '"4.2.2"').replace("server.py:204", "server.py:199")
    old = old.replace(":AsyncConsumer.send", ":AsyncConsumer.reply")
    monkeypatch.setattr(cli, "committed", lambda name: json.loads(old))
    monkeypatch.setattr(cli, "record", lambda stack: json.loads(text))
    with pytest.raises(SystemExit, match="1"):
        main(["roundtrip", "record"])
    told = capsys.readouterr().out.splitlines()[2:]
    assert told[0] == "daphne: 4.2.2 then, 4.2.3 now"
    assert told[1].startswith("http-sync: step 10 moved: [loop] daphne.server:Server.")
    assert "server.py:199" in told[1] and "server.py:204" in told[1]
    gone, new = (line for line in told if line.startswith("ws-frame: step 16 "))
    assert " gone: " in gone and "AsyncConsumer.reply (depth 3)" in gone
    assert " new: " in new and "AsyncConsumer.send (depth 3)" in new


def test_the_command_is_content_with_an_equal_recording(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "record", lambda stack: committed("channels"))
    with pytest.raises(SystemExit, match="0"):
        main(["roundtrip", "record"])
    assert "All as recorded in the repository." in capsys.readouterr().out
