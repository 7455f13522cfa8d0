"""Which calls are steps of the round trip: a rule by package, never a list of results.

A process that serves one request makes some ten thousand Python calls. The rules keep
a call for what it is, before anybody knows whether it will happen:

- **whole**: every call into Daphne, Channels, minichannels and the
  project itself, and into Django's handlers;
  of channels_redis, its two layers and their serializers;
- **named**: of asgiref, Django, Twisted, autobahn, redis and asyncio only the functions
  where the path changes hands: from bytes to a protocol, from loop to thread, from
  queue to coroutine, from middleware to view;
- **housekeeping**: a call that a timer repeats counts only if it led to another step;
- **helpers**: of a whole package, a plain call that stays in one module or one object,
  or in minichannels, and leads to no other step is left out: it computes something.

Left out everywhere: lambdas, comprehensions, and methods such as `__hash__`.
"""

import sys
from dataclasses import dataclass
from functools import cache
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
from types import CodeType

WHOLE = {
    "daphne": "daphne",
    "channels": "channels",
    "channels_redis.core": "layer",
    "channels_redis.pubsub": "layer",
    "channels_redis.serializers": "layer",
    "minichannels": "minichannels",
    "roundtrip": "yours",
    "django.core.handlers": "django",
}
"""Packages of which every call is a step, and the layer that a reader sees them as."""

NAMED: dict[str, dict[str, tuple[str, ...]]] = {
    "asgiref": {
        "asgiref.sync": (
            "SyncToAsync.__call__",
            "SyncToAsync.thread_handler",
            "AsyncToSync.__call__",
            "AsyncToSync.main_wrap",
            "ThreadSensitiveContext.__aenter__",
            "ThreadSensitiveContext.__aexit__",
        ),
        "asgiref.server": (
            "StatelessServer.run",
            "StatelessServer.arun",
            "StatelessServer.get_or_create_application_instance",
            "StatelessServer.application_exception",
        ),
    },
    "django": {
        "django.dispatch.dispatcher": ("Signal.asend",),
        "django.db": ("close_old_connections",),
        "django.urls.resolvers": ("URLResolver.resolve",),
        "django.utils.deprecation": (
            "MiddlewareMixin.__call__",
            "MiddlewareMixin.__acall__",
        ),
        "django.contrib.sessions.middleware": (
            "SessionMiddleware.process_request",
            "SessionMiddleware.process_response",
        ),
        "django.contrib.auth.middleware": ("AuthenticationMiddleware.process_request",),
        "django.http.response": (
            "HttpResponseBase.close",
            "StreamingHttpResponse.__aiter__",
        ),
    },
    "twisted": {
        "twisted.internet.tcp": (
            "Port.doRead",
            "Connection.doRead",
            "Connection.connectionLost",
        ),
        "twisted.internet.abstract": (
            "FileDescriptor.write",
            "FileDescriptor.writeSequence",
            "FileDescriptor.doWrite",
            "FileDescriptor.loseConnection",
        ),
        "twisted.web.http": (
            "HTTPChannel.dataReceived",
            "HTTPChannel.allHeadersReceived",
            "HTTPChannel.writeHeaders",
            "HTTPChannel.connectionLost",
            "Request.requestReceived",
            "Request.write",
            "Request.finish",
            "Request.connectionLost",
        ),
        "autobahn.twisted.websocket": (
            "WebSocketAdapterProtocol.dataReceived",
            "WebSocketAdapterProtocol.connectionLost",
        ),
        "autobahn.websocket.protocol": (
            "WebSocketServerProtocol.processHandshake",
            "WebSocketServerProtocol.succeedHandshake",
            "WebSocketServerProtocol.failHandshake",
            "WebSocketProtocol.onFrameEnd",
            "WebSocketProtocol.onCloseFrame",
            "WebSocketProtocol.sendMessage",
            "WebSocketProtocol.sendClose",
            "WebSocketProtocol.sendCloseFrame",
            "WebSocketProtocol.sendFrame",
            "WebSocketProtocol.dropConnection",
        ),
    },
    "layer": {
        "redis.asyncio.client": ("Redis.execute_command", "PubSub.execute_command"),
    },
    "asyncio": {
        "asyncio.streams": ("StreamReader.read", "StreamWriter.write"),
        "asyncio.queues": ("Queue.put_nowait", "Queue.put", "Queue.get"),
    },
}
"""By layer: the border functions of packages that are otherwise only passed through."""

