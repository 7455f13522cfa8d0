"""The server as a process: its command line, its start, its end."""

import asyncio
import gc
import logging
import os
import re
import runpy
import signal
import socket
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from minichannels.server import serve
from minichannels.server.__main__ import main
from minichannels.server.connection import Limits
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .test_http import GET, answer
from .test_websocket import ACCEPT, echo, sending, url

APPLICATION = """
async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        for word in ("startup", "shutdown"):
            await receive()
            print(word, flush=True)
            await send({"type": f"lifespan.{word}.complete"})
    elif scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] != "websocket.disconnect":
            pass
        print("left with", event["code"], flush=True)
    else:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"hello"})
"""


def quick(**limits: Any) -> Limits:
    return Limits(**{"close_timeout": 0.5} | limits)


async def run(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    """Start the command line on a free port, in a folder with `app.py`."""
    (folder / "app.py").write_text(APPLICATION)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "minichannels.server", "app:application", "--port", "0", *arguments),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_process_cleanly(tmp_path: Path, number: int) -> None:
    process = await run(tmp_path)
    assert process.stdout
    try:
        assert await process.stdout.readline() == b"startup\n"
        line = (await process.stdout.readline()).decode()
        port = int(re.fullmatch(r"Listening on http://127.0.0.1:(\d+)\n", line)[1])
        async with connect(f"ws://127.0.0.1:{port}") as socket:
            process.send_signal(number)
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1001
        output, errors = await asyncio.wait_for(process.communicate(), 10)
    finally:
        if process.returncode is None:
            process.kill()
    assert output == b"left with 1001\nshutdown\n"
    assert (process.returncode, errors) == (0, b"")


