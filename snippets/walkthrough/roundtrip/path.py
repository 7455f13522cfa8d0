"""The written form of a phase: turns of steps, as JSON that can be read in a diff.

Helpers and idle timers are gone, and equal calls in a row are one step with a count.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from walkthrough.roundtrip.order import causal_order
from walkthrough.roundtrip.rules import HOUSEKEEPING, place
from walkthrough.roundtrip.tracer import Step, Turn

Record = dict[str, Any]
"""One step or turn as JSON: keys without a value are left out."""


@dataclass(eq=False)
class Node:
    """A step with the steps under it."""

    step: Step
    children: list["Node"] = field(default_factory=list)
    times: int = 1

    def same(self, other: "Node") -> bool:
        """Would a reader see the two as the same call, made twice?"""
        mine, theirs = self.step, other.step
        return (
            (mine.site, mine.event, mine.note, mine.taken)
            == (theirs.site, theirs.event, theirs.note, theirs.taken)
            and len(self.children) == len(other.children)
            and all(map(Node.same, self.children, other.children))
        )


def written(turns: list[Turn]) -> list[Record]:
    """Give the turns of a phase as JSON, in causal order, and numbered."""
    trees = {turn: _tidy(_trees(turn)) for turn in turns}
    kept = causal_order([turn for turn in turns if trees[turn]])
    numbers: dict[Step, int] = {}
    for turn in kept:
        for node in _walk(trees[turn]):
            numbers[node.step] = len(numbers) + 1
    labels = _Labels()
    return [_turn(turn, trees[turn], numbers, labels) for turn in kept]


def _trees(turn: Turn) -> list[Node]:
    roots: list[Node] = []
    nodes: dict[Step, Node] = {}
    for step in turn.steps:
        node = nodes[step] = Node(step)
        inside = [above for above in step.above if above in nodes]
        (nodes[inside[-1]].children if inside else roots).append(node)
    return roots


def _tidy(nodes: list[Node], above: Step | None = None) -> list[Node]:
    """Drop housekeeping and helpers; make one of equal neighbours."""
    tidy: list[Node] = []
    for node in nodes:
        node.children = _tidy(node.children, node.step)
        if not node.children and _is_left_out(node.step, above):
            continue
        if tidy and tidy[-1].same(node):
            tidy[-1].times += 1
        else:
            tidy.append(node)
    return tidy


def _is_left_out(step: Step, above: Step | None) -> bool:
    if step.event or step.note:
        return False
    if step.site.key in HOUSEKEEPING:
        return True
    caller = above or (step.above[-1] if step.above else None)
    if caller is None or not step.site.helper:
        return False
    return (
        caller.site.module == step.site.module
        or caller.owner == step.owner
        or caller.site.layer == step.site.layer == "minichannels"
    )


def _walk(nodes: list[Node], depth: int = 0) -> list[Node]:
    return [each for node in nodes for each in (node, *_walk(node.children))]


class _Labels:
    """Short names for tasks, in the order in which they appear."""

    def __init__(self) -> None:
        self.tasks: dict[int, int] = {}

    def task(self, turn: Turn) -> str:
        if not turn.task:
            return ""
        number = self.tasks.setdefault(turn.task_id, len(self.tasks) + 1)
        return f"{number} {turn.task}"


def _turn(
    turn: Turn, nodes: list[Node], numbers: dict[Step, int], labels: _Labels
) -> Record:
    outer = [step.site.name for step in nodes[0].step.above]
    record = {
        "thread": turn.thread.partition(" ")[0],
        "task": labels.task(turn),
        "cause": numbers.get(turn.cause, 0) if turn.cause else 0,
        "within": outer,
        "steps": _steps(nodes, 0),
    }
    return {key: value for key, value in record.items() if value}


def _steps(nodes: list[Node], depth: int) -> list[Record]:
    records = []
    for node in nodes:
        records += [_step(node, depth), *_steps(node.children, depth + 1)]
    return records


def _step(node: Node, depth: int) -> Record:
    step = node.step
    record = {
        "depth": depth,
        "layer": step.site.layer,
        "name": step.site.key,
        "at": place(step.site.file, step.site.line),
        "from": step.caller,
        "event": step.event,
        "taken": step.taken,
        "note": step.note,
        "times": node.times if node.times > 1 else 0,
    }
    return {key: value for key, value in record.items() if value or key == "depth"}


def dump(recording: Record) -> str:
    """Give a recording as JSON with one step a line, for a diff that can be read."""
    lines = ["{", f' "versions": {json.dumps(recording["versions"])},', ' "phases": {']
    lines.insert(2, f' "calls": {json.dumps(recording["calls"])},')
    phases = list(recording["phases"].items())
    for last, (name, turns) in enumerate(phases, 1):
        lines.append(f"  {json.dumps(name)}: [")
        for number, turn in enumerate(turns, 1):
            head = {key: value for key, value in turn.items() if key != "steps"}
            lines.append(f"   {json.dumps(head)[:-1]}, " + '"steps": [')
            lines.append(",\n".join(f"    {json.dumps(s)}" for s in turn["steps"]))
            lines.append("   ]}" + ("," if number < len(turns) else ""))
        lines.append("  ]" + ("," if last < len(phases) else ""))
    return "\n".join([*lines, " }", "}", ""])