HOUSEKEEPING = frozenset(
    {
        "daphne.server:Server.application_checker",
        "daphne.server:Server.timeout_checker",
        "daphne.ws_protocol:WebSocketProtocol.check_timeouts",
        "daphne.http_protocol:WebRequest.check_timeouts",
        "channels_redis.core:RedisChannelLayer.receive_single.<locals>._cleanup_done",
        "minichannels.server.websocket:WebSocket.refuse",
        "minichannels.server.exchange:Exchange.kill",
        "minichannels.mailroom:Mailroom.deliver_due",
        "channels_redis.pubsub:RedisSingleShardConnection._receive_message",
    }
)
"""What timers repeat and what tidies up: kept only where it led to another step."""

EVENTS = {
    "daphne.server:Server.handle_reply": "message",
    "minichannels.server.http:HttpExchange.send": "message",
    "minichannels.server.websocket:WebSocket.send": "message",
    "minichannels.mailbox:Mailbox.put": "letter",
    "asyncio.queues:Queue.put_nowait": "item",
    "asyncio.queues:Queue.put": "item",
    "asyncio.queues:Queue.get": "item",
}
"""Where an event crosses a border, and the local variable that holds it."""

NOTES = {
    "daphne.ws_protocol:WebSocketProtocol.handle_exception": "exception",
    "daphne.http_protocol:WebRequest.handle_exception": "exception",
    "channels.consumer:get_handler_name": "message",
    "minichannels.consumer:get_handler_name": "message",
    "redis.asyncio.client:Redis.execute_command": "args",
    "redis.asyncio.client:PubSub.execute_command": "args",
}
"""Calls that a reader understands by one of their arguments, and its name."""

_SKIPPED = ("<lambda>", "<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>")
_DULL = ("__hash__", "__eq__", "__repr__", "__str__", "__getattr__", "__del__")


@dataclass(frozen=True)
class Site:
    """A function that is a step wherever it is called."""

    layer: str
    module: str
    name: str
    file: str
    line: int
    helper: bool
    """Whether it may be a helper: plain code of a whole package."""

    @property
    def key(self) -> str:
        """The qualified name, as `package.module:Class.method`."""
        return f"{self.module}:{self.name}"


def _layer_of(module: str, name: str) -> tuple[str, bool] | None:
    for layer, modules in NAMED.items():
        if name in modules.get(module, ()):
            return layer, False
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if whole := WHOLE.get(".".join(parts[:length])):
            return whole, True
    return None


def _is_dull(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last in _DULL or last in _SKIPPED or last == "<module>"


@cache
def path_of(file: str) -> str:
    """Give a source file's path inside the folder that it was imported from."""
    roots = [root.rstrip("/") + "/" for root in sys.path if root]
    inside = [root for root in roots if file.startswith(root)]
    return file[len(max(inside, key=len, default="")) :]


def place(path: str, line: int) -> str:
    """Name a line. Of minichannels the file will do: its code is read by name."""
    return path if path.startswith("minichannels/") else f"{path}:{line}"


@cache
def site_of(code: CodeType) -> Site | None:
    """Say whether calls of this code are steps, and of which layer."""
    path, name = path_of(code.co_filename), code.co_qualname
    if not path.endswith(".py") or _is_dull(name):
        return None
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    found = _layer_of(module, name)
    if found is None:
        return None
    layer, whole = found
    plain = not code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR)
    helper = whole and plain and not name.endswith("__init__")
    return Site(layer, module, name, path, code.co_firstlineno, helper)
