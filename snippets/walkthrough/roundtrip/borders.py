"""The border of each server, as tables: scope keys and events, side by side.

What a server gives comes from the probe on it. Who makes an event and who takes it, on
Daphne, comes from the recording of the round trip.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from html import escape

from walkthrough.roundtrip.path import Record
from walkthrough.roundtrip.probe import CONSTANT, SERVERS
from walkthrough.roundtrip.record import CHANNELS, DATA, versions
from walkthrough.roundtrip.render import Phase, shown

NAMES = {"minichannels": "our server"}
PACKAGES = ("daphne", "uvicorn", "hypercorn")
OUT = (
    "http.response.start",
    "http.response.body",
    "websocket.accept",
    "websocket.send",
    "websocket.close",
)
TAKES = "Server.handle_reply"
PASS_ON = {
    "AsyncConsumer.send",
    "SyncConsumer.send",
    "InstanceSessionWrapper.send",
    "AsyncToSync.main_wrap",
}
"""Calls that are given an event and hand it on."""


def record_borders() -> Record:
    """Run the probe on each server, in a process of its own."""
    servers = {}
    for name in SERVERS:
        command = [sys.executable, "-m", "walkthrough.roundtrip.probe", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
        servers[name] = json.loads(done.stdout)
    return {"versions": versions(PACKAGES), "servers": servers}


@cache
def borders() -> Record:
    """Give the tables' data that is in the repository."""
    found: Record = json.loads((DATA / "borders.json").read_text("utf-8"))
    return found


def dump_borders(recording: Record) -> str:
    """Give the data as JSON that can be read in a diff."""
    return json.dumps(recording, indent=1, sort_keys=True) + "\n"


def border_differences(old: Record, new: Record) -> list[str]:
    """Say which cells moved: server, part, name, then what and now what."""
    before, after = _flat(old), _flat(new)
    return [
        f"{name}: {before.get(name, 'nothing')} then, {after.get(name, 'nothing')} now"
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    ]


def _flat(value: object, name: str = "") -> dict[str, str]:
    if not isinstance(value, dict):
        return {name: json.dumps(value)}
    parts = (_flat(inner, f"{name}/{key}") for key, inner in value.items())
    return {key: told for part in parts for key, told in part.items()}


def scopes_html() -> str:
    """Give a table of scope keys for HTTP, and one for WebSocket."""
    return "".join(_scope_table(kind) for kind in ("http", "websocket"))


def _scope_table(kind: str) -> str:
    scopes = {name: borders()["servers"][name]["scopes"][kind] for name in SERVERS}
    keys = sorted({key for scope in scopes.values() for key in scope})

    def row(key: str) -> list[str]:
        constant = key in CONSTANT or key.startswith("asgi")
        return [_code([key]), *(_held(s.get(key), constant) for s in scopes.values())]

    return table([f"Key of the {kind} scope", *_heads()], map(row, keys))


def _held(value: str | None, constant: bool) -> str:
    if value is None:
        return '<span class="rt-none">no</span>'
    return f"<code>{escape(value.strip(chr(39)) if constant else value)}</code>"


def events_html() -> str:
    """Give who makes and who takes each event, and its keys on each server."""
    return _ends() + _incoming() + _outgoing()


def _names() -> list[str]:
    """Give the events to the application, in the order in which they were seen."""
    seen = (borders()["servers"][name]["events"] for name in SERVERS)
    return list(dict.fromkeys(name for events in seen for name in events))


def _ends() -> str:
    """Give who makes and who takes each event, as recorded on Daphne and Channels."""
    kinds = dict.fromkeys(name.partition(" ")[0] for name in _names())
    rows = [[_code([k]), _code(makers(k)), _code(takers(k))] for k in kinds]
    rows += [[_code([k]), _code(makers(k)), _code([TAKES])] for k in OUT]
    heads = ["Event on Daphne", "made by", "taken by"]
    return table(heads, (row for row in rows if row[1]))


def _incoming() -> str:
    """Give the keys with which each server sends each event to the application."""
    events = [borders()["servers"][name]["events"] for name in SERVERS]
    rows = (
        [_code([name]), *(_keys(seen, name) for seen in events)] for name in _names()
    )
    return table(["To the application", *_heads()], rows)


def _outgoing() -> str:
    """Give the keys of the application's events that reach a server's client."""
    reached = [borders()["servers"][name]["reached"] for name in SERVERS]
    rows = ([_code([name]), *(_keys(seen, name) for seen in reached)] for name in OUT)
    return table(["Reaches the client", *_heads()], rows)


def _heads() -> list[str]:
    installed = borders()["versions"]
    names = {name: NAMES.get(name, name.title()) for name in SERVERS}
    return [f"{names[name]} {installed.get(name, '')}".strip() for name in SERVERS]


def _keys(seen: Record, name: str) -> str:
    if name not in seen:
        return '<span class="rt-none">not sent</span>'
    return _code(seen[name]) or "no keys"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"<code>{shown(name)}</code>" for name in names)


def table(heads: Iterable[str], rows: Iterable[list[str]]) -> str:
    """Give a table that scrolls by itself where the page is narrow."""
    heads = list(heads)
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return (
        '<div class="rt-table md-typeset__scrollwrap" tabindex="0" role="region" '
        f'aria-label="{re.sub("<[^>]+>", "", " ".join(heads))}">'
        '<div class="md-typeset__table">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


@cache
def crossings() -> list[tuple[Record, list[str], Record]]:
    """Give each recorded step that carries an event, the calls above it, its turn."""
    found = []
    for phase in CHANNELS.processes["channels"]:
        for turn in Phase("channels", phase).turns:
            above: list[str] = []
            for step in turn["steps"]:
                del above[step["depth"] :]
                if "event" in step:
                    calls = [*turn.get("within", []), *above]
                    found.append((step, calls, turn))
                above.append(step["name"].partition(":")[2])
    return found


def makers(kind: str) -> list[str]:
    """Say which functions make an event, and hand it on."""
    names = {
        call: None
        for step, above, _ in crossings()
        if step["event"]["type"] == kind and not step.get("taken")
        for call in [name for name in above if name not in PASS_ON][-1:]
    }
    return list(names)


def takers(kind: str) -> list[str]:
    """Say which functions take an event from the queue: they call `receive`."""
    names: dict[str, None] = {}
    for step, above, turn in crossings():
        if step["event"]["type"] != kind or not step.get("taken"):
            continue
        if above:
            names[above[-1]] = None
        elif turn["task"].endswith(" Queue.get"):
            names["await_many_dispatch"] = None
    return list(names)
