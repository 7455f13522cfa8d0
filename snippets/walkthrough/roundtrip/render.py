"""The lists of the chapter, as HTML that is complete without JavaScript.

A phase opens with its hand-overs: the dozen steps at which one library calls another.
Folded below is all of it: a list of turns, a turn a list of steps, and a step holds the
steps below it. All of it comes from the recording, but for the sentence that says why a
step is there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from walkthrough.roundtrip.links import upstream
from walkthrough.roundtrip.path import Record
from walkthrough.roundtrip.reasons import reasons
from walkthrough.roundtrip.record import STACKS, committed

LAYERS = {
    "twisted": "Twisted",
    "asyncio": "asyncio",
    "daphne": "Daphne",
    "asgiref": "asgiref",
    "channels": "Channels",
    "layer": "channels_redis",
    "django": "Django",
    "minichannels": "minichannels",
    "yours": "yours",
}
TITLES = {
    "http-sync": "HTTP to a sync view",
    "http-async": "HTTP to an async view",
    "http-stream": "A streamed response",
    "http-body": "A large body",
    "ws-connect": "A WebSocket connects",
    "ws-frame": "A frame in, a frame out",
    "ws-sync": "The same frame, with a sync consumer",
    "group-memory": "A group, in memory",
    "group-redis": "A group, through Redis",
    "group-pubsub": "A group, through Redis pub/sub",
    "ws-client-closes": "The client closes",
    "ws-server-closes": "The server closes",
    "ws-refused-origin": "An origin that is refused",
    "ws-no-route": "A path without a route",
    "ws-error": "An exception in a handler",
    "worker": "A worker gets a message",
}
"""By phase: the heading of its section, whose id is the phase's name."""
THREADS = {
    "loop": "Event loop",
    "request": "Thread of this request",
    "shared": "Shared sync thread",
    "pool": "A thread of the pool",
}
HANDS_ON = ("SyncToAsync.thread_handler", "AsyncToSync.main_wrap")
"""Calls that say nothing of a turn: every job of a thread begins with one."""
TWISTED = "a callback of Twisted"
CARRIERS = ("asyncio", "asgiref")
"""What carries a call or an event from one library to another, and is no end of it."""
TOOLS = (
    '<div class="rt-tools" role="group" aria-label="Fold the steps">'
    '<button type="button" data-depth="0">Turns only</button>'
    '<button type="button" data-depth="2">Two deep</button>'
    '<button type="button" data-depth="99">All steps</button>'
    '<button type="button" aria-pressed="false">Names only</button></div>'
)
"""In the page from the start, so that nothing moves when the script comes to them."""
LONG_ENOUGH = 4
"""Steps from which on an equal turn is a link to where it was shown before."""


@dataclass
class Step:
    """A step as the page shows it, with those below it."""

    number: int
    record: Record
    children: list["Step"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.record["name"].partition(":")[2])


@dataclass
class Handover:
    """A step of the short path, and the events that it puts on their way."""

    number: int
    turn: Record
    record: Record
    events: dict[str, int] = field(default_factory=dict)

    @property
    def layer(self) -> str:
        return str(self.record["layer"])

    @property
    def carries(self) -> bool:
        return self.layer in CARRIERS


@dataclass
class Phase:
    """One phase of one stack, with the numbers that its steps have on the page."""

    stack: str
    name: str
    prefix: str = ""

    @property
    def turns(self) -> list[Record]:
        turns: list[Record] = committed(self.stack)["phases"][self.name]
        return turns

    @property
    def versions(self) -> Mapping[str, str]:
        versions: Mapping[str, str] = committed(self.stack)["versions"]
        return versions

    @property
    def calls(self) -> int:
        """About how many Python functions were called, steps or not."""
        return int(committed(self.stack)["calls"][self.name])

    def id(self, number: int) -> str:
        return f"{self.prefix}{self.name}-{number}"

    def trees(self) -> Iterator[tuple[Record, list[Step]]]:
        """Give each turn with its steps, as trees, numbered through the phase."""
        number = 0
        for turn in self.turns:
            roots: list[Step] = []
            open_: list[Step] = []
            for record in turn["steps"]:
                number += 1
                step = Step(number, record)
                del open_[record["depth"] :]
                (open_[-1].children if open_ else roots).append(step)
                open_.append(step)
            yield turn, roots

    def find(self, name: str) -> tuple[int, Record, Record]:
        """Give the number, the turn and the record of the first call of a function.

        Raises:
            LookupError: The phase has no such step.
        """
        number = 0
        for turn in self.turns:
            for record in turn["steps"]:
                number += 1
                if record["name"] == name:
                    return number, turn, record
        raise LookupError(f"{self.stack} has no step {name} in {self.name}")

    def handovers(self) -> list[Handover]:
        """Give the steps at which the path changes hands, in order.

        That is where one library calls another, whoever carries the call, and where one
        puts an event on its way.
        """
        found: dict[int, Handover] = {}
        number, last = 0, ""
        for turn in self.turns:
            above: list[Handover] = []
            for record in turn["steps"]:
                number += 1
                del above[record["depth"] :]
                ends = [each for each in above if not each.carries]
                step = Handover(number, turn, record)
                above.append(step)
                if not step.carries:
                    before = ends[-1].layer if ends else last
                    if step.layer != before:
                        found[number] = step
                    ends, last = [step], step.layer
                if "event" in record and not record.get("taken"):
                    by = ends[-1] if ends else step
                    by = found.setdefault(by.number, by)
                    by.events.setdefault(record["event"]["type"], number)
        return [found[number] for number in sorted(found)]

    def counts(self) -> dict[str, int]:
        """Count steps, turns, tasks, threads, and hops from the loop to a thread."""
        turns = self.turns
        hops = [turn for turn in turns if turn["thread"] != "loop" and "cause" in turn]
        starts = [turn for turn in hops if not turn.get("within")]
        return {
            "step": sum(len(turn["steps"]) for turn in turns),
            "turn": len(turns),
            "task": len({turn["task"] for turn in turns if "task" in turn}),
            "thread": len({turn["thread"] for turn in turns}),
            "thread hop": len(starts),
        }


