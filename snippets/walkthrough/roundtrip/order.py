"""Puts turns in an order that follows from what they do, not from who was faster.

Tasks, threads and a Redis server run at their own pace, and the clock of one day is not
the clock of the next. So each turn waits here for the turns that led to it: the task
that awaits for what it awaited, the bytes on the wire for the write. Of those that may
go, the one whose last reason came first goes first, as in the event loop's own queue.
"""

from collections.abc import Callable, Iterator

from walkthrough.roundtrip.tracer import Step, Turn

_WRITES = ("FileDescriptor.write", "FileDescriptor.writeSequence")


def causal_order(turns: list[Turn]) -> list[Turn]:
    """Give the turns in an order that no race can change."""
    reasons = {turn: set(_reasons(turn, turns[:i])) for i, turn in enumerate(turns)}
    place: dict[Turn, int] = {}

    def rank(turn: Turn) -> tuple[bool, bool, int, bool, int]:
        since = max((place[reason] for reason in reasons[turn]), default=-1)
        outside = not reasons[turn]  # bytes that arrive: after all that is under way
        equal = turns.index(turn) if outside else turn.task_id
        return (outside, not turn.on_thread, since, _flushes(turn), equal)

    while len(place) < len(turns):
        ready = [t for t in turns if t not in place and reasons[t] <= place.keys()]
        place[min(ready, key=rank)] = len(place)
    return list(place)


def _reasons(turn: Turn, before: list[Turn]) -> Iterator[Turn]:
    """Give the turns without which this one would not have come."""
    first = turn.steps[0]
    if turn.continues is not None:
        yield from _all(before, lambda other: other.cause is turn.continues)
    elif turn.on_thread:
        yield from _all(before, lambda other: _asks(other, turn))
    elif turn.task_id:
        yield from _reasons_of_task(turn, before)
    elif _flushes(turn):
        yield from _last(before, lambda other: _wrote(other, first))


def _reasons_of_task(turn: Turn, before: list[Turn]) -> Iterator[Turn]:
    first = turn.steps[0]
    earlier = [other for other in before if other.task_id == turn.task_id]
    if not earlier and turn.after in before:
        after = turn.after
        yield from _all(before, lambda other: other is after or _asks(after, other))
    if first.taken:
        yield from _last(before, lambda other: _puts(other, first))
    if first.above:
        yield from _all(before, lambda other: _is_below(other.cause, first.above[-1]))
    if earlier:
        yield earlier[-1]
        yield from _all(before, lambda other: _asks(earlier[-1], other))


def _last(turns: list[Turn], wanted: Callable[[Turn], bool]) -> list[Turn]:
    return _all(turns, wanted)[-1:]


def _all(turns: list[Turn], wanted: Callable[[Turn], bool]) -> list[Turn]:
    return [turn for turn in turns if wanted(turn)]


def _asks(turn: Turn | None, other: Turn) -> bool:
    """Did the other turn's task or job begin with a step of this turn?"""
    return other.cause is not None and other.cause.turn is turn


def _is_below(step: Step | None, above: Step) -> bool:
    return step is not None and (step is above or above in step.above)


def _flushes(turn: Turn) -> bool:
    return turn.steps[0].site.name == "FileDescriptor.doWrite"


def _puts(turn: Turn, get: Step) -> bool:
    return any(
        step.site.name.startswith("Queue.put") and step.owner == get.owner
        for step in turn.steps
    )


def _wrote(turn: Turn, flush: Step) -> bool:
    return any(
        step.site.name in _WRITES and step.owner == flush.owner for step in turn.steps
    )
