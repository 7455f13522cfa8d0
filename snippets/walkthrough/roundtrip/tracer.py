"""Writes down the calls that matter, on CPython's own profiling hook.

A coroutine is called once and resumed many times; the hook sees both as a call. The
tracer keeps the first and drops the others, so that a step is a step. It groups steps
in turns: a turn is what one thread does without giving control back, that is one
callback of the event loop, or one job of a worker thread.
"""

import asyncio
import dis
import itertools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FrameType
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import SyncToAsync

from walkthrough.roundtrip.events import Crossing, crossing, note
from walkthrough.roundtrip.rules import Site, path_of, place, site_of

_TURNS = {
    ("asyncio/events.py", "Handle._run"),
    ("concurrent/futures/thread.py", "_WorkItem.run"),
    ("asgiref/current_thread_executor.py", "_WorkItem.run"),
}
_CREATES_TASK = ("asyncio/base_events.py", "BaseEventLoop.create_task")
_QUEUE_GET = ("asyncio/queues.py", "Queue.get")
_ENTERS_LOOP = ("asgiref/sync.py", "AsyncToSync.__call__")
_HOP = {
    "asgiref.sync:SyncToAsync.__call__",
    "asgiref.sync:AsyncToSync.__call__",
}
_LANDING = ("thread_handler", "AsyncToSync.main_wrap")


@dataclass(eq=False)
class Step:
    """One call: what was called, from where, under which steps, and what crossed."""

    site: Site
    caller: str
    above: list["Step"]
    turn: "Turn"
    owner: int = 0
    """The identity of the object whose method it is."""
    event: Crossing | None = None
    note: str = ""
    taken: bool = False


@dataclass(eq=False)
class Turn:
    """What one thread did without giving control back."""

    thread: str
    task: str
    task_id: int
    cause: Step | None = None
    """The step that created the task, or that handed the job to the thread."""
    after: "Turn | None" = None
    """The last turn of whoever created this turn's task, where it is the first."""
    continues: Step | None = None
    """The call from a thread into the loop that this turn comes back from."""
    steps: list[Step] = field(default_factory=list)

    @property
    def on_thread(self) -> bool:
        """Is this outside of the event loop?"""
        return not self.thread.startswith("loop")


Creation = tuple[Step | None, Turn | None]
"""Which step created a task, and in which turn."""


@cache
def _role(code: CodeType) -> tuple[str, str]:
    return path_of(code.co_filename), code.co_qualname


@cache
def _start(code: CodeType) -> int:
    """Give the offset of a function's first RESUME: where a call begins."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "RESUME":
            return instruction.offset
    return -1


def _finished(frame: FrameType) -> bool:
    """Tell a coroutine's return from its suspension: the hook calls both a return."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]].startswith("RETURN_")


def _thread() -> str:
    """Give the kind of this thread and its name; which one it is says who shares it."""
    name = threading.current_thread().name
    if threading.current_thread() is threading.main_thread():
        return f"loop {name}"
    if name.startswith("asyncio"):
        return f"pool {name}"
    shared = f"{SyncToAsync.single_thread_executor._thread_name_prefix}_"
    return f"shared {name}" if name.startswith(shared) else f"request {name}"


def _task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