class Page:
    """What a page has shown so far, so that equal turns are shown in full once."""

    def __init__(self) -> None:
        self.shown: dict[str, tuple[str, Phase]] = {}

    def phases(self, phases: list[Phase]) -> str:
        """Give one phase of each stack, beside each other where there is room."""
        name = escape(phases[0].name)
        whole = beside(phases, [self.turns(phase) for phase in phases])
        short = beside(phases, [path(phase) for phase in phases])
        steps = " and ".join(str(phase.counts()["step"]) for phase in phases)
        return (
            f'<round-trip class="rt" data-phase="{name}" data-search-exclude>{short}'
            f'<details class="rt-whole"><summary>Every step: {steps}, each with its '
            f"line and its reason</summary>{TOOLS}{whole}</details></round-trip>"
        )

    def turns(self, phase: Phase) -> str:
        turns = "".join(self.turn(phase, *each) for each in phase.trees())
        return f'<ol class="rt-turns">{turns}</ol>'

    def turn(self, phase: Phase, turn: Record, steps: list[Step]) -> str:
        first, count = steps[0].number, len(turn["steps"])
        anchor = f"{phase.id(first)}-turn"
        numbers = (
            f"step {first}" if count == 1 else f"steps {first} to {first + count - 1}"
        )
        head = (
            f'<span class="rt-gist">{gist(turn)}</span>'
            f'<span class="rt-where">{where(turn)}, {numbers}</span>'
        )
        body = self.again(phase, turn, anchor) or steps_html(phase, steps)
        return (
            f'<li class="rt-turn rt-{turn["thread"]}" id="{anchor}"><details>'
            f"<summary>{head}</summary>{within(turn)}{body}</details></li>"
        )

    def again(self, phase: Phase, turn: Record, anchor: str) -> str:
        """Give a link to the first showing of an equal turn, if there was one."""
        key = repr([sorted(step.items()) for step in turn["steps"]])
        earlier, first = self.shown.setdefault(key, (anchor, phase))
        same = (first.stack, first.name) == (phase.stack, phase.name)
        if same or len(turn["steps"]) < LONG_ENOUGH:
            return ""
        place = TITLES[first.name]
        if first.stack != phase.stack:
            place = f"{place}, {STACKS[first.stack].title}"
        marks = "".join(
            f'<span id="{phase.id(each.number)}"></span>'
            for each in phase.handovers()
            if each.turn is turn
        )
        return (
            f'<p class="rt-again">{marks}Step for step as in <a href="#{earlier}">'
            f"{escape(place)}</a>.</p>"
        )


def beside(phases: list[Phase], parts: list[str]) -> str:
    """Give a column for each stack, under its title."""
    titles = [escape(STACKS[phase.stack].title) for phase in phases]
    columns = "".join(
        f'<div class="rt-column"><p class="rt-title">{title}</p>{part}</div>'
        for title, part in zip(titles, parts, strict=True)
    )
    # Told beforehand: a page that is still coming in shows the first column alone.
    return f'<div class="rt-columns" data-columns="{len(phases)}">{columns}</div>'


def path(phase: Phase) -> str:
    """Give the counts of a phase, and its hand-overs, each as the way to its step."""
    handovers = phase.handovers()
    items = "".join(handover(phase, each) for each in handovers)
    return (
        f'<p class="rt-counts">{counted(phase.counts())}, of about {phase.calls} calls '
        f"of Python functions. {counted({'hand-over': len(handovers)})}:</p>"
        f'<ol class="rt-path">{items}</ol>'
    )


def handover(phase: Phase, step: Handover) -> str:
    """Give a hand-over in one line: who is called, where, and what goes on from it."""
    name = shown(step.record["name"].partition(":")[2])
    parts = [
        label(step.layer),
        f'<a href="#{phase.id(step.number)}"><code>{name}</code></a>',
        *(event_html({"type": event}, taken=False) for event in step.events),
    ]
    if step.turn["thread"] != "loop":
        parts.append('<span class="rt-note">in a thread</span>')
    return f"<li>{' '.join(parts)}</li>"


