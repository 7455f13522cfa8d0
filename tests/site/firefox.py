"""Firefox, driven by WebDriver BiDi: Playwright drives only a Firefox of its own."""

import asyncio
import itertools
import json
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

MISSING = (
    "no Firefox on this machine: apt-get install firefox-esr, "
    "or say where it is with FIREFOX=/path/to/it"
)
LISTENS = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
SECONDS = 120


def firefox_path() -> str:
    """Find Firefox; without one, skip the test, or fail where CI requires it."""
    named = os.environ.get("FIREFOX")
    found = named or shutil.which("firefox-esr") or shutil.which("firefox")
    if found and shutil.which(found):
        return found
    if os.environ.get("WALKTHROUGH_REQUIRE_BROWSER") == "1":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


class Tab:
    """A page in Firefox, with all that it asked for and complained of."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.numbers = itertools.count(1)
        self.context = ""
        self.requests: list[str] = []
        self.complaints: list[str] = []

    async def call(self, method: str, **params: Any) -> Any:
        """Give Firefox a command and wait for the answer; note what it tells else."""
        number = next(self.numbers)
        command = {"id": number, "method": method, "params": params}
        await self.socket.send(json.dumps(command))
        async with asyncio.timeout(SECONDS):
            while (told := json.loads(await self.socket.recv())).get("id") != number:
                self.note(told["method"], told["params"])
        assert told["type"] == "success", told
        return told["result"]

    def note(self, method: str, params: dict[str, Any]) -> None:
        if method == "network.beforeRequestSent":
            self.requests.append(params["request"]["url"])
        elif method == "log.entryAdded":
            self.complaints.append(str(params["text"]))

    async def open(self) -> None:
        await self.call("session.new", capabilities={})
        events = ["log.entryAdded", "network.beforeRequestSent"]
        await self.call("session.subscribe", events=events)
        made = await self.call("browsingContext.create", type="tab")
        self.context = made["context"]

    async def goto(self, url: str) -> None:
        await self.call(
            "browsingContext.navigate", context=self.context, url=url, wait="complete"
        )

    async def evaluate(self, code: str) -> Any:
        """Evaluate an expression in the page; a promise is waited for."""
        told = await self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({code})) ?? null))()",
            target={"context": self.context},
            awaitPromise=True,
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])


@asynccontextmanager
async def firefox(profile: Path) -> AsyncIterator[Tab]:
    """Start Firefox with an empty profile, give a tab of it, and end it."""
    arguments = ("--headless", "--no-remote", "--remote-debugging-port", "0")
    process = await asyncio.create_subprocess_exec(
        *(firefox_path(), *arguments, "--profile", str(profile)),
        stdout=DEVNULL,
        stderr=PIPE,
    )
    assert process.stderr
    try:
        async with asyncio.timeout(SECONDS):
            while not (found := LISTENS.search(await process.stderr.readline())):
                assert not process.stderr.at_eof(), "Firefox ended at its start"
        reading = asyncio.create_task(process.stderr.read())  # else its pipe fills up
        address = found[1].decode() + "/session"
        async with connect(address, max_size=None) as socket:
            tab = Tab(socket)
            await tab.open()
            yield tab
            await tab.call("browser.close")
        await reading
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
