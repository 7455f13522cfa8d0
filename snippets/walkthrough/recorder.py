"""Take down what applications and channel layers do, as a `walkthrough.trace.Trace`.

While a recorder is installed, the classes of Channels, or of minichannels, tell it of
each call. They still do what they did, in the same order. Without a recorder they are
as they were written, so a trace costs nothing until a page asks for one.

Only the standard library is imported: in the page there is nothing else.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import functools
import importlib
import inspect
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from walkthrough.trace import Actor, Event, Kind, Part, Trace, plain

SIGNATURE = ("scope", "receive", "send")
Told = dict[str, Any]
LAYER_CALLS = (
    *("send", "receive", "new_channel"),
    *("group_add", "group_discard", "group_send", "_clean_expired"),
)


@dataclass(eq=False)
class Role:
    """An actor in the making: its name is settled when the trace is read."""

    kind: Part
    name: str
    thing: Any
    number: int
    """Its place among those of its kind."""
    ordinal: int
    """Its place among those of its name."""
    client: Role | None = None


@dataclass(eq=False)
class Note:
    """An event in the making."""

    kind: Kind
    time: float
    source: Role
    target: Role | None
    line: int | None
    cause: Note | None
    details: dict[str, Any]
    until: Note | None = None


@dataclass(eq=False)
class Call:
    """One call of an application, or what plays server for it."""

    role: Role
    last: Note | None = None
    """What it last took from the connection or from the layer."""
    line: int | None = None
    """Of a client: the line that last made it act."""
    delegated: bool = False
    """Whether it has handed the connection on to another application."""


@dataclass(eq=False)
class Posted:
    """A message on its way through the layer, and the channels that it can reach."""

    note: Note
    channels: set[str] | None
    """Without those where it has arrived or was lost. None where nobody can tell."""
    done: set[str] = field(default_factory=set)

    def waits_on(self, channel: str) -> bool:
        open_to_it = self.channels is None or channel in self.channels
        return open_to_it and channel not in self.done


HERE: ContextVar[Call | None] = ContextVar("HERE", default=None)
"""The application that is running."""
CAUSE: ContextVar[Note | None] = ContextVar("CAUSE", default=None)
"""The dispatch whose handler is running."""
GROUP: ContextVar[Note | None] = ContextVar("GROUP", default=None)
"""The broadcast that is under way."""


class Recorder:
    """Takes down what happens on one page.

    Args:
        page: The file name that the code of the page is compiled with.
        package: `minichannels` or `channels`.
        namespace: The variables of the page: clients are named after them.
    """

    def __init__(
        self,
        page: str,
        package: str = "minichannels",
        namespace: dict[str, Any] | None = None,
    ) -> None:
        self.page = page
        self.package = package
        self.namespace = {} if namespace is None else namespace
        self.slept = 0.0
        self.notes: list[Note] = []
        self.roles: dict[tuple[str, int], Role] = {}
        self.channels: dict[str, Role | None] = {}
        self._calls: list[Call] = []
        self._posted: list[Posted] = []
        self._arrived: dict[int, tuple[Any, int | None, Note | None]] = {}
        self._errors: list[BaseException] = []
        self._known_tasks: set[asyncio.Task[Any]] = set()
        self._known_calls: list[Call] = []
        self.layers: list[Any] = []
        self._targets: list[tuple[Any, str, Callable[[Any], Any]]] = []
        self._consumers: type | None = None
        self._lines: dict[Role, int | None] = {}

    # ---- installing

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Record while this is open."""
        with contextlib.ExitStack() as stack:
            self._targets = self._targets or list(self._wrappers())
            for owner, name, wrap in self._targets:
                original = vars(owner)[name]
                setattr(owner, name, wrap(original))
                stack.callback(setattr, owner, name, original)
            yield

    def _wrappers(self) -> Iterator[tuple[Any, str, Callable[[Any], Any]]]:
        """Give what is replaced: an owner, a name in it, and what makes the new one."""
        from asgiref.testing import ApplicationCommunicator

        from walkthrough.loop import Sleeper

        yield time, "sleep", self._sleep
        yield Sleeper, "select", self._select
        yield ApplicationCommunicator, "__init__", self._communicator
        yield ApplicationCommunicator, "send_input", self._send_input
        module = functools.partial(importlib.import_module, package=self.package)
        consumer = module(".consumer")
        self._consumers = consumer.AsyncConsumer
        for cls in (consumer.AsyncConsumer, consumer.SyncConsumer):
            if "__call__" in vars(cls):
                yield cls, "__call__", self.application("consumer")
            yield cls, "dispatch", self._dispatch
        for name in ("ProtocolTypeRouter", "URLRouter", "ChannelNameRouter"):
            yield (
                getattr(module(".routing"), name),
                "__call__",
                self.application("router"),
            )
        yield module(".layers").BaseChannelLayer, "__init__", self._layer_made
        yield module(".layers").ChannelLayerManager, "set", self._layer_set
        if self.package == "minichannels":
            yield module(".mailbox").Mailbox, "put", self._put
        with contextlib.suppress(ModuleNotFoundError):
            yield module(".worker").Worker, "handle", self._worker

    def decorate(self, tree: ast.Module) -> ast.Module:
        """Have the applications that a page writes itself recorded too.

        They are its coroutine functions of `scope`, `receive` and `send`.
        """
        self.namespace["__traced__"] = self.application("app")
        _Decorate().visit(tree)
        return ast.fix_missing_locations(tree)

    # ---- reading

    def take(self, loop: asyncio.AbstractEventLoop | None = None) -> Trace:
        """Give what happened since the last call, and who took part.

        Args:
            loop: Where tasks that were started since then may still run.
        """
        self._leave(loop)
        notes, self.notes, self.slept = self.notes, [], 0.0
        return _Reading(notes, self).trace()

    def peek(self) -> tuple[Trace, dict[str, str]]:
        """Give what has happened since the last `take`, and the names of channels.

        The trace goes on: the next `peek` gives the same and more.
        """
        reading = _Reading(self.notes, self)
        return reading.trace(), reading.channels

    def _leave(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Note what has been started since the last time and still runs."""
        tasks = asyncio.all_tasks(loop) if loop else set()
        for call in self._calls:
            if call not in self._known_calls and not call.delegated:
                self.note("left", call.role, line=call.last.line if call.last else None)
        for task in sorted(tasks - self._known_tasks, key=_name):
            work: Any = task.get_coro()
            code = getattr(work, "cr_code", None)
            if code is None or code.co_filename != self.page:
                continue
            owner = self._role_of(work.cr_frame.f_locals.get("self"))
            role = owner or self.role("code", f"{code.co_qualname}()", task)
            line = code.co_firstlineno
            self.note("left", role, line=line, text=code.co_qualname)
        self._known_tasks, self._known_calls = tasks, list(self._calls)

    # ---- noting

    def note(
        self,
        kind: Kind,
        source: Role,
        target: Role | None = None,
        *,
        line: int | None = None,
        cause: Note | None = None,
        **details: Any,
    ) -> Note:
        """Take down an event. Its line: that given, that which runs, or the cause's."""
        line = line or self.line() or (cause.line if cause else None)
        made = Note(kind, round(self.slept, 2), source, target, line, cause, details)
        self.notes.append(made)
        return made

    def line(self) -> int | None:
        """Give the line of the page that is being executed, if there is one."""
        for frame in _frames():
            if frame.f_code.co_filename == self.page:
                return int(frame.f_lineno)
        return None

    def role(self, kind: Part, name: str, thing: Any) -> Role:
        """Give the role of a thing: the same one each time."""
        key = (kind, id(thing))
        if key not in self.roles:
            alike = [role for role in self.roles.values() if role.kind == kind]
            same = [role for role in alike if role.name == name]
            made = Role(kind, name, thing, len(alike) + 1, len(same) + 1)
            self.roles[key] = made
        return self.roles[key]

    def _role_of(self, thing: Any) -> Role | None:
        found = [r for r in self.roles.values() if r.thing is thing is not None]
        return found[0] if found else None

    def _who(self) -> Role:
        """Give the role of the code that is running now."""
        here = HERE.get()
        if here:
            return here.role
        with contextlib.suppress(RuntimeError):
            task = asyncio.current_task()
            code = getattr(task.get_coro() if task else None, "cr_code", None)
            if code and code.co_filename == self.page and code.co_name != "<module>":
                return self.role("code", f"{code.co_qualname}()", task)
        return self.role("code", "your code", None)

    def _why(self) -> Note | None:
        """Give the event that the running code follows from."""
        here = HERE.get()
        return CAUSE.get() or (here.last if here else None)

    def _arrive(self, message: Any, line: int | None, note: Note | None) -> None:
        self._arrived[id(message)] = message, line, note

    def _origin(self, message: Any) -> tuple[int | None, Note | None]:
        _, line, note = self._arrived.get(id(message), (None, None, None))
        return line, note

    # ---- applications

    def application(self, kind: Part) -> Callable[[Any], Any]:
        """Give a decorator for a coroutine function of `scope`, `receive`, `send`."""

        def wrap(original: Any) -> Any:
            async def function(scope: Any, receive: Any, send: Any) -> None:
                await self._entered(original, original, kind, (scope, receive, send))

            async def method(owner: Any, scope: Any, receive: Any, send: Any) -> None:
                run = functools.partial(original, owner)
                await self._entered(run, owner, kind, (scope, receive, send))

            # A call with other arguments fails as it does without a recorder.
            owned = len(inspect.signature(original).parameters) > len(SIGNATURE)
            return functools.wraps(original)(method if owned else function)

        return wrap

    async def _entered(
        self, run: Any, thing: Any, kind: Part, given: tuple[Any, Any, Any]
    ) -> None:
        here = HERE.get()
        if here and here.role.thing is thing:
            await run(*given)
        else:
            await self._call(run, self._application_role(thing, kind), *given)

    def served(self, application: Any, client: Any, name: str) -> Any:
        """Give an application that knows its client, and the client's name."""
        return self._served(application, self.role("client", name, client))

    def _served(self, application: Any, role: Role) -> Any:
        @_named_like(application)
        async def served(scope: Any, receive: Any, send: Any) -> None:
            HERE.set(Call(role, line=self._lines.get(role)))
            await application(scope, receive, send)

        return served

    def _application_role(self, thing: Any, kind: Part) -> Role:
        if hasattr(thing, "__qualname__"):
            return self.role(kind, thing.__name__, thing)
        if self._consumers and isinstance(thing, self._consumers):
            kind = "consumer"
        return self.role(kind, type(thing).__name__, thing)

    async def _call(
        self, run: Any, role: Role, scope: Any, receive: Any, send: Any
    ) -> None:
        outer = HERE.get() or Call(self.role("server", "server", None))
        outer.delegated = True
        call = Call(role, self._opened(outer, role, scope))
        end = _end(receive, outer)
        if role.kind == "consumer" and end.kind == "client":
            role.client = end
        ports = self._receive(call, receive, end), self._send(call, send, outer)
        here, cause = HERE.set(call), CAUSE.set(None)
        self._calls.append(call)
        try:
            await run(scope, *ports)
        except asyncio.CancelledError:
            self._over("close", call, end, text="cancelled")
            raise
        except Exception as error:
            self._failed(call, end, error)
            raise
        else:
            self._over("close", call, end)
        finally:
            self._calls.remove(call)
            CAUSE.reset(cause)
            HERE.reset(here)

    def _opened(self, outer: Call, role: Role, scope: Any) -> Note:
        told: Told = {"line": outer.line, "cause": outer.last, "message": plain(scope)}
        return self.note("scope", outer.role, role, **told)

    def _over(self, kind: Kind, call: Call, end: Role, **details: Any) -> None:
        if not call.delegated:
            self.note(kind, call.role, end, cause=call.last, **details)

    def _failed(self, call: Call, end: Role, error: Exception) -> None:
        if not any(error is known for known in self._errors):
            self._errors.append(error)
            told: Told = {"line": self._line_of(error), "text": _summary(error)}
            self.note("exception", call.role, end, cause=call.last, **told)

    def _line_of(self, error: BaseException) -> int | None:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == self.page]
        return lines[-1] if lines else None

    def _receive(self, call: Call, port: Any, end: Role) -> Any:
        inner = getattr(port, "inner", port)

        @_named_like(inner)
        async def receive() -> Any:
            message = await inner()
            line, cause = self._origin(message)
            told: Told = {"line": line, "cause": cause, "message": plain(message)}
            call.last = self.note("receive", end, call.role, **told)
            self._arrive(message, line, call.last)
            return message

        receive.end, receive.inner = end, inner
        return receive

    def _send(self, call: Call, port: Any, outer: Call) -> Any:
        inner, end = getattr(port, "inner", port), _end(port, outer)

        @_named_like(inner)
        async def send(message: Any) -> None:
            told: Told = {"cause": self._why(), "message": plain(message)}
            self.note("send", call.role, end, **told)
            await inner(message)

        send.end, send.inner = end, inner
        return send

    # ---- what is replaced while the recorder is installed

    def _dispatch(self, original: Any) -> Any:
        @_named_like(original)
        async def dispatch(consumer: Any, message: Any) -> None:
            handle = original.__get__(consumer, type(consumer))
            call = HERE.get()
            if call is None or call.role.thing is not consumer:
                return await handle(message)  # type: ignore[no-any-return]
            line, cause = self._origin(message)
            name = str(message.get("type", "")).replace(".", "_")
            line = self._line_of_function(getattr(consumer, name, None)) or line
            told: Told = {"line": line, "cause": cause, "handler": name}
            noted = self.note("dispatch", call.role, **told)
            token = CAUSE.set(noted)
            try:
                await handle(message)
            finally:
                CAUSE.reset(token)
                noted.until = self.notes[-1] if self.notes else None

        return dispatch

    def _line_of_function(self, function: Any) -> int | None:
        code = getattr(function, "__code__", None)
        if code is None or code.co_filename != self.page:
            return None
        return int(code.co_firstlineno)

    def _communicator(self, original: Any) -> Any:
        def made(communicator: Any, application: Any, scope: Any) -> None:
            original(communicator, application, scope)
            role = self.role("client", "client", communicator)
            communicator.application = self._served(communicator.application, role)

        return made

    def _send_input(self, original: Any) -> Any:
        @_named_like(original)
        async def send_input(communicator: Any, message: Any) -> None:
            role = self.role("client", "client", communicator)
            if role.name == "client":
                role.name = self._variable(communicator) or role.name
            self._lines[role] = self.line()
            self._arrive(message, self.line(), None)
            await original(communicator, message)

        return send_input

    def _variable(self, thing: Any) -> str:
        """Find the name that the page gave to a thing."""
        for frame in _frames():
            if frame.f_code.co_filename == self.page:
                for name, value in frame.f_locals.items():
                    if value is thing and name != "self":
                        return str(name)
        return ""

    def _worker(self, original: Any) -> Any:
        @_named_like(original)
        async def handle(worker: Any) -> None:
            token = HERE.set(Call(self.role("worker", "worker", worker)))
            try:
                await original(worker)
            finally:
                HERE.reset(token)

        return handle

    def _select(self, original: Any) -> Any:
        def select(sleeper: Any, timeout: float | None) -> Any:
            slept = self.slept
            events = original(sleeper, timeout)
            self.slept = slept + max(timeout or 0, 0)
            return events

        return select

    def _sleep(self, original: Any) -> Any:
        def sleep(seconds: float) -> None:
            original(seconds)
            self.slept += seconds

        return sleep

    # ---- layers

    def _layer_made(self, original: Any) -> Any:
        @functools.wraps(original)
        def made(layer: Any, *given: Any, **named: Any) -> None:
            original(layer, *given, **named)
            self.layer(layer)

        return made

    def _layer_set(self, original: Any) -> Any:
        def set(manager: Any, key: str, layer: Any) -> Any:
            self.layer(layer)
            return original(manager, key, layer)

        return set

    def layer(self, layer: Any) -> Any:
        """Have what is done with a layer taken down; give the layer."""
        if layer is None or any(layer is known for known in self.layers):
            return layer
        self.layers.append(layer)
        for name in LAYER_CALLS:
            if hasattr(layer, name):
                wrap = getattr(self, f"_layer_{name.lstrip('_')}")
                setattr(layer, name, wrap(layer, getattr(layer, name)))
        return layer

    def _layer_role(self, layer: Any) -> Role:
        return self.role("layer", "channel layer", layer)

    def _layer_send(self, layer: Any, original: Any) -> Any:
        @_named_like(original)
        async def send(channel: str, message: Any) -> None:
            group = GROUP.get()
            if group is None:
                told: Told = {"message": plain(message), "channel": str(channel)}
                noted = self._asked("layer_send", layer, **told)
                self._posted.append(Posted(noted, {channel}))
            try:
                await original(channel, message)
            except Exception as error:
                if type(error).__name__ == "ChannelFull":
                    self._dropped(group or noted, channel, "full")
                raise

        return send

    def _layer_group_send(self, layer: Any, original: Any) -> Any:
        @_named_like(original)
        async def group_send(group: str, message: Any) -> None:
            told: Told = {"message": plain(message), "group": str(group)}
            noted = self._asked("group_send", layer, **told)
            groups = getattr(layer, "groups", None)
            members = None if groups is None else {*groups.get(str(group), ())}
            self._posted.append(Posted(noted, members))
            token = GROUP.set(noted)
            try:
                await original(group, message)
            finally:
                GROUP.reset(token)

        return group_send

    def _layer_group_add(self, layer: Any, original: Any) -> Any:
        return self._membership("group_add", layer, original)

    def _layer_group_discard(self, layer: Any, original: Any) -> Any:
        return self._membership("group_discard", layer, original)

    def _membership(self, kind: Kind, layer: Any, original: Any) -> Any:
        @_named_like(original)
        async def change(group: str, channel: str) -> None:
            self._asked(kind, layer, group=str(group), channel=str(channel))
            await original(group, channel)

        return change

    def _layer_receive(self, layer: Any, original: Any) -> Any:
        @_named_like(original)
        async def receive(channel: str) -> Any:
            message = await original(channel)
            told: Told = {"message": plain(message), "channel": channel}
            cause = self._taken(channel, told["message"])
            noted = self.note(
                "delivery", self._layer_role(layer), self._who(), cause=cause, **told
            )
            self._arrive(message, noted.line, noted)
            if here := HERE.get():
                here.last = noted
            return message

        return receive

    def _layer_new_channel(self, layer: Any, original: Any) -> Any:
        @_named_like(original)
        async def new_channel(*given: Any, **named: Any) -> Any:
            name = await original(*given, **named)
            here = HERE.get()
            self.channels[name] = here.role if here else None
            return name

        return new_channel

    def _layer_clean_expired(self, layer: Any, original: Any) -> Any:
        def clean_expired() -> None:
            before = _waiting(layer)
            original()
            after = _waiting(layer)
            for channel, count in before.items():
                for _ in range(count - after.get(channel, 0)):
                    late = next(p for p in self._posted if p.waits_on(channel))
                    self._dropped(late.note, channel, "expired")

        return clean_expired

    def _put(self, original: Any) -> Any:
        def put(mailbox: Any, letter: Any) -> Any:
            taken = original(mailbox, letter)
            group = GROUP.get()
            if group and group.target and not taken:
                boxes = group.target.thing.channels.items()
                channel = next(name for name, box in boxes if box is mailbox)
                self._dropped(group, channel, "full")
            return taken

        return put

    def _asked(self, kind: Kind, layer: Any, **details: Any) -> Note:
        role = self._layer_role(layer)
        return self.note(kind, self._who(), role, cause=self._why(), **details)

    def _dropped(self, cause: Note, channel: str, why: str) -> None:
        self._done(cause, channel)
        told: Told = {
            "message": cause.details["message"],
            "text": why,
            "channel": channel,
        }
        assert cause.target is not None
        reader = self.channels.get(channel)
        self.note("dropped", cause.target, reader, cause=cause, line=cause.line, **told)

    def _taken(self, channel: str, message: Any) -> Note | None:
        """Find what a delivery comes from: the oldest of the same content."""
        for posted in self._posted:
            same = posted.note.details["message"] == message
            if same and posted.waits_on(channel):
                self._done(posted.note, channel)
                return posted.note
        return None

    def _done(self, note: Note, channel: str) -> None:
        for posted in [posted for posted in self._posted if posted.note is note]:
            posted.done.add(channel)
            if posted.channels is not None and posted.channels <= posted.done:
                self._posted.remove(posted)