def steps_html(phase: Phase, steps: list[Step], above: Record | None = None) -> str:
    inner = "".join(step_html(phase, step, above) for step in steps)
    return f'<ol class="rt-steps">{inner}</ol>'


def step_html(phase: Phase, step: Step, above: Record | None) -> str:
    record = step.record
    head = (
        f'<span class="rt-number">{step.number}</span> {label(record["layer"])} '
        f"<code>{shown(step.name)}</code>{aside(record)}"
    )
    why = markup(reasons().get(record["name"], ""))
    text = f'<p class="rt-why">{why}<br>{source(phase, record, above)}</p>'
    if not step.children:
        inner = f'<div class="rt-head">{head}</div>{text}'
    else:
        below = steps_html(phase, step.children, record)
        inner = f"<details open><summary>{head}</summary>{text}{below}</details>"
    return f'<li id="{phase.id(step.number)}">{inner}</li>'


def aside(record: Record) -> str:
    """Give what crossed with a step, and how often."""
    parts = []
    if note := record.get("note"):
        parts.append(f' <span class="rt-note">{escape(note)}</span>')
    if event := record.get("event"):
        parts.append(f" {event_html(event, taken=record.get('taken', False))}")
    if times := record.get("times"):
        parts.append(f' <span class="rt-times">{times} times</span>')
    return "".join(parts)


def event_html(event: Record, *, taken: bool) -> str:
    """Give an event as a chip: its type, and the rest as far as it is short."""
    rest = ", ".join(f"{key}: {value}" for key, value in event.items() if key != "type")
    arrow = "⇠" if taken else "⇢"
    told = f'<span class="rt-rest">{escape(rest)}</span>' if rest else ""
    return f'<span class="rt-event">{arrow} {escape(event["type"])}</span>{told}'


def where(turn: Record) -> str:
    """Say which thread a turn is on, and whose task or job it is."""
    place = THREADS[turn["thread"]]
    cause = turn.get("cause")
    if turn["thread"] != "loop":
        back = "goes on with" if turn.get("within") else "does"
        return f"{place}, {back} the job of step {cause}" if cause else place
    if "task" not in turn:
        return f"{place}, {TWISTED}" if _is_twisted(turn) else f"{place}, a callback"
    number = turn["task"].partition(" ")[0]
    goes_on = turn.get("within") or (turn["steps"][0].get("taken") and not cause)
    made = f" made by step {cause}" if cause and not goes_on else ""
    return f"{place}, task {number}{made}"


def _is_twisted(turn: Record) -> bool:
    return turn["steps"][0]["layer"] in ("twisted", "daphne")


def gist(turn: Record) -> str:
    """Give what a reader finds a turn by: libraries, first call, yours, and events."""
    steps = turn["steps"]
    layers = dict.fromkeys(step["layer"] for step in steps)
    telling = [s for s in steps if not s["name"].endswith(HANDS_ON)] or steps
    calls = {telling[0]["name"]: None}
    calls |= dict.fromkeys(s["name"] for s in steps if s["layer"] == "yours")
    events = dict.fromkeys(
        event_html({"type": step["event"]["type"]}, taken=step.get("taken", False))
        for step in steps
        if "event" in step
    )
    names = (f"<code>{shown(name.partition(':')[2])}</code>" for name in calls)
    return " ".join([*map(label, layers), " … ".join(names), *events])


def label(layer: str) -> str:
    return f'<span class="rt-label rt-{layer}">{LAYERS[layer]}</span>'


def within(turn: Record) -> str:
    """Say which calls are still going on above a turn."""
    calls = turn.get("within")
    if not calls:
        return ""
    names = " &rsaquo; ".join(f"<code>{shown(name)}</code>" for name in calls)
    return f'<p class="rt-within">Still inside {names}</p>'


def source(phase: Phase, record: Record, above: Record | None) -> str:
    """Say where the function of a step stands, as a link, and where it is called."""
    place = link(record["at"], phase.versions)
    file, _, line = record.get("from", "").partition(":")
    if not file:
        return place
    if above and above["at"].partition(":")[0] == file:
        return f"{place}, called in line {line}" if line else place
    return f"{place}, called in {escape(file)}{line and f' line {line}'}"


def link(place: str, versions: Mapping[str, str]) -> str:
    """Give a place in the source, as a link where upstream shows it."""
    text = shown(place)
    url = upstream(place, versions)
    return f'<a href="{escape(url)}">{text}</a>' if url else f"<code>{text}</code>"


def counted(counts: Mapping[str, int]) -> str:
    """Give counts in words: `79 steps, 1 task`."""
    parts = [f"{n} {what}{'' if n == 1 else 's'}" for what, n in counts.items() if n]
    return ", ".join(parts)


def shown(name: str) -> str:
    """Give a name as HTML, less what Python says of functions inside functions."""
    return escape(name.replace("<locals>.", ""))


def markup(sentence: str) -> str:
    """Give a sentence as HTML: `code` in back ticks, and nothing else."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence, quote=False))
