"""Draw the life cycle of a connection from the table in the code that it follows.

The table says what may be sent in each state, and the state after it. Each state is a
lifeline, each move a row, in the manner of `walkthrough.sequence`.
"""

import ast
from html import escape

from walkthrough.sequence import ARROW, HEADS
from walkthrough.sources import Source

Moves = dict[str, dict[str, str]]

LANE = "trace-lane trace-state"
LOOP = "M0-4h16v9H4"


def moves_of(source: Source) -> Moves:
    """Read a table of moves from the source of its assignment.

    Raises:
        ValueError: It is no table of texts.
    """
    (statement,) = ast.parse(source.text).body
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not statement.value:
        raise ValueError(f"{source.object} in {source.file} is not an assignment")
    moves: Moves = ast.literal_eval(statement.value)
    return moves


def lifecycle(source: Source) -> str:
    """Give the diagram of a table of moves, with each move in words."""
    moves = moves_of(source)
    states = list(moves)
    names = [escape(state, quote=False) for state in states]
    heads = "".join(f'<span class="{LANE}"><b>{name}</b></span>' for name in names)
    items = "".join(
        row(states, state, sent, after)
        for state, allowed in moves.items()
        for sent, after in allowed.items()
    )
    where = f"<code>{escape(source.file)}</code> <b>{escape(source.object)}</b>"
    return (
        f'<figure class="trace trace-cycle" data-lanes="{len(states)}">'
        f'<figcaption class="trace-title"><span>{where}</span></figcaption>'
        f'<div class="trace-heads" aria-hidden="true">{heads}</div>'
        f'<ol class="trace-events" role="list">{items}</ol></figure>'
    )


def row(states: list[str], state: str, sent: str, after: str) -> str:
    """Give one move: an arrow from a state to the next, and the sentence."""
    places = {s: f"{(i + 0.5) / len(states):.1%}" for i, s in enumerate(states)}
    here, there = places[state], places[after]
    lines = "".join(
        f'<line class="trace-life trace-state" x1="{x}" x2="{x}" y2="100%"/>'
        for x in places.values()
    )
    back = states.index(after) < states.index(state)
    way = ' transform="scale(-1 1)"' if back else ""
    arrow = (
        f'<line class="trace-arrow trace-send" x1="{here}" x2="{there}" '
        f'y1="{ARROW}" y2="{ARROW}"/>'
    )
    point = f'<path class="trace-filled" d="{HEADS["filled"]}"{way}/>'
    if state == after:
        arrow = ""
        point = (
            f'<path class="trace-loop" d="{LOOP}"/><path class="trace-filled" '
            f'd="{HEADS["filled"]}" transform="translate(1 5) scale(-1 1)"/>'
        )
    name = escape(sent, quote=False)
    return (
        '<li class="trace-event"><svg class="trace-strip" aria-hidden="true" '
        f'width="100%" overflow="visible">{lines}{arrow}<svg class="trace-head '
        f'trace-send" x="{there}" y="{ARROW}" overflow="visible">{point}</svg></svg>'
        f"<p>{escape(state, quote=False).capitalize()}: <code>{name}</code> "
        f"{outcome(state, after)}</p></li>"
    )


def outcome(state: str, after: str) -> str:
    kept = "leaves it" if state == after else "makes it"
    return f"{kept} <b>{escape(after, quote=False)}</b>"
