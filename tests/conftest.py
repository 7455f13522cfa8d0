"""What the tests of more than one folder need: a real browser."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "no Chromium on this machine: apt-get install chromium, "
    "or say where it is with CHROMIUM=/path/to/it"
)

expect.set_options(timeout=30_000)


def browser_path() -> str:
    """Find Chromium; without one, skip the test, or fail where CI requires it."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found and shutil.which(found):
        return found
    if os.environ.get("WALKTHROUGH_REQUIRE_BROWSER") == "1":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for all tests of a process."""
    path = browser_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        yield browser
        await browser.close()
