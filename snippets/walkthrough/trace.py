"""What an application and its channel layer did: an immutable list of typed events.

Diagrams, their text form, and the checks of exercises are functions of that list. As
JSON it is `dataclasses.asdict(trace)`, which `trace.schema.json` describes. It is taken
down by `walkthrough.recorder`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal[
    "scope",  # a connection, or a message for a worker, reaches an application
    "receive",  # the application takes an event of the connection
    "dispatch",  # a consumer calls the method that handles a message
    "send",  # the application sends an event to the client
    "group_add",
    "group_discard",
    "group_send",
    "layer_send",  # a message is put on one channel
    "delivery",  # a message is taken off a channel
    "dropped",  # a message is lost: its channel was full, or it got too old
    "exception",  # an error ends the application
    "close",  # the application has returned
    "left",  # a task that the snippet started still runs at its end
]
Part = Literal[
    "client", "server", "app", "router", "consumer", "layer", "worker", "code"
]
"""What an actor is. `code` is the code of the page outside of any application."""

KINDS: tuple[Kind, ...] = get_args(Kind)
PARTS: tuple[Part, ...] = get_args(Part)

LONGEST = 500
"""Characters of a text, and items of a list, that a payload keeps."""
DEEPEST = 8
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Actor:
    """Somebody who takes part: a lifeline of the picture."""

    id: str
    kind: Part
    name: str
    """As prose says it: `ann`, `ann's Chat`, `URLRouter`."""
    client: str = ""
    """The client that a consumer serves: its id, if it takes part."""


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    number: int
    """Its place in the trace, counted from 1."""
    time: float
    """Seconds that the program had slept by then, in steps of 10 ms. What it spent on
    computing is left out, so the same program gives the same times."""
    kind: Kind
    source: str
    """Who did it: the id of an actor."""
    target: str = ""
    """Whom it went to: the id of an actor, or nothing."""
    line: int | None = None
    """The line of the page that caused it, if one did."""
    cause: int | None = None
    """The number of the event that led to it, if that is in this trace."""
    until: int | None = None
    """Of a `dispatch`: the last event before its handler had ended, if it has."""
    message: Any = None
    """The scope, event or message, as `plain` gives it."""
    group: str = ""
    channel: str = ""
    """A channel of the layer; if it is a consumer's own, whose it is."""
    handler: str = ""
    """Of a `dispatch`: the name of the method."""
    text: str = ""
    """Why something was dropped, what was raised, which task is left."""


@dataclass(frozen=True)
class Trace:
    """What happened, in order, and who took part, in order of appearance."""

    actors: tuple[Actor, ...] = ()
    events: tuple[Event, ...] = ()

    @classmethod
    def of(cls, told: dict[str, Any]) -> Trace:
        """Make a trace of its JSON."""
        return cls(
            tuple(Actor(**actor) for actor in told["actors"]),
            tuple(Event(**event) for event in told["events"]),
        )

    def actor(self, id: str) -> Actor:
        return next(actor for actor in self.actors if actor.id == id)


def plain(value: Any, depth: int = 0) -> Any:
    """Give a payload as JSON has it, as it is now, cut where it is long.

    Bytes are `{"$bytes": text}`, one character a byte. What JSON has no form for is
    `{"$repr": text}`.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return cut(value)
        case bytes() | bytearray():
            return {"$bytes": cut(bytes(value).decode("latin-1"))}
        case dict() if depth < DEEPEST:
            items = list(value.items())[:LONGEST]
            return {cut(str(key)): plain(each, depth + 1) for key, each in items}
        case list() | tuple() if depth < DEEPEST:
            return [plain(each, depth + 1) for each in value[:LONGEST]]
    return {"$repr": cut(ADDRESS.sub("", represent(value)))}


def cut(text: str) -> str:
    rest = len(text) - LONGEST
    return f"{text[:LONGEST]}… ({rest} more)" if rest > 0 else text


def represent(value: object) -> str:
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__qualname__}>"
