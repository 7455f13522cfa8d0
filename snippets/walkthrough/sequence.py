"""Draw a trace: a sequence diagram, row by row, each beside the same event in words.

One ordered list is both. An item holds a strip of the picture, as inline SVG, and a
sentence. The strips touch, so their lifelines join. Places across are in per cent and a
strip is as high as its sentence, so the picture fits every width without scaling.

It draws at build time, and in the page after each run: one code for both. Its markup
has no style, no script and no link; `sequence.mjs` takes in no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from itertools import chain
from typing import Any

from walkthrough.trace import Actor, Event, Trace

ARROW = 15
"""How far below the upper edge of a strip its arrow lies, in CSS pixels."""

WIDE = 420
"""The width of the picture where it shows labels, about: they are cut to fit."""
LANE = 92
"""The most that a lifeline gets of it."""
LETTER = 5.6
"""The width of a letter of a label, about."""

MOST = 400
"""How many events are drawn."""

HEADS = {
    "filled": "M0 0-8-4v8z",
    "open": "M-8-4.5 0 0-8 4.5",
    "cross": "M-5-5 5 5M-5 5 5-5",
    "end": "M-7 0H7",
    "lost": "M0 0H9M7-5 17 5M7 5 17-5",
}
STROKES = {
    "scope": "open",
    "receive": "filled",
    "send": "filled",
    "group_add": "open",
    "group_discard": "open",
    "group_send": "filled",
    "layer_send": "filled",
    "delivery": "filled",
    "dropped": "cross",
}
MARKS = {"close": "end", "exception": "cross", "dropped": "lost"}
"""What stands on a lifeline where nothing goes to another."""
GLYPHS = {
    "client": "M2 3h12v8H2zM6 14h4M8 11v3",
    "server": "M2 3h12v4H2zM2 9h12v4H2zM5 5h.1M5 11h.1",
    "app": "M3 8a5 5 0 1 0 10 0A5 5 0 1 0 3 8",
    "router": "M2 8h4l4-4h4M6 8l4 4h4",
    "consumer": "M3 2h10v12H3zM6 6h4M6 9h4",
    "layer": "M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3",
    "worker": "M8 5a3 3 0 1 0 0 6 3 3 0 1 0 0-6M8 1v3M8 12v3M1 8h3M12 8h3",
    "code": "M6 4 2 8l4 4M10 4l4 4-4 4",
}


def figure(
    trace: Trace,
    slug: str,
    *,
    title: str = "What happened",
    lanes: Sequence[Actor] = (),
    marked: frozenset[int] = frozenset(),
) -> str:
    """Give a trace as HTML: complete without JavaScript, and small enough for a phone.

    Args:
        trace: What happened.
        slug: The snippet that did it: its events get names of their own for links.
        title: What stands above.
        lanes: The lifelines, if they are also those of another picture.
        marked: The numbers of the events that the picture beside it does not have.
    """
    lanes = list(lanes) or arranged(trace)
    items = rows(trace, slug, lanes, marked=marked)
    heads = "".join(head(actor) for actor in lanes)
    count = len(trace.events)
    events = "1 event" if count == 1 else f"{count} events"
    told = f" <span>{events}, from the run</span>" if count else ""
    rest = f"{count - MOST} more events are not drawn."
    more = f'<p class="trace-more">{rest}</p>' if count > MOST else ""
    many = " trace-many" if len(lanes) > 6 else ""
    return (
        f'<event-sequence><figure class="trace{many}" data-trace="{escape(slug)}" '
        f'data-lanes="{len(lanes)}"><figcaption class="trace-title">'
        f"<b>{escape(title)}</b>{told}</figcaption>"
        f'<div class="trace-heads" aria-hidden="true">{heads}</div>'
        f'<ol class="trace-events" role="list">{items}</ol>{more}'
        "</figure></event-sequence>"
    )


def rows(
    trace: Trace,
    slug: str,
    lanes: Sequence[Actor],
    *,
    since: int = 0,
    marked: frozenset[int] = frozenset(),
) -> str:
    """Give the items of the list: of the events after that of a number."""
    drawing = Drawing(trace, lanes)
    wanted = [event for event in trace.events if event.number > since][:MOST]
    return "".join(item(drawing, e, slug, e.number in marked) for e in wanted)


def pair(traces: dict[str, Trace], slug: str) -> str:
    """Give two traces side by side, on the same lifelines.

    An actor of one is that of the other if they are of one kind, and of one name or,
    for want of that, of one place among those of their kind. Each picture keeps its own
    names. Events that the other picture does not have are marked.

    Args:
        traces: Each under its title.
        slug: The snippet.
    """
    (left, one), (right, two) = traces.items()
    two = rename(two, one)
    lanes = arranged(merged(one, two))
    first, second = differing(one, two)
    return (
        f'<div class="trace-pair">'
        f"{figure(one, '', title=left, lanes=own(lanes, one), marked=first)}"
        f"{figure(two, slug, title=right, lanes=own(lanes, two), marked=second)}</div>"
    )


# ---- lifelines


def arranged(trace: Trace) -> list[Actor]:
    """Put the actors next to those they talk to.

    Where nobody but a layer serves several connections, these stand on both sides of it
    like mirror images, so that no arrow crosses the lifeline of another. Otherwise
    clients are on the left, layers on the right, and the others between them.
    """
    owners = roots(trace)
    actors = [actor for actor in trace.actors if actor.kind != "layer"]
    layers = [actor for actor in trace.actors if actor.kind == "layer"]
    heads = [actor for actor in actors if owners[actor.id] == {actor.id}]
    heads.sort(key=lambda actor: actor.kind in ("worker", "code"))
    if any(len(owners[actor.id]) > 1 for actor in actors):
        clients = [actor for actor in heads if actor.kind in ("client", "server")]
        rest = [actor for actor in actors if actor not in clients]
        return [*clients, *rest, *layers]
    chains = [[a for a in actors if owners[a.id] == {head.id}] for head in heads]
    half = (len(heads) + 1) // 2
    left, right = chain(*chains[:half]), [*chain(*chains[half:])]
    return [*left, *layers, *reversed(right)]


def roots(trace: Trace) -> dict[str, set[str]]:
    """Give for each actor the clients, workers or servers that lead to it."""
    found = {actor.id: {actor.client} - {""} for actor in trace.actors}
    for event in trace.events:
        if event.kind == "scope" and not trace.actor(event.target).client:
            found[event.target] |= found[event.source] or {event.source}
    return {id: owners or {id} for id, owners in found.items()}


def merged(one: Trace, two: Trace) -> Trace:
    """Give one trace with the actors and the events of two."""
    known = {actor.id for actor in one.actors}
    actors = [*one.actors, *(a for a in two.actors if a.id not in known)]
    return Trace(tuple(actors), one.events + two.events)


def own(lanes: Sequence[Actor], trace: Trace) -> list[Actor]:
    """Give the lifelines with the names that they have in one of two traces."""
    named = {actor.id: actor for actor in trace.actors}
    return [named.get(actor.id, actor) for actor in lanes]


def rename(trace: Trace, model: Trace) -> Trace:
    """Give actors the ids that their likes have in another trace."""
    new = {actor.id: f"{actor.id}b" for actor in trace.actors}
    new |= {one.id: other.id for one, other in alike(trace, model)} | {"": ""}
    return Trace(
        tuple(Actor(new[a.id], a.kind, a.name, new[a.client]) for a in trace.actors),
        tuple(
            Event(**{**vars(e), "source": new[e.source], "target": new[e.target]})
            for e in trace.events
        ),
    )


def alike(trace: Trace, model: Trace) -> Iterator[tuple[Actor, Actor]]:
    """Pair the actors of two traces: by kind and name, then by kind and order."""
    free = list(model.actors)
    rest = []
    for actor in trace.actors:
        same = [a for a in free if (a.kind, a.name) == (actor.kind, actor.name)]
        if same:
            free.remove(same[0])
            yield actor, same[0]
        else:
            rest.append(actor)
    for actor in rest:
        same = [a for a in free if a.kind == actor.kind]
        if same:
            free.remove(same[0])
            yield actor, same[0]


def differing(one: Trace, two: Trace) -> tuple[frozenset[int], frozenset[int]]:
    """Give the numbers of the events that each of two traces has alone.

    The names of the actors that stand for each other make no difference.
    """
    told = [[words_of(t, event) for event in t.events] for t in (one, two)]
    names = {actor.id: actor.name for actor in one.actors}
    for actor in two.actors:
        name = rf"\b{re.escape(actor.name)}\b"
        like = names.get(actor.id, actor.name).replace("\\", "\\\\")
        told[1] = [re.sub(name, like, each) for each in told[1]]
    first: set[int] = set()
    second: set[int] = set()
    matcher = SequenceMatcher(None, told[0], told[1], autojunk=False)
    for same, a, b, c, d in matcher.get_opcodes():
        if same != "equal":
            first.update(range(a + 1, b + 1))
            second.update(range(c + 1, d + 1))
    return frozenset(first), frozenset(second)


def words_of(trace: Trace, event: Event) -> str:
    return "".join(text for _, text in sentence(trace, event))


# ---- the picture


@dataclass
class Drawing:
    """The lifelines of a trace, and what is on them at each event."""

    trace: Trace
    lanes: Sequence[Actor]

    def __post_init__(self) -> None:
        count = len(self.lanes)
        self.column = {actor.id: i for i, actor in enumerate(self.lanes)}
        self.x = {id: f"{(i + 0.5) / count:.1%}" for id, i in self.column.items()}
        last = self.trace.events[-1].number if self.trace.events else 0
        self.first = {actor.id: 0 for actor in self.trace.actors}
        self.last = {actor.id: last + 1 for actor in self.trace.actors}
        self.busy: dict[str, list[tuple[int, int]]] = {}
        times = [event.time for event in self.trace.events]
        self.pauses = {
            event.number: round(event.time - before, 2)
            for event, before in zip(self.trace.events[1:], times, strict=False)
        }
        for event in self.trace.events:
            self._note(event, last)

    def _note(self, event: Event, last: int) -> None:
        if event.kind == "scope":
            if self.acts(event.target)[0] == event.number:
                self.first[event.target] = event.number
        elif event.kind in ("close", "exception"):
            if self.acts(event.source)[-1] == event.number:
                self.last[event.source] = event.number
        elif event.kind == "dispatch":
            span = event.number, event.until or last + 1
            self.busy.setdefault(event.source, []).append(span)

    def acts(self, id: str) -> list[int]:
        """Give the numbers of the events in which an actor takes part."""
        return [e.number for e in self.trace.events if id in (e.source, e.target)]

    def strip(self, event: Event) -> str:
        """Give the picture of one event: the lifelines, and what happens on them."""
        parts = [*self.lifelines(event.number), *self.bars(event.number)]
        if self.pause(event):
            parts.append('<line class="trace-pause" x2="100%" y1="1" y2="1"/>')
        parts += self.act(event)
        return (
            f'<svg class="trace-strip" aria-hidden="true" width="100%" '
            f'overflow="visible">{"".join(parts)}</svg>'
        )

    def pause(self, event: Event) -> float:
        """Give the seconds that nothing happened before an event."""
        return self.pauses.get(event.number, 0)

    def lifelines(self, number: int) -> Iterator[str]:
        for actor in self.lanes:
            first, last = self.first.get(actor.id), self.last.get(actor.id)
            if first is None or last is None or not first <= number <= last:
                continue
            top = f' y1="{ARROW}"' if number == first else ""
            bottom = str(ARROW) if number == last else "100%"
            x = self.x[actor.id]
            yield (
                f'<line class="trace-life trace-{actor.kind}" '
                f'x1="{x}" x2="{x}"{top} y2="{bottom}"/>'
            )

    def bars(self, number: int) -> Iterator[str]:
        """Show which consumers are in a handler."""
        for id, spans in self.busy.items():
            for first, last in spans:
                if not first <= number <= last:
                    continue
                top = ARROW if number == first else 0
                end = f'height="{ARROW}"' if number == last else 'height="100%"'
                if first == last:
                    end = 'height="8"'
                yield (
                    f'<rect class="trace-busy" x="{self.x[id]}" y="{top}" width="7" '
                    f'{end} transform="translate(-3.5)"/>'
                )

    def act(self, event: Event) -> Iterator[str]:
        text = label(self.trace, event)
        kind = event.kind
        if kind in STROKES and event.target:
            yield from self.arrow(event, text)
        elif kind in MARKS:
            yield self.mark(event.source, MARKS[kind], kind)
            yield self.beside(event.source, text, kind)
        else:
            yield self.beside(event.source, text, kind)

    def arrow(self, event: Event, text: str) -> Iterator[str]:
        a, b = self.column[event.source], self.column[event.target]
        x1, x2 = self.x[event.source], self.x[event.target]
        kind, way = event.kind, "" if b > a else ' transform="scale(-1 1)"'
        middle = f"{(a + b + 1) / 2 / len(self.lanes):.1%}"
        if kind == "dropped":
            x2 = middle
        yield (
            f'<line class="trace-arrow trace-{kind}" x1="{x1}" x2="{x2}" '
            f'y1="{ARROW}" y2="{ARROW}"/>'
            f'<svg class="trace-head trace-{kind}" x="{x2}" y="{ARROW}" '
            f'overflow="visible"><path class="trace-{STROKES[kind]}" '
            f'd="{HEADS[STROKES[kind]]}"{way}/></svg>'
        )
        room = abs(a - b) * min(LANE, WIDE / len(self.lanes)) / LETTER
        yield (
            f'<text class="trace-label trace-{kind}" x="{middle}" y="{ARROW - 4}">'
            f"{escape(cut(text, max(16, int(room))), quote=False)}</text>"
        )

    def mark(self, id: str, shape: str, kind: str) -> str:
        way = ' transform="scale(-1 1)"' if self.leftwards(id) else ""
        return (
            f'<svg class="trace-head trace-{kind}" x="{self.x[id]}" y="{ARROW}" '
            f'overflow="visible"><path class="trace-{shape}" d="{HEADS[shape]}"{way}/>'
            "</svg>"
        )

    def leftwards(self, id: str) -> bool:
        """Say on which side of a lifeline there is more room."""
        return self.column[id] >= (len(self.lanes) + 1) // 2

    def beside(self, id: str, text: str, kind: str) -> str:
        """Write next to a lifeline: to the side where there is more room."""
        left = self.leftwards(id)
        side = "trace-west" if left else "trace-east"
        dx = {"dropped": 22, "close": 13, "exception": 11}.get(kind, 9)
        shown = escape(cut(text, 24), quote=False)
        return (
            f'<text class="trace-label trace-{kind} {side}" x="{self.x[id]}" '
            f'y="{ARROW + 4}" dx="{-dx if left else dx}">{shown}</text>'
        )


def head(actor: Actor) -> str:
    glyph = (
        f'<svg class="trace-glyph" viewBox="0 0 16 16" width="16" height="16">'
        f'<path d="{GLYPHS[actor.kind]}"/></svg>'
    )
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "<wbr>", escape(actor.name, quote=False))
    return f'<span class="trace-lane trace-{actor.kind}">{glyph}<b>{name}</b></span>'


def item(drawing: Drawing, event: Event, slug: str, marked: bool) -> str:
    """Give one event: its strip of the picture, its words, its payload."""
    words = "".join(piece(*part) for part in sentence(drawing.trace, event))
    pause = drawing.pause(event)
    later = f'<i class="trace-later">{duration(pause)} later</i> ' if pause else ""
    line = f' data-line="{event.line}"' if event.line else ""
    name = f'id="{escape(slug)}-{event.number}" ' if slug else ""
    payload = escape(literal(event.message), quote=False)
    kept = f'<code class="trace-payload" hidden>{payload}</code>'
    return (
        f'<li class="trace-event{" trace-differs" if marked else ""}" '
        f'{name}data-number="{event.number}" '
        f'data-kind="{event.kind}"{line}>'
        f"{drawing.strip(event)}<p>{later}{words}</p>"
        f"{kept if event.message is not None else ''}</li>"
    )


# ---- words

Words = list[tuple[str, str]]
"""Pieces of a sentence: a tag, `b` or `code` or nothing, and a text."""
Word = str | tuple[str, str]


def piece(tag: str, text: str) -> str:
    """Give a piece of a sentence as HTML; a long name may break at its joints."""
    shown = escape(text, quote=False)
    if tag == "code":
        shown = re.sub(r"(?<=[._])(?=\w)", "<wbr>", shown)
    return f"<{tag}>{shown}</{tag}>" if tag else shown


def sentence(trace: Trace, event: Event) -> Words:
    """Say what an event is."""
    names = {actor.id: actor.name for actor in trace.actors}
    kinds = {actor.id: actor.kind for actor in trace.actors}
    source, target = named(names[event.source]), named(names.get(event.target, ""))
    message, group = said(event.message), ("code", event.group)
    match event.kind:
        case "scope":
            words = scope_words(event, source, target, kinds[event.source])
        case "receive":
            words = [*target, (" receives "), *message, " from ", *source]
        case "dispatch":
            words = [*source, " calls ", ("code", f"{event.handler}()")]
        case "send":
            words = [*source, " sends ", *message, " to ", *target]
        case "group_add" | "group_discard":
            words = membership_words(event, source, group)
        case "group_send":
            words = [*source, " sends ", *message, " to the group ", group]
        case "layer_send":
            channel = ("code", event.channel)
            words = [*source, " sends ", *message, " to the channel ", channel]
        case "delivery":
            words = [*source, " delivers ", *message, " to ", *target]
        case "dropped":
            reader = target or [("code", event.channel)]
            why = "its channel is full" if event.text == "full" else "it is too old"
            words = [*message, " for ", *reader, f" is dropped: {why}"]
        case "exception":
            words = [*source, " fails with ", ("code", event.text)]
        case "close":
            words = [*source, " is cancelled" if event.text else " ends"]
        case _:
            words = ["at the end ", *left_words(event, source)]
    return begun([("", word) if isinstance(word, str) else word for word in words])


def named(name: str) -> list[Word]:
    """Give a name, with its article if it is one of ours."""
    article: list[Word] = ["the "] if name in OURS else []
    return [*article, ("b", name)] if name else []


OURS = ("channel layer", "client", "server", "worker")


def begun(words: Words) -> Words:
    """Begin a sentence with a capital, unless a name of the code does."""
    (tag, text), *rest = words
    if tag == "" or text == "your code":
        text = text[:1].upper() + text[1:]
    return [(tag, text), *rest]


def left_words(event: Event, source: list[Word]) -> list[Word]:
    if event.text and source[-1] != ("b", f"{event.text}()"):
        return [("code", f"{event.text}()"), " still runs"]
    return [*source, " still runs" if event.text else " is still open"]


def scope_words(
    event: Event, source: list[Word], target: list[Word], kind: str
) -> list[Word]:
    scope = event.message
    what = ("code", f"{scope.get('type', '')} {place(scope)}".strip())
    if kind == "client":
        return [*source, " opens ", what, " to ", *target]
    if kind in ("app", "router", "consumer"):
        return [*source, " hands over to ", *target]
    verb = " starts " if kind == "worker" else " calls "
    return [*source, verb, *target, " for ", what]


def membership_words(
    event: Event, source: list[Word], group: tuple[str, str]
) -> list[Word]:
    joins = event.kind == "group_add"
    if event.channel.startswith("channel of "):
        return [*source, f" {'joins' if joins else 'leaves'} the group ", group]
    verb, into = (" puts ", " into ") if joins else (" takes ", " out of ")
    return [*source, verb, ("code", event.channel), f"{into}the group ", group]


def said(message: Any) -> Words:
    """Give the type of a message, and the little of its content that tells most."""
    if not isinstance(message, dict):
        return [("code", literal(message))]
    words: Words = [("code", str(message.get("type", "a message without a type")))]
    told = content(message)
    return [*words, ("", f" {told}")] if told else words


def content(message: dict[str, Any]) -> str:
    """Give the text, the code or the status of a message."""
    for key in ("text", "bytes", "body", "message", "data"):
        match message.get(key):
            case str() as text:
                return f"“{cut(text, 40)}”"
            case {"$bytes": str() as text} if text:
                return cut(repr(text.encode("latin-1", "replace")), 40)
    for key in ("code", "status", "reason", "subprotocol"):
        if message.get(key) not in (None, ""):
            return str(message[key])
    rest = {key: value for key, value in message.items() if key not in QUIET}
    return cut(", ".join(f"{key}={literal(rest[key])}" for key in rest), 40)


QUIET = ("type", "headers", "subprotocol", "text", "bytes", "body", "more_body")


def label(trace: Trace, event: Event) -> str:
    """Say an event in a word or two, for the picture."""
    message = event.message if isinstance(event.message, dict) else {}
    short = str(message.get("type", "")).rpartition(".")[2]
    told = content(message) if message else ""
    match event.kind:
        case "scope":
            return place(message) or str(message.get("type", ""))
        case "receive" | "send":
            return told if told.startswith("“") else f"{short} {told}".strip()
        case "delivery" | "layer_send":
            return str(message.get("type", ""))
        case "dispatch":
            return f"{event.handler}()"
        case "group_add":
            return f"join {event.group}"
        case "group_discard":
            return f"leave {event.group}"
        case "group_send":
            return f"to {event.group}"
        case "dropped":
            return event.text
        case "exception":
            return event.text.partition(":")[0]
        case "close":
            return event.text
    return "still open"


def place(scope: Any) -> str:
    """Give what a scope is about: the path, or the channel of a worker."""
    if not isinstance(scope, dict):
        return ""
    method = str(scope.get("method", ""))
    return f"{method} {scope.get('path', scope.get('channel', ''))}".strip()


def literal(value: Any) -> str:
    """Give a payload as Python writes it."""
    match value:
        case {"$bytes": str() as text, **rest} if not rest:
            return repr(text.encode("latin-1", "replace"))
        case {"$repr": str() as text, **rest} if not rest:
            return text
        case dict():
            return (
                "{" + ", ".join(f"{k!r}: {literal(v)}" for k, v in value.items()) + "}"
            )
        case list():
            return "[" + ", ".join(literal(each) for each in value) + "]"
    return repr(value)


def duration(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def cut(text: str, most: int) -> str:
    closing = "”" if text.endswith("”") else ""
    return (
        text if len(text) <= most else text[: most - 1 - len(closing)] + "…" + closing
    )
