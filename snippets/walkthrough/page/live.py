"""The reader is the client: an application that runs, and waits for what he does.

The blocks of a page are run as ever. Then, each time the reader acts or a timer is due,
the event loop runs until every task waits, and gives control back to the page.

What a client does becomes the ASGI events that a server makes of it, and what the
application does gets the answers of Daphne: 403 for a refusal, 500 or 1011 for a crash.
A worker is one more of them: it listens on channels while the reader lets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import inspect
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from walkthrough.clock import clock
from walkthrough.loop import BlockingLoop, Sleeper
from walkthrough.sequence import arranged, figure, literal, rows
from walkthrough.session import Failure, Session, describe
from walkthrough.trace import Actor, Trace, plain

AT_ONCE = 0.05
"""Seconds after which control is given back even to go on at once."""
PATIENCE = 5.0
"""Seconds that an application may compute before it has answered a handshake."""
SELDOM = 0.5
"""Seconds between two drawings of a burst that goes on."""
WINDOW = 200
"""How many events the picture shows."""


class NoApplication(LookupError):
    """The snippet does not define what the clients should connect to."""


class Poised(Sleeper):
    """A selector that gives control back where another would sleep."""

    def __init__(self, loop: SteppedLoop, sleep: Callable[[float], None]) -> None:
        super().__init__(sleep)
        self.loop = loop
        self.stepping = False
        self.deadline = 0.0
        self.wait: float | None = None

    def select(self, timeout: float | None) -> list[Any]:
        if not self.stepping:
            return super().select(timeout)
        if timeout is None or timeout > 0 or time.monotonic() > self.deadline:
            self.wait = timeout
            self.loop.stop()
        return []


class SteppedLoop(BlockingLoop):
    """An event loop that can run until it would have to wait."""

    def __init__(self) -> None:
        super().__init__()
        self._selector: Poised = Poised(self, self._selector.sleep)

    def settle(self) -> float | None:
        """Run until every task waits; give the seconds to the next timer, if any."""
        self._selector.stepping = True
        self._selector.deadline = time.monotonic() + AT_ONCE
        try:
            self.run_forever()
        finally:
            self._selector.stepping = False
        return self._selector.wait


@dataclass
class Client:
    """Somebody who connects, and what he has seen."""

    name: str
    scope: dict[str, Any]
    state: str = "closed"
    """`closed`, `connecting`, `open`; of a worker `open` while it listens."""
    code: str = ""
    """How it ended: a close code or a status."""
    log: list[dict[str, str]] = field(default_factory=list)
    incoming: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None

    def say(self, way: str, text: str, more: str = "") -> None:
        """Write a line of the transcript: `out`, `in`, `note` or `error`."""
        self.log.append({"way": way, "text": text, "more": more})

    async def send(self, event: dict[str, Any]) -> None:
        """Take an event of the application, as a server does."""
        kind = event["type"].replace(".", "_").removeprefix("websocket_")
        handle = getattr(self, f"take_{kind}", None)
        if handle is None:
            raise ValueError(f"a server knows no {event['type']!r} for this connection")
        handle(event)

    def take_accept(self, event: dict[str, Any]) -> None:
        if self.state != "connecting":
            raise RuntimeError("the connection is accepted already, or over")
        self.state = "open"
        chosen = event.get("subprotocol")
        self.say("note", f"accepted, subprotocol {chosen}" if chosen else "accepted")

    def take_send(self, event: dict[str, Any]) -> None:
        if self.state == "connecting":
            raise RuntimeError("nothing can be sent before the connection is accepted")
        if self.state == "closed":
            return self.say("note", "the application sent something: nobody is there")
        text = event.get("text")
        shown = repr(event.get("bytes")) if text is None else str(text)
        return self.say("in", shown)

    def take_close(self, event: dict[str, Any]) -> None:
        if self.state == "closed":
            return
        refused = self.state == "connecting"
        code = event.get("code", 1000)
        self.end("403" if refused else str(code))
        why = f": {event['reason']}" if event.get("reason") else ""
        told = "refused with status 403" if refused else f"closed with {code}{why}"
        self.say("note", told)
        gone = {"type": "websocket.disconnect", "code": 1006 if refused else code}
        self.incoming.put_nowait(gone)

    def take_http_response_start(self, event: dict[str, Any]) -> None:
        if self.state == "closed":
            return self.say("note", "the application answers: nobody is there")
        self.code = str(event["status"])
        self.say("note", f"status {event['status']}")
        for name, value in event.get("headers", ()):
            self.say("note", f"{name.decode('latin-1')}: {value.decode('latin-1')}")
        return None

    def take_http_response_body(self, event: dict[str, Any]) -> None:
        if self.state == "closed":
            return
        if body := event.get("body", b""):
            self.say("in", body.decode("utf-8", "backslashreplace"))
        if not event.get("more_body"):
            self.state = "closed"
            self.incoming.put_nowait({"type": "http.disconnect"})

    def end(self, code: str) -> None:
        self.state, self.code = "closed", code


class Tap:
    """A channel layer as a worker has it, which tells what the worker takes from it."""

    def __init__(self, layer: Any, told: Callable[[str, str], None]) -> None:
        self.layer = layer
        self.told = told

    async def receive(self, channel: str) -> Any:
        message = await self.layer.receive(channel)
        self.told("in", f"{channel}: {literal(plain(message))}")
        return message


class Bench:
    """One page that runs, and its clients.

    Args:
        page: The file name of the page.
        app: The name of what the clients connect to; without one it is looked for.
    """

    def __init__(self, page: str, app: str = "") -> None:
        self.made = SteppedLoop()
        self.app = app
        self.session = Session(page, traced=True, loop_factory=lambda: self.made)
        self.clients: dict[str, Client] = {}
        self.drawn = 0
        self.drawn_at = 0.0
        self.lanes: list[Actor] = []
        self.wait: float | None = None
        self.modules: dict[str, Any] = {}

    @property
    def recorder(self) -> Any:
        return self.session.recorder

    def start(self, blocks: list[dict[str, Any]]) -> Failure | None:
        """Run blocks in order, and give the failure that ends them, if one does."""
        for name in ("layers", "worker"):  # as the program has them, now
            module = importlib.import_module(f"{self.recorder.package}.{name}")
            self.modules[name] = module
        for block in blocks:
            work = self.session.replay if block["kind"] == "pycon" else self.session.run
            with clock.hurry():
                result = work(block["code"], block["line"])
            if result.failure and not block["raises"]:
                return result.failure
        self.session.loop()
        return None

    def close(self) -> None:
        """End what still runs."""
        self.session.close()
        self.made.close()

    def application(self) -> Any:
        """Find what the clients connect to."""
        names = self.session.namespace
        wanted = [self.app] if self.app else ["application", "app"]
        found = [names[name] for name in wanted if name in names]
        consumers: list[Any] = [
            value
            for value in names.values()
            if inspect.isclass(value)
            and hasattr(value, "as_asgi")
            and value.__module__ == "__main__"
        ]
        found += [] if self.app else consumers[-1:]
        if not found:
            missing = self.app or "application"
            raise NoApplication(f"the snippet defines no {missing} to connect to")
        chosen: Any = found[0]
        return chosen.as_asgi() if hasattr(chosen, "as_asgi") else chosen

    # ---- what the reader does

    def act(self, acts: list[dict[str, Any]]) -> str:
        """Do what the reader did, run until every task waits, and give the output."""

        def work() -> None:
            for act in acts:
                getattr(self, f"do_{act['do']}")(act)
            # A program that exits ends its own task, not the page.
            with contextlib.suppress(SystemExit, KeyboardInterrupt):
                self.wait = self.made.settle()

        return self.session.around(work)

    def do_connect(self, act: dict[str, Any]) -> None:
        client = self.client(act, "websocket")
        client.scope["subprotocols"] = act.get("subprotocols", [])
        client.state = "connecting"
        client.say("note", f"connects to {act['path']}")
        self.open(client, {"type": "websocket.connect"})

    def do_send(self, act: dict[str, Any]) -> None:
        client = self.clients[act["client"]]
        # A slow machine may need more than one turn; a timer is not waited for.
        until = time.monotonic() + PATIENCE
        while client.state == "connecting" and time.monotonic() < until:
            if self.made.settle() != 0:
                break
        if client.state != "open":
            client.say("error", "not connected: nothing was sent")
            return
        if act["form"] == "bytes":
            event = {"type": "websocket.receive", "bytes": act["text"].encode()}
            client.say("out", repr(event["bytes"]))
        else:
            event = {"type": "websocket.receive", "text": act["text"]}
            client.say("out", act["text"])
        client.incoming.put_nowait(event)

    def do_disconnect(self, act: dict[str, Any]) -> None:
        client = self.clients[act["client"]]
        if client.scope["type"] == "channel":
            return self.dismiss(client)
        return self.leave(client, 1000, "closed by you, with 1000")

    def do_lose(self, act: dict[str, Any]) -> None:
        self.leave(self.clients[act["client"]], 1006, "lost: no close frame was sent")

    def do_request(self, act: dict[str, Any]) -> None:
        client = self.client(act, "http")
        client.scope |= {"method": act["method"], "http_version": "1.1"}
        client.state = "open"
        client.say("out", f"{act['method']} {act['path']}")
        body = {"type": "http.request", "body": act["text"].encode()}
        self.open(client, body)

    def do_work(self, act: dict[str, Any]) -> None:
        """Start a worker that listens on channels."""
        client = self.worker_of(act)
        if client.state == "open" or not (layer := self.layer(client)):
            return
        client.state, client.code = "open", ""
        channels = act["path"].split()
        client.say("note", f"listens on {', '.join(channels)}")
        tapped = Tap(layer, client.say)
        worker = self.modules["worker"].Worker(self.application(), channels, tapped)
        worker.application_exception = functools.partial(self.job_failed, client)
        client.task = self.made.create_task(process(worker))
        client.task.add_done_callback(lambda task: self.ended(client, task))

    def worker_of(self, act: dict[str, Any]) -> Client:
        made = Client(act["client"], {"type": "channel"})
        return self.clients.setdefault(act["client"], made)

    def dismiss(self, client: Client) -> None:
        """Stop a worker: what it has taken and not handled is lost."""
        if client.task and client.state == "open":
            client.task.cancel()
            client.end("")
            client.say("note", "stopped by you")

    async def job_failed(self, client: Client, error: Exception, _: Any) -> None:
        failure = describe(error, self.session.page)
        told = f"{failure.summary} (it logs that, and goes on without the jobs it had)"
        client.say("error", told, failure.traceback)

    def do_post(self, act: dict[str, Any]) -> None:
        """Put a message on a channel, as any program could."""
        client = self.worker_of(act)
        if layer := self.layer(client):
            channel, message = act["path"].split()[0], json.loads(act["text"])
            client.say("out", f"{channel}: {literal(plain(message))}")
            work = functools.partial(layer.send, channel, message)
            self.made.create_task(self.post(client, work))

    async def post(self, client: Client, send_it: Callable[[], Any]) -> None:
        async def put(scope: Any, receive: Any, send: Any) -> None:
            await send_it()

        try:
            await self.recorder.served(put, self, "you")(None, None, None)
        except Exception as error:
            failure = describe(error, self.session.page)
            client.say("error", failure.summary, failure.traceback)

    def layer(self, client: Client) -> Any:
        """Find the channel layer of the program; tell the client if there is none."""
        layer = self.modules["layers"].get_channel_layer()
        if layer is None:
            client.say("error", "the program has put no channel layer under `default`")
        return layer

    def do_tick(self, act: dict[str, Any]) -> None:
        """Let time pass: a timer is due."""
        self.recorder.slept += act["seconds"]

    def client(self, act: dict[str, Any], kind: str) -> Client:
        """Give a client as he is before he connects."""
        url = urlsplit(act["path"])
        headers = [[n.lower().encode(), v.encode()] for n, v in act["headers"]]
        scope = {
            "type": kind,
            "path": unquote(url.path),
            "query_string": url.query.encode(),
            "headers": headers,
        }
        client = self.clients.setdefault(act["client"], Client(act["client"], scope))
        if client.task and not client.task.done():
            client.task.cancel()
        client.scope, client.code, client.incoming = scope, "", asyncio.Queue()
        return client

    def open(self, client: Client, first: dict[str, Any]) -> None:
        served = self.recorder.served(self.application(), client, client.name)
        client.incoming.put_nowait(first)
        incoming = client.incoming
        coming = served(client.scope, incoming.get, client.send)
        client.task = self.made.create_task(coming)
        client.task.add_done_callback(lambda task: self.ended(client, task))

    def leave(self, client: Client, code: int, told: str) -> None:
        if client.state == "closed":
            return
        http = client.scope["type"] == "http"
        client.end("" if http else str(code))
        client.say("note", "left without waiting for the end" if http else told)
        gone = {"type": "websocket.disconnect", "code": code}
        client.incoming.put_nowait({"type": "http.disconnect"} if http else gone)

    def ended(self, client: Client, task: asyncio.Task[None]) -> None:
        """Do what a server does when an application has ended."""
        if task is not client.task or task.cancelled():
            return None
        error = task.exception()
        if error is not None:
            if client.scope["type"] == "channel":
                failure = describe(error, self.session.page)
                client.end("")
                told = f"{failure.summary} (the worker has ended)"
                return client.say("error", told, failure.traceback)
            http = client.scope["type"] == "http" or client.state == "connecting"
            code = "500" if http else "1011"
            how = f"status {code}" if http else f"close code {code}"
            failure = describe(error, self.session.page)
            if client.state != "closed":
                client.end(code)
                how = f"a server would send {how}"
            client.say("error", f"{failure.summary} ({how})", failure.traceback)
        elif client.state != "closed":
            client.say("note", "the application has ended; the connection has not")
        return None

    # ---- what the reader sees

    def told(self, slug: str) -> dict[str, Any]:
        """Give what is new since the last time."""
        logs, clients = [], []
        for client in self.clients.values():
            logs, client.log = client.log, []
            state = {"name": client.name, "state": client.state, "code": client.code}
            clients.append({**state, "log": logs})
        trace, names = self.recorder.peek()
        layers = [layer for layer in self.layers() if hasattr(layer, "channels")]
        return {
            "clients": clients,
            "wait": self.wait,
            "layers": [contents(layer, names) for layer in layers],
            **self.picture(trace, slug),
        }

    def layers(self) -> list[Any]:
        """Give the layers that the program can find by an alias; if none, all."""
        current = [*self.modules["layers"].channel_layers.backends.values()]
        known = self.recorder.layers
        found = [layer for layer in known if any(layer is each for each in current)]
        return found or list(known)

    def picture(self, trace: Trace, slug: str) -> dict[str, Any]:
        """Give the rows that go below what is drawn, and a new frame if it needs one.

        While a burst goes on it is drawn now and then only.
        """
        now, last = time.monotonic(), len(trace.events)
        going_on = self.wait == 0 and now - self.drawn_at < SELDOM
        if self.drawn == last or going_on:
            return {}
        since, self.drawn, self.drawn_at = self.drawn, last, now
        events = trace.events[-WINDOW:]
        seen = {id for event in events for id in (event.source, event.target)}
        actors = tuple(actor for actor in trace.actors if actor.id in seen)
        frame = ""
        if not set(actors) <= set(self.lanes) or last - since >= WINDOW:
            self.lanes, since = arranged(Trace(actors, events)), 0
            empty = Trace(actors, ())
            frame = figure(empty, slug, title="What happens", lanes=self.lanes)
        window = Trace(tuple(self.lanes), events)
        return {"frame": frame, "rows": rows(window, slug, self.lanes, since=since)}


def contents(layer: Any, names: dict[str, str]) -> dict[str, Any]:
    """Give the state of a layer in memory: what waits where, and who is in what."""
    channels = [
        {
            "name": names.get(channel, channel),
            "messages": [named(literal(plain(each)), names) for each in waiting],
        }
        for channel, waiting in messages(layer)
    ]
    groups = [
        {"name": group, "members": [names.get(each, each) for each in members]}
        for group, members in layer.groups.items()
    ]
    return {"channels": channels, "groups": groups}


def named(text: str, names: dict[str, str]) -> str:
    """Put the names that a reader knows into the place of made-up ones."""
    for channel, name in names.items():
        text = text.replace(channel, name)
    return text


def messages(layer: Any) -> Iterator[tuple[str, list[Any]]]:
    for channel, box in layer.channels.items():
        letters = getattr(box, "letters", None)
        if letters is None:
            yield channel, [message for _, message in box._queue]
        else:
            yield channel, [letter.message for letter in letters]


async def process(worker: Any) -> None:
    """Run a worker, and end with it all that ends with the process of a worker."""
    listeners = []
    listen = worker.listener

    async def listener(channel: str) -> None:
        task = asyncio.current_task()
        assert task
        listeners.append(task)
        await listen(channel)

    worker.listener = listener
    try:
        await worker.arun()
    finally:
        for task in listeners:
            task.cancel()
        for scope_id in list(worker.application_instances):
            worker.delete_application_instance(scope_id)


BENCHES: dict[str, Bench] = {}
"""The bench of each page and snippet that has one open."""


def answer(wanted: dict[str, Any]) -> str:
    """Do what the page asks: `{"open": ...}` or `{"acts": ...}`, for one snippet.

    Returns:
        What is new, as JSON; `{"gone": true}` if nothing of that name is open.
    """
    slug, key = wanted["slug"], f"{wanted['page']}#{wanted['slug']}"
    if "blocks" in wanted:
        if old := BENCHES.pop(key, None):
            old.close()
        bench = Bench(wanted["page"], wanted["app"])
        if failure := bench.start(wanted["blocks"]):
            bench.close()
            return json.dumps({"failed": failure.summary})
        BENCHES[key] = bench
    if key not in BENCHES:
        return json.dumps({"gone": True})
    bench = BENCHES[key]
    try:
        output = bench.act(wanted["acts"])
    except NoApplication as error:
        return json.dumps({"failed": str(error)})
    return json.dumps({"output": output, **bench.told(slug)})
