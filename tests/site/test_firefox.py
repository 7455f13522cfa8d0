"""The pages in Firefox, where it is installed: they run there as in Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from walkthrough.serve import Host

from .firefox import Tab, firefox

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = ("", "chapters/groups/", "chapters/mailbox/")
ENDED = """(async () => {
  const told = {}, waits = "run-block:has(pre > code):not([data-state])";
  while (document.querySelector(waits))
    await new Promise((resolve) => setTimeout(resolve, 20));
  for (const block of document.querySelectorAll("run-block")) {
    if (!block.runs) continue;
    block.querySelector(".run-go").click();
    while (!["finished", "failed", "stopped"].includes(block.dataset.state))
      await new Promise((resolve) => setTimeout(resolve, 20));
    told[block.id] = block.querySelector(".run-status").textContent;
  }
  return told;
})()"""


async def until(tab: Tab, true: str) -> None:
    """Wait until an expression holds in the page."""
    pause = "new Promise((resolve) => setTimeout(resolve, 20))"
    await tab.evaluate(f"(async () => {{ while (!({true})) await {pause}; }})()")


async def press(tab: Tab, name: str, within: str = "body") -> None:
    """Press the first button of a name."""
    buttons = f"[...document.querySelectorAll({within + ' button'!r})]"
    await until(tab, f"{buttons}.some((b) => b.textContent === {name!r})")
    await tab.evaluate(f"{buttons}.find((b) => b.textContent === {name!r}).click()")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tab]:
    profile: Path = tmp_path_factory.mktemp("profile")
    async with firefox(profile) as opened:
        yield opened


@pytest.mark.parametrize("chapter", PAGES, ids=lambda url: url or "front")
async def test_snippets_print_what_the_page_says_and_ask_no_other_host(
    chapter: str, tab: Tab, host: Host
) -> None:
    await tab.goto(host.address + chapter)
    told = await tab.evaluate(ENDED)
    assert len(told) > 3
    assert {slug: said for slug, said in told.items() if said[:1] != "✓"} == {}
    asked = [a for a in tab.requests if not a.startswith(("data:", "blob:"))]
    assert {urlsplit(a).netloc for a in asked} == {urlsplit(host.address).netloc}
    assert tab.complaints == []


async def test_a_loop_without_end_is_stopped_and_the_page_runs_on(
    tab: Tab, host: Host
) -> None:
    await tab.goto(host.address + "chapters/groups/")
    block, state = "#mailbox", "document.querySelector('#mailbox').dataset.state"
    await press(tab, "Edit", block)
    await until(tab, "document.querySelector('#mailbox textarea')")
    await tab.evaluate(
        """(() => {
          const editor = document.querySelector("#mailbox textarea");
          editor.value = "print('begun')\\nwhile True: pass";
          editor.dispatchEvent(new Event("input", { bubbles: true }));
        })()"""
    )
    await press(tab, "Run", block)
    begun = "document.querySelector('#mailbox .run-live').textContent"
    await until(tab, f"{begun}.includes('begun')")
    await press(tab, "Stop", block)
    await until(tab, f"{state} === 'stopped'")
    await press(tab, "Reset", block)
    assert (await tab.evaluate(ENDED))["mailbox"].startswith("✓")
    assert tab.complaints == []


async def test_a_reader_is_both_clients_of_the_chat(tab: Tab, host: Host) -> None:
    await tab.goto(host.address)
    logs = "[...document.querySelectorAll('.live-log')]"
    await press(tab, "Connect all")
    await until(tab, f"{logs}.every((log) => log.textContent.includes('accepted'))")
    await press(tab, "Send", ".live-panel")
    await until(tab, f"{logs}.every((log) => log.textContent.includes('Hello, Bob'))")
    assert tab.complaints == []
