"""Says which steps moved between two recordings, one line a step."""

import difflib
from collections.abc import Iterator

from walkthrough.roundtrip.path import Record


def differences(old: Record, new: Record) -> list[str]:
    """Give what changed: versions first, then steps by phase."""
    lines = list(_versions(old["versions"], new["versions"]))
    for phase in {**old["phases"], **new["phases"]}:
        before, after = (each["phases"].get(phase) for each in (old, new))
        if before is None or after is None:
            lines.append(f"{phase}: {'gone' if after is None else 'new'}")
            continue
        lines += [f"{phase}: {change}" for change in _moved(before, after)]
    return lines


def _versions(old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for name in {**old, **new}:
        before, after = old.get(name, "nothing"), new.get(name, "nothing")
        if before != after:
            yield f"{name}: {before} then, {after} now"


def _moved(old: list[Record], new: list[Record]) -> Iterator[str]:
    """Compare paths first; where the path is the same, the lines of its steps."""
    before, after = _steps(old), _steps(new)
    paths = [path for path, _ in before], [path for path, _ in after]
    matcher = difflib.SequenceMatcher(a=paths[0], b=paths[1], autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind != "equal":
            yield from (f"step {i + 1} gone: {paths[0][i]}" for i in range(start, end))
            yield from (f"step {i + 1} new: {paths[1][i]}" for i in range(first, last))
            continue
        for i, j in zip(range(start, end), range(first, last), strict=True):
            if before[i][1] != after[j][1]:
                to = f"{before[i][1]} to {after[j][1]}"
                yield f"step {j + 1} moved: {paths[1][j]}, {to}"


def _steps(turns: list[Record]) -> list[tuple[str, str]]:
    """Give each step as its path, in words, and where it stands in the source."""
    return [
        (_path(turn, step), f"{step['at']} from {step.get('from', 'the loop')}")
        for turn in turns
        for step in turn["steps"]
    ]


def _path(turn: Record, step: Record) -> str:
    where = " ".join(filter(None, [turn["thread"], turn.get("task")]))
    event = step.get("event", {}).get("type", "")
    times = f"x{step['times']}" if "times" in step else ""
    words = [step["name"], step.get("note"), event, times, f"(depth {step['depth']})"]
    return f"[{where}] " + " ".join(filter(None, words))
