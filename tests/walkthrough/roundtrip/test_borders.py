"""The tables of the border are what the servers do."""

import pytest
from walkthrough.roundtrip.borders import (
    OUT,
    border_differences,
    borders,
    dump_borders,
    events_html,
    makers,
    record_borders,
    scopes_html,
    takers,
)
from walkthrough.roundtrip.probe import SERVERS
from walkthrough.roundtrip.record import DATA


def test_probing_again_gives_the_committed_tables(
    capsys: pytest.CaptureFixture[str],
) -> None:
    old, new = borders(), record_borders()
    report = "\n".join(border_differences(old, new))
    if old["versions"] != new["versions"]:
        with capsys.disabled():
            print(f"\nother versions are installed than were probed\n{report}")
        return
    assert not report, report


def test_the_file_is_as_the_probe_would_write_it() -> None:
    assert (DATA / "borders.json").read_text("utf-8") == dump_borders(borders())


def test_a_cell_that_changed_is_named_with_both_values() -> None:
    old = {"servers": {"daphne": {"events": {"websocket.connect": []}}}}
    new = {"servers": {"daphne": {"events": {"websocket.connect": ["a"]}}}}
    assert border_differences(old, new) == [
        '/servers/daphne/events/websocket.connect: [] then, ["a"] now'
    ]


def test_daphne_drops_the_headers_of_an_accept_and_the_reason_of_a_close() -> None:
    reached = {name: seen["reached"] for name, seen in borders()["servers"].items()}
    assert reached["daphne"]["websocket.accept"] == ["subprotocol"]
    assert reached["daphne"]["websocket.close"] == ["code"]
    for name in SERVERS.keys() - {"daphne"}:
        assert reached[name]["websocket.accept"] == ["subprotocol", "headers"]
        assert reached[name]["websocket.close"] == ["code", "reason"]


def test_the_tables_have_a_column_for_each_server_and_a_row_for_each_key() -> None:
    seen = borders()["servers"]
    tables = scopes_html() + events_html()
    for key in {key for each in seen.values() for key in each["scopes"]["websocket"]}:
        assert f"<code>{key}</code></th>" in tables
    for name in [*OUT, *(n for each in seen.values() for n in each["events"])]:
        assert f"<code>{name}</code></th>" in tables
    assert tables.count('<th scope="col">Key of the') == 2


def test_the_recording_says_who_makes_an_event_and_who_takes_it() -> None:
    assert makers("websocket.receive") == ["WebSocketProtocol.onMessage"]
    assert takers("websocket.receive") == ["await_many_dispatch"]
    assert takers("http.request") == ["ASGIHandler.read_body"]
    assert makers("http.response.start") == ["ASGIHandler.send_response"]
    assert "AsyncWebsocketConsumer.send" in makers("websocket.send")