async def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    process = await run(tmp_path, "--close-timeout", "60")
    assert process.stdout
    try:
        await process.stdout.readline()
        port = int((await process.stdout.readline()).decode().rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            GET[:-2] + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: bWluaWNoYW5uZWxzIDEyMw==\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        await reader.read(4)  # the close frame, which we do not answer
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == -signal.SIGTERM
        writer.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_curl_speaks_to_it(tmp_path: Path) -> None:
    process = await run(tmp_path)
    assert process.stdout
    try:
        await process.stdout.readline()
        address = (await process.stdout.readline()).split()[-1]
        curl = await asyncio.create_subprocess_exec(
            *("curl", "-s", "-d", "x" * 5000, "-H", "Expect: 100-continue"),
            *(address, address),
            stdout=asyncio.subprocess.PIPE,
        )
        assert (await curl.communicate())[0] == b"hellohello"
    except FileNotFoundError:
        pytest.skip("no curl on this machine: apt-get install curl")
    finally:
        process.terminate()
        await process.communicate()


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put the handlers of signals back as they were."""
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_main_serves_until_it_is_told_to_stop(
    monkeypatch: Any, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "stops.py").write_text(
        "import os, signal\n"
        "async def app(scope, receive, send):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    raise ValueError('no lifespan here')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    arguments = ["minichannels.server", "stops:app", "--port=0", "--max-message=10"]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.delitem(sys.modules, "minichannels.server.__main__")
    runpy.run_module("minichannels.server", run_name="__main__")
    assert capsys.readouterr().out.startswith("Listening on http://127.0.0.1:")


def test_an_application_that_is_not_there_is_an_error_of_usage(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["minichannels.asgi"])
    assert "write module:variable, as in chat.asgi" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["app:application", "--port=70000"], "--port: 70000 is not from 0 to 65535"),
        (["app:application", "--max-head=0"], "--max-head: 0 is not from 1 to inf"),
        (["app:application", "--max-message=-1"], "-1 is not from 1 to inf"),
        (["app:application", "--client-timeout=-1"], "-1 is not from 0 to inf"),
        (["app:application", "--client-timeout=nan"], "nan is not from 0 to inf"),
        (["app:application", "--close-timeout=x"], "invalid number value: 'x'"),
        (["./app:application"], "no './app:application'; write module:variable"),
        ([".app:application"], "no '.app:application'; write module:variable"),
        (["app:number"], "app:number cannot be called: 5 is no application"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(
    monkeypatch: Any, tmp_path: Path, capsys: Any, arguments: Any, error: str
) -> None:
    (tmp_path / "app.py").write_text("application, number = print, 5")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "app", raising=False)
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert error in capsys.readouterr().err


STUBBORN = """
import os, signal
from asyncio import Event

async def hangs(scope, receive, send):
    if (await receive())["type"] == "lifespan.startup":
        os.kill(os.getpid(), signal.SIGTERM)
    await Event().wait()

async def refuses(scope, receive, send):
    await send({"type": (await receive())["type"] + ".failed", "message": "no disk"})
"""


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["stubborn:refuses"], "lifespan.startup failed: no disk"),
        (["stubborn:hangs"], "it was stopped before the application had started"),
        (["builtins:print", "--host=192.0.2.1"], "--host 192.0.2.1 --port 0: [Errno"),
    ],
)
def test_a_server_that_cannot_start_says_why_in_a_line(
    monkeypatch: Any, tmp_path: Path, capsys: Any, arguments: Any, error: str
) -> None:
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SystemExit, match="1"):
        main([*arguments, "--port=0", "--close-timeout=0.05"])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert error in lines[0]


@pytest.mark.usefixtures("handlers")
def test_an_address_of_ipv6_is_in_brackets(
    monkeypatch: Any, tmp_path: Path, capsys: Any
) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    (tmp_path / "six.py").write_text(
        "import os, signal\n"
        "async def app(scope, receive, send):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    try:
        main(["six:app", "--host=::1", "--port=0"])
    except SystemExit:
        pytest.skip("this machine has no address ::1")
    assert capsys.readouterr().out.startswith("Listening on http://[::1]:")


async def test_lifespan_is_told_of_start_and_end_and_fills_the_state() -> None:
    told = []
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            told.append((await receive())["type"])
            scope["state"]["pool"] = "a pool"
            await send({"type": "lifespan.startup.complete"})
            told.append((await receive())["type"])
            await send({"type": "lifespan.shutdown.complete"})
        else:
            seen.append(dict(scope["state"]))
            scope["state"]["pool"] = "mine"
            await answer()(scope, receive, send)

    async with serve(application, port=0, limits=quick()) as address:
        for _ in range(2):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(GET[:-2] + b"Connection: close\r\n\r\n")
            await reader.read()
            writer.close()
        assert told == ["lifespan.startup"]
    assert told == ["lifespan.startup", "lifespan.shutdown"]
    assert seen == [{"pool": "a pool"}] * 2


def plain(scope: Any, receive: Any, send: Any) -> Any:
    """No coroutine function: it raises when it is called."""
    if scope["type"] == "lifespan":
        raise ValueError("No application configured for scope type 'lifespan'")
    return echo(scope, receive, send)


async def cancelled(scope: Any, receive: Any, send: Any) -> None:
    """An application whose lifespan ends as if it were cancelled."""
    if scope["type"] == "lifespan":
        raise asyncio.CancelledError
    await echo(scope, receive, send)


@pytest.mark.parametrize("application", [plain, cancelled])
async def test_an_application_that_ends_its_lifespan_otherwise_is_served_too(
    application: Any,
) -> None:
    async with (
        serve(application, port=0, limits=quick()) as address,
        connect(url(address)) as one,
    ):
        await one.send("x")
        assert await one.recv() == "x"


@pytest.mark.parametrize("answer", [{}, {"type": "http.response.start"}])
async def test_another_answer_to_lifespan_is_an_error_of_the_application(
    answer: Any, caplog: Any
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(answer)

    with caplog.at_level(logging.INFO):
        async with serve(application, port=0):
            pass
    assert f"Cannot send {answer!r}, only lifespan.startup.complete or" in caplog.text


async def test_an_application_that_does_not_stop_is_given_up(caplog: Any) -> None:
    cancelled = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with serve(application, port=0, limits=quick(close_timeout=0.05)):
        pass
    await cancelled.wait()
    assert "no answer to lifespan.shutdown" in caplog.text


@pytest.mark.parametrize("returns", [True, False])
async def test_an_application_without_lifespan_is_served_all_the_same(
    returns: bool,
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" and returns:
            return
        if scope["type"] == "lifespan":
            raise ValueError("No application configured for scope type 'lifespan'")
        await echo(scope, receive, send)

    async with (
        serve(application, port=0, limits=quick()) as address,
        connect(url(address)) as one,
    ):
        await one.send("x")
        assert await one.recv() == "x"


async def test_lifespan_is_told_of_the_end_when_the_server_fails() -> None:
    told = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            told.append((await receive())["type"])
            await send({"type": f"{told[-1]}.complete"})

    with pytest.raises(KeyError):
        async with serve(application, port=0):
            raise KeyError
    assert told == ["lifespan.startup", "lifespan.shutdown"]


def test_an_application_that_goes_on_after_its_lifespan_is_no_error(
    caplog: Any,
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            await send({"type": f"{(await receive())['type']}.complete"})

    async def run() -> None:
        async with serve(application, port=0):
            pass

    asyncio.run(run())
    assert caplog.text == ""


async def test_a_start_that_fails_lets_nobody_in() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        failed = {"type": "lifespan.startup.failed", "message": "no database"}
        await send(failed)

    server = serve(application, port=0)
    with pytest.raises(RuntimeError, match=r"lifespan\.startup failed: no database"):
        async with server:
            pytest.fail("it was let in")


async def stopping(application: Any, **limits: Any) -> Any:
    """A server, and the event that stops it."""
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def run() -> None:
        async with serve(application, port=0, limits=quick(**limits)) as bound:
            address.set_result(bound)
            await stop.wait()

    return (
        asyncio.create_task(run()),
        stop,
        await asyncio.shield(asyncio.ensure_future(address)),
    )


def no_lifespan(application: Any) -> Any:
    async def without(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] != "lifespan"
        await application(scope, receive, send)

    return without


async def test_nothing_is_kept_of_an_exchange_that_is_over(
    start: Any, client: Any
) -> None:
    exchanges = weakref.WeakSet[Any]()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        exchanges.add(receive.__self__)
        if scope["type"] == "http":
            await receive()
            await receive()
        elif scope["path"] == "/returns/":
            await send(ACCEPT)
        elif scope["path"] == "/refuses/":
            await send({"type": "websocket.close"})
        else:
            await echo(scope, receive, send)

    address = await start(application, close_timeout=60, handshake_timeout=60)
    await (await (await client(address)).send(GET)).close()
    for path in ("/returns/", "/refuses/", "/echoes/"):
        one = await client(address)
        await one.upgrade(path)
        await one.close()
    async with asyncio.timeout(20):
        while exchanges:
            await asyncio.sleep(0.01)
            gc.collect()


async def test_a_request_at_work_is_finished_before_the_end(client: Any) -> None:
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        at_work.set()
        await go_on.wait()
        await answer(b"done")(scope, receive, send)

    server, stop, address = await stopping(no_lifespan(application))
    idle, one = await client(address), await client(address)
    await one.send(GET)
    await at_work.wait()
    stop.set()
    assert await idle.rest() == b""
    with pytest.raises(OSError):
        await client(address)
    go_on.set()
    assert (await one.response())[2] == b"done"
    assert await one.rest() == b""
    await server


async def test_what_does_not_end_in_time_is_stopped(client: Any) -> None:
    at_work, stopped = threading.Event(), threading.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    application = no_lifespan(application)
    server, stop, address = await stopping(application, close_timeout=0.05)
    one = await client(address)
    await one.send(GET)
    await asyncio.to_thread(at_work.wait)
    stop.set()
    await server
    assert stopped.is_set()


async def test_a_handshake_at_work_is_refused_at_the_end(client: Any) -> None:
    heard = asyncio.Queue[Any]()
    server, stop, address = await stopping(no_lifespan(sending(heard=heard)))
    handshake = asyncio.create_task(connect(url(address)).__aenter__())
    await heard.get()
    stop.set()
    with pytest.raises(InvalidStatus) as refused:
        await handshake
    assert refused.value.response.status_code == 503
    await server


async def test_sockets_hear_that_the_server_is_going_away() -> None:
    heard = asyncio.Queue[Any]()
    application = no_lifespan(sending(ACCEPT, heard=heard))
    server, stop, address = await stopping(application)
    async with connect(url(address)) as socket:
        stop.set()
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1001
    await server
    await heard.get()
    assert heard.get_nowait()["code"] == 1001
