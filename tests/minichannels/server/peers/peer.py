"""The application that is served by our server, by Daphne and by Uvicorn.

What it does is in the path. What it hears at the end of a WebSocket can be asked for at
`/heard/`, with the path of the WebSocket as the query.
"""

import asyncio
import json

heard = {}


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        raise ValueError("No application configured for scope type 'lifespan'")
    name = scope["path"].split("/")[1].replace("-", "_")
    await BEHAVIOURS[scope["type"], name](scope, receive, send)


async def respond(send, body=b"", status=200, headers=()):
    headers = [(b"content-type", b"text/plain"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def body_of(receive):
    body, more_body = b"", True
    while more_body:
        event = await receive()
        body, more_body = body + event["body"], event["more_body"]
    return body


async def scope_(scope, receive, send):
    shown = {key: repr(value) for key, value in scope.items()}
    shown["headers"] = repr(sorted(scope["headers"]))
    shown["client"] = repr(scope["client"][0])
    for key in ("server", "asgi", "state"):
        shown.pop(key, None)
    await respond(send, json.dumps(shown, sort_keys=True).encode())


async def echo(scope, receive, send):
    await respond(send, await body_of(receive))


async def status(scope, receive, send):
    number = int(scope["query_string"])
    body = b"" if number in {204, 304} else b"body"
    await respond(send, body, number, [(b"x-one", b"1"), (b"x-one", b"2")])


async def stream(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for part in (b"one", b"", b"two" * 30_000):
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})


async def fail(scope, receive, send):
    raise LookupError("on purpose")


async def started(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise LookupError("on purpose")


async def unordered(scope, receive, send):
    await send({"type": "http.response.body", "body": b"early"})


async def text_header(scope, receive, send):
    await respond(send, b"", 200, [("x-one", "1")])


async def flood(scope, receive, send):
    """Send 32 MiB, and note how much of it was taken so far."""
    heard[scope["path"]] = 0
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(32):
        chunk = {"type": "http.response.body", "body": bytes(2**20), "more_body": True}
        await send(chunk)
        heard[scope["path"]] += 1
    await send({"type": "http.response.body"})


async def hears(scope, receive, send):
    await respond(send, json.dumps(heard[scope["query_string"].decode()]).encode())


async def listen(scope, receive, send):
    """Send back every message, and note how it ended."""
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.receive":
            if (event.get("text") or "").startswith("close "):
                code = int(event["text"].split()[1])
                await send({"type": "websocket.close", "code": code, "reason": "why"})
            elif event.get("text") == "fail":
                raise LookupError("on purpose")
            else:
                message = {k: v for k, v in event.items() if v is not None}
                await send(message | {"type": "websocket.send"})
    heard[scope["path"]] = event


async def socket_echo(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await listen(scope, receive, send)


async def socket_scope(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    shown = {key: repr(scope.get(key)) for key in KEYS}
    await send({"type": "websocket.send", "text": json.dumps(shown)})
    await send({"type": "websocket.send", "text": json.dumps(sorted(scope))})
    await listen(scope, receive, send)


KEYS = ["type", "path", "raw_path", "query_string", "root_path", "subprotocols"]


async def subprotocol(scope, receive, send):
    await receive()
    name = scope["query_string"].decode()
    await send({"type": "websocket.accept", "subprotocol": name})
    await listen(scope, receive, send)


async def headers(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept", "headers": [(b"x-one", b"1")]})
    await listen(scope, receive, send)


async def refuse(scope, receive, send):
    await receive()
    await send({"type": "websocket.close", "code": 4000})
    await listen(scope, receive, send)


async def silent(scope, receive, send):
    await asyncio.Event().wait()


async def deaf(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.Event().wait()


async def returns(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})


async def both(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "", "bytes": b"b"})
    await send({"type": "websocket.send", "text": "a", "bytes": b""})
    await send({"type": "websocket.send", "text": "a", "bytes": b"b"})


async def empty(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": ""})
    await send({"type": "websocket.send", "text": "after"})
    await listen(scope, receive, send)


BEHAVIOURS = {
    ("http", ""): scope_,
    ("http", "scope"): scope_,
    ("http", "echo"): echo,
    ("http", "status"): status,
    ("http", "stream"): stream,
    ("http", "fail"): fail,
    ("http", "started"): started,
    ("http", "unordered"): unordered,
    ("http", "text_header"): text_header,
    ("http", "heard"): hears,
    ("http", "flood"): flood,
    ("websocket", "echo"): socket_echo,
    ("websocket", "scope"): socket_scope,
    ("websocket", "subprotocol"): subprotocol,
    ("websocket", "headers"): headers,
    ("websocket", "refuse"): refuse,
    ("websocket", "fail"): fail,
    ("websocket", "silent"): silent,
    ("websocket", "deaf"): deaf,
    ("websocket", "returns"): returns,
    ("websocket", "empty"): empty,
    ("websocket", "both"): both,
}
