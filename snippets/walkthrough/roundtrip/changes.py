"""Then and now: what the two recordings of one request say to the same questions."""

from collections.abc import Callable
from html import escape

from walkthrough.roundtrip.borders import table
from walkthrough.roundtrip.path import Record
from walkthrough.roundtrip.record import STACKS
from walkthrough.roundtrip.render import THREADS, Phase, link, shown

STACKS_COMPARED = ("channels-2.4", "channels")
Wanted = Callable[[Record], bool]


def changes_html(name: str = "http-sync") -> str:
    """Give a table of questions, each answered from the recording of each stack."""
    phases = [Phase(stack, name) for stack in STACKS_COMPARED]
    heads = ["Question", *(escape(STACKS[phase.stack].title) for phase in phases)]
    rows = (
        [escape(question), *(answer(phase) for phase in phases)]
        for question, answer in QUESTIONS.items()
    )
    return table(heads, rows)


def ends_with(ending: str) -> Wanted:
    """Make the wish for a function whose name ends so, in any case of letters."""
    return lambda step: step["name"].lower().endswith(ending.lower())


def starts_response(step: Record) -> bool:
    return bool(step.get("event", {}).get("type") == "http.response.start")


def caller(wanted: Wanted) -> Callable[[Phase], str]:
    """Make the answer to who calls the first step that is wanted."""

    def answer(phase: Phase) -> str:
        turn, index = _find(phase, wanted)
        step = turn["steps"][index]
        above = [s for s in turn["steps"][:index] if s["depth"] == step["depth"] - 1]
        if above:
            return f"{_code(above[-1]['name'])} {link(step['from'], phase.versions)}"
        if within := turn.get("within"):
            return f"<code>{shown(within[-1])}</code>"
        cause = _steps(phase)[turn["cause"] - 1]
        return f"the event loop, in the task of {_code(cause['name'])}"

    return answer


def itself(wanted: Wanted) -> Callable[[Phase], str]:
    """Make the answer that names the first step that is wanted."""

    def answer(phase: Phase) -> str:
        turn, index = _find(phase, wanted)
        step = turn["steps"][index]
        return f"{_code(step['name'])} {link(step['at'], phase.versions)}"

    return answer


def thread(wanted: Wanted) -> Callable[[Phase], str]:
    """Make the answer to which thread runs the first step that is wanted."""
    return lambda phase: escape(THREADS[_find(phase, wanted)[0]["thread"]].lower())


def count(what: str) -> Callable[[Phase], str]:
    return lambda phase: str(phase.counts()[what])


QUESTIONS: dict[str, Callable[[Phase], str]] = {
    "Who calls the router?": caller(ends_with(":ProtocolTypeRouter.__call__")),
    "What does the router call?": itself(ends_with("AsgiHandler.__call__")),
    "What makes the request?": itself(ends_with("AsgiRequest.__init__")),
    "Who calls the sync view?": caller(ends_with("views:hello")),
    "On which thread?": thread(ends_with("views:hello")),
    "Who calls Daphne's send?": caller(starts_response),
    "How many hops to a thread?": count("thread hop"),
    "How many tasks?": count("task"),
    "How many steps?": count("step"),
}


def _code(name: str) -> str:
    return f"<code>{shown(name.partition(':')[2])}</code>"


def _steps(phase: Phase) -> list[Record]:
    return [step for turn in phase.turns for step in turn["steps"]]


def _find(phase: Phase, wanted: Wanted) -> tuple[Record, int]:
    for turn in phase.turns:
        for index, step in enumerate(turn["steps"]):
            if wanted(step):
                return turn, index
    raise LookupError(f"{phase.stack} has no such step in {phase.name}")