class _Decorate(ast.NodeTransformer):
    """Puts `@__traced__` on every coroutine function that is an application."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        names = tuple(argument.arg for argument in node.args.args)
        if names[-3:] == SIGNATURE and len(names) <= 4:
            mark = ast.copy_location(ast.Name("__traced__", ast.Load()), node)
            node.decorator_list.insert(0, mark)
        return node


@dataclass
class _Reading:
    """Makes a trace of notes."""

    notes: list[Note]
    recorder: Recorder

    def trace(self) -> Trace:
        roles = dict.fromkeys(
            role for note in self.notes for role in (note.source, note.target) if role
        )
        self.names = self._names(list(roles))
        self.numbers = {id(note): i for i, note in enumerate(self.notes, start=1)}
        self.channels = self._channels()
        actors = (self._actor(role) for role in roles)
        return Trace(tuple(actors), tuple(map(self._event, self.notes)))

    def _names(self, roles: list[Role]) -> dict[Role, str]:
        """Name the roles: by what tells them apart, and by no more."""
        names: dict[Role, str] = {}
        for role in roles:
            if role.kind == "client":
                role.name = self._variable(role) or role.name
        for role in sorted(roles, key=lambda role: role.client is not None):
            alike = [r for r in roles if r.kind == role.kind and r.name == role.name]
            owner = role.client
            mates = [r for r in alike if r.client is owner]
            if len(alike) == 1:
                names[role] = role.name
            elif owner and owner.name != "client":
                count = f" {mates.index(role) + 1}" if len(mates) > 1 else ""
                names[role] = f"{names.get(owner, owner.name)}'s {role.name}{count}"
            else:
                names[role] = f"{role.name} {alike.index(role) + 1}"
        return names

    def _variable(self, role: Role) -> str:
        variables = self.recorder.namespace.items()
        found = (name for name, value in variables if value is role.thing)
        return next(found, "")

    def _channels(self) -> dict[str, str]:
        """Name the channels whose names are made up: these differ in each run."""
        given = {}
        for number, (channel, role) in enumerate(self.recorder.channels.items(), 1):
            owner = self.names.get(role, role.name) if role else ""
            given[channel] = f"channel of {owner}" if owner else f"channel {number}"
        return given

    def _actor(self, role: Role) -> Actor:
        client = role.client if role.client in self.names else None
        return Actor(
            f"{role.kind}-{role.number}",
            role.kind,
            self.names[role],
            f"{client.kind}-{client.number}" if client else "",
        )

    def _event(self, note: Note) -> Event:
        details = {name: self._renamed(each) for name, each in note.details.items()}
        target = note.target
        return Event(
            number=self.numbers[id(note)],
            time=note.time,
            kind=note.kind,
            source=f"{note.source.kind}-{note.source.number}",
            target=f"{target.kind}-{target.number}" if target else "",
            line=note.line,
            cause=self.numbers.get(id(note.cause)),
            until=self.numbers.get(id(note.until)),
            **details,
        )

    def _renamed(self, value: Any) -> Any:
        """Put names that stay the same into the place of made-up ones."""
        match value:
            case str():
                for channel, name in self.channels.items():
                    value = value.replace(channel, name)
            case dict():
                return {self._renamed(k): self._renamed(v) for k, v in value.items()}
            case list():
                return [self._renamed(each) for each in value]
        return value


def _named_like(original: Any) -> Callable[[Any], Any]:
    """Keep the name by which a coroutine is known where tasks are listed."""

    def name(made: Any) -> Any:
        named = hasattr(original, "__qualname__")
        like = original if named else type(original).__call__
        made.__name__, made.__qualname__ = like.__name__, like.__qualname__
        return made

    return name


def _frames() -> Iterator[Any]:
    """Give the frames from here up to the event loop, which no cause crosses."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != asyncio.events.__file__:
        yield frame
        frame = frame.f_back  # type: ignore[assignment]


def _end(port: Any, outer: Call) -> Role:
    """Give who is at the other end of a port: one passed on unchanged keeps its end."""
    end: Role = getattr(port, "end", outer.role)
    return end


def _waiting(layer: Any) -> dict[str, int]:
    """Count the messages on each channel of an in-memory layer."""
    boxes = layer.channels.items()
    return {
        channel: len(box.letters) if hasattr(box, "letters") else box.qsize()
        for channel, box in boxes
    }


def _name(task: asyncio.Task[Any]) -> tuple[int, str]:
    name = task.get_name()
    return len(name), name


def _summary(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