class Tracer:
    """Records the steps of one process, phase by phase."""

    def __init__(self) -> None:
        self.count = 0
        """How many steps there have been, recorded or not."""
        self.calls = 0
        """How many Python functions were called, steps or not."""
        self._turns: list[Turn] = []
        self._steps: dict[int, tuple[CodeType, Step]] = {}
        self._causes: dict[int, Step] = {}
        self._tasks: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._creators: WeakKeyDictionary[asyncio.Task[Any], Creation] = (
            WeakKeyDictionary()
        )
        self._last: dict[int, Turn] = {}
        self._serial = itertools.count(1)
        self._local = threading.local()
        self._lock = threading.Lock()

    def install(self) -> None:
        """Watch this thread, and every thread that starts from now on."""
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)

    @contextmanager
    def phase(self) -> Iterator[list[Turn]]:
        """Collect the turns that begin inside the block."""
        turns: list[Turn] = []
        with self._lock:
            self._turns = turns
        yield turns
        with self._lock:
            self._turns = []

    def _profile(self, frame: FrameType, event: str, value: Any) -> None:
        if event == "call":
            self._called(frame)
        elif event == "return":
            self._returned(frame, value)

    def _called(self, frame: FrameType) -> None:
        code = frame.f_code
        if _role(code) in _TURNS:
            self._local.turn = None
        if frame.f_lasti != _start(code):
            return
        self.calls += 1
        site = site_of(code)
        if site is None:
            return
        if site.layer == "asyncio" and not self._is_ours(frame.f_back):
            self._steps.pop(id(frame), None)  # of an earlier frame at this address
            return
        with self._lock:
            self._record(frame, site)

    def _is_ours(self, caller: FrameType | None) -> bool:
        """Is this a queue of the path, not one that a library keeps for itself?"""
        if caller is None:
            return False
        site = site_of(caller.f_code)
        if site is None:
            return _role(caller.f_code) in _TURNS
        return site.layer != "asyncio"

    def _record(self, frame: FrameType, site: Site) -> Step:
        turn = self._turn()
        above = self._above(frame)
        caller = frame.f_back
        step = Step(site, "", above, turn, id(frame.f_locals.get("self")))
        if caller is not None and _role(caller.f_code) not in _TURNS:
            step.caller = place(path_of(caller.f_code.co_filename), caller.f_lineno)
        step.event = crossing(site, frame.f_locals)
        step.note = note(site, frame.f_locals)
        self._link(frame, site, step)
        turn.steps.append(step)
        self.count += 1
        self._steps[id(frame)] = (frame.f_code, step)
        return step

    def _turn(self) -> Turn:
        turn: Turn | None = getattr(self._local, "turn", None)
        task = _task()
        number = self._tasks.setdefault(task, next(self._serial)) if task else 0
        if turn is None or turn.task_id != number:
            name = task.get_coro().__qualname__ if task else ""  # type: ignore[union-attr]
            turn = Turn(_thread(), name, number)
            if task:
                turn.cause, turn.after = self._creators.get(task, (None, None))
            if back := self._local.__dict__.pop("continues", None):
                turn.continues, turn.cause = back, back.turn.cause
            self._local.turn = turn
        if not turn.steps:
            self._turns.append(turn)
            self._last[number] = turn
        return turn

    def _above(self, frame: FrameType) -> list[Step]:
        """Give the steps under which a call happens, outermost first."""
        above: list[Step] = []
        outer = frame.f_back
        while outer is not None:
            code, step = self._steps.get(id(outer), (None, None))
            if step is not None and code is outer.f_code:
                above.append(step)
            outer = outer.f_back
        return above[::-1]

    def _link(self, frame: FrameType, site: Site, step: Step) -> None:
        """Tie a hop between loop and thread to where it lands."""
        if site.key in _HOP:
            self._causes[id(frame.f_locals["self"])] = step
        elif site.name.endswith(_LANDING) and not step.turn.steps:
            step.turn.cause = self._causes.get(id(frame.f_locals["self"]))

    def _returned(self, frame: FrameType, value: Any) -> None:
        role = _role(frame.f_code)
        if role == _CREATES_TASK and value is not None:
            self._created(frame, value)
        elif role == _QUEUE_GET and _finished(frame):
            self._took(frame, value)
        elif role == _ENTERS_LOOP:
            self._local.turn = None
            self._local.continues = self._steps[id(frame)][1]

    def _created(self, frame: FrameType, task: asyncio.Task[Any]) -> None:
        above = self._above(frame)
        creator = _task()
        number = self._tasks.get(creator, 0) if creator else 0
        last = self._last.get(number) if number else getattr(self._local, "turn", None)
        if above:
            self._creators[task] = above[-1], last

    def _took(self, frame: FrameType, value: Any) -> None:
        """An event left a queue: note it where the call was, or where it ended."""
        code, call = self._steps.get(id(frame), (None, None))
        if call is None or code is not frame.f_code:
            return
        with self._lock:
            step = call
            if call.turn is not getattr(self._local, "turn", None):
                step = self._record(frame, call.site)
                step.above = [above for above in step.above if above is not call]
            step.taken = True
            step.event = crossing(call.site, {"item": value})
