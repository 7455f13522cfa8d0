"""Whoever types a symptom into the search sees a link to the section about it."""

from typing import Any

import pytest
from playwright.async_api import Page

in_one_loop = pytest.mark.asyncio(loop_scope="session")

MUSEUM = "troubleshooting/#"
FOUND_AT = {
    "websocket 404 not found runserver": [f"{MUSEUM}404"],
    "Not Found: /ws/chat/": [f"{MUSEUM}404"],
    "django channels 404": [f"{MUSEUM}404"],
    "nginx websocket upgrade": ["deployment/#a-proxy", f"{MUSEUM}nginx"],
    "wss behind proxy": ["deployment/#a-proxy", f"{MUSEUM}nginx"],
    "403 forbidden": [f"{MUSEUM}403"],
    "websocket rejected 403 nothing logged": [f"{MUSEUM}403"],
    "origin postman insomnia": [f"{MUSEUM}403"],
    "No route found for path": [f"{MUSEUM}500", "routing/#no-route-found"],
    "TypeError: object Chat can't be used in 'await' expression": [f"{MUSEUM}as-asgi"],
    "nested URLRouter include()": ["routing/#a-router-inside", "routing/#nest"],
    "close code 1006": [f"{MUSEUM}1006", "websocket/#close-codes"],
    "close(4001) lost": [f"{MUSEUM}1006"],
    "close reason lost daphne": ["websocket/#the-close-reason"],
    "accept headers dropped daphne": ["websocket/#the-close-reason"],
    "1011": [f"{MUSEUM}1011", f"{MUSEUM}redis-timeout", "websocket/#close-codes"],
    "TimeoutError: Timeout reading from localhost:6379": [f"{MUSEUM}redis-timeout"],
    "Timeout reading from redis": [f"{MUSEUM}redis-timeout"],
    "socket_timeout None": [f"{MUSEUM}redis-timeout", "deployment/#redis"],
    "websocket stuck connecting": [f"{MUSEUM}hang"],
    "websocket not connecting": [f"{MUSEUM}hang"],
    "handshake hangs never accepted": [f"{MUSEUM}hang"],
    "No handler for message type": [f"{MUSEUM}no-handler", "mailbox/#no-handler"],
    "ValueError: No handler for message type chat.message": [
        f"{MUSEUM}no-handler",
        "mailbox/#no-handler",
    ],
    "RecursionError dispatch": [f"{MUSEUM}reserved-types"],
    "BACKEND is unconfigured or doesn't support groups": [
        f"{MUSEUM}no-layer",
        "websocket/#groups-without",
    ],
    "Group name must be a valid unicode string": [
        f"{MUSEUM}bad-name",
        "groups/#names-that",
    ],
    "got an unexpected keyword argument 'bytes_data'": [f"{MUSEUM}binary"],
    "django.core.exceptions.AppRegistryNotReady: Apps aren't loaded yet": [
        f"{MUSEUM}apps-not-ready"
    ],
    "took too long to shut down and was killed": [
        f"{MUSEUM}killed",
        "mailbox/#took-too-long",
    ],
    "celery group_send nothing happens": [f"{MUSEUM}other-process"],
    "group_send from a view does nothing": [f"{MUSEUM}other-process"],
    "group_send not working": [f"{MUSEUM}other-process"],
    "Requested setting INSTALLED_APPS, but settings are not configured": [
        f"{MUSEUM}not-configured"
    ],
    "Error 111 connecting to 127.0.0.1:6379": [f"{MUSEUM}no-redis"],
    "redis connection refused": [f"{MUSEUM}no-redis"],
    "AnonymousUser": [f"{MUSEUM}anonymous", "middleware/#sessions-and-users"],
    "scope user anonymous": [f"{MUSEUM}anonymous", "middleware/#sessions-and-users"],
    "time.sleep blocks": [f"{MUSEUM}blocking"],
    "large message disconnects": [f"{MUSEUM}too-big"],
    "Unexpected response code: 404": [f"{MUSEUM}404", f"{MUSEUM}short"],
    "An insecure WebSocket connection may not be initiated": [f"{MUSEUM}short"],
    "Cannot find ASGI_APPLICATION setting": [f"{MUSEUM}short"],
    "daphne Address already in use": [f"{MUSEUM}short"],
    "ChannelFull": [f"{MUSEUM}full", "layers/#full"],
    "messages dropped silently": [f"{MUSEUM}full"],
    "messages arrive only after the loop": [
        "mailbox/#messages-that",
        f"{MUSEUM}at-once",
    ],
    "while True disconnect": ["mailbox/#while-true"],
    "background task in consumer": ["mailbox/#tasks-that", "mailbox/#a-task-that"],
    "You cannot use AsyncToSync in the same thread as an async event loop": [
        f"{MUSEUM}async-to-sync"
    ],
    "RuntimeError: Event loop is closed": [f"{MUSEUM}loop-closed"],
    "SynchronousOnlyOperation": [f"{MUSEUM}synchronous-only"],
    "You cannot call this from an async context - use a thread or sync_to_async": [
        f"{MUSEUM}synchronous-only"
    ],
    "database connections exhausted threads": [f"{MUSEUM}connections"],
    "FATAL: sorry, too many clients already": [f"{MUSEUM}connections"],
    "disconnect not called": [f"{MUSEUM}dead-members"],
    "list members of a group presence": [f"{MUSEUM}presence"],
    "online users count": [f"{MUSEUM}presence"],
    "exclude sender group_send": ["groups/#exclude"],
    "send to one user all devices": ["groups/#one-user"],
    "core or pubsub channels_redis": ["layers/#the-two", f"{MUSEUM}pubsub"],
    "JWT token authentication": ["middleware/#tokens"],
    "logout websocket still open": [f"{MUSEUM}logout"],
    "SyncConsumer blocks slow": [f"{MUSEUM}one-thread", "sync/#async-consumers-stall"],
    "long polling never answers": ["http/#long-polling", "http/#two-ways"],
    "server-sent events client disconnect": ["http/#server-sent"],
    "runworker lost jobs celery": [f"{MUSEUM}lost-jobs", "worker/#beside"],
    "asgi lifespan": ["server/#lifespan"],
    "ASGI 'lifespan' protocol appears unsupported.": ["server/#lifespan"],
    "test TimeoutError CancelledError receive_from": ["testing/#timeouterror"],
    "tests delete database": [f"{MUSEUM}test-name"],
    "two redis hosts messages lost": ["layers/#two-hosts", "deployment/#redis"],
    "WebSocket connection to 'ws://localhost:8000/ws/chat/' failed": [
        f"{MUSEUM}1006",
        f"{MUSEUM}nginx",
    ],
    "ValueError: Django can only handle ASGI/HTTP connections, not websocket.": [
        "routing/#django-can-only"
    ],
    "RuntimeWarning: coroutine 'AsyncConsumer.send' was never awaited": [
        f"{MUSEUM}forgotten-await"
    ],
    "AttributeError: 'NoneType' object has no attribute 'group_send'": [
        f"{MUSEUM}no-layer"
    ],
}
"""What is typed or pasted, and the sections that answer it."""

ITEMS = ".md-search-result__item"


async def results(page: Page, query: str) -> list[str]:
    """Type a query; give the sections in the first three results that a reader sees.

    What is folded away below "more on this page" is not seen.
    """
    await page.evaluate(
        f"document.querySelectorAll('{ITEMS}').forEach(i => i.id = 'old')"
    )
    await page.get_by_role("textbox", name="Search").fill(query)
    await page.wait_for_function(
        f"""() => !document.querySelector("{ITEMS}#old") &&
        /matching/.test(document.querySelector(".md-search-result__meta").innerText)"""
    )
    found: list[str] = await page.evaluate(
        f"""() => [...document.querySelectorAll("{ITEMS}")]
        .slice(0, 3).flatMap(item => [...item.querySelectorAll("a")])
        .filter(link => link.checkVisibility() && !link.closest("details:not([open])"))
        .map(link => new URL(link.href)).map(url => url.pathname + url.hash)"""
    )
    return found


@in_one_loop
async def test_every_symptom_leads_to_its_section(visit: Any) -> None:
    visited = await visit("")
    page = visited.page
    await page.keyboard.press("/")
    lost = {}
    for query, places in FOUND_AT.items():
        links = await results(page, query)
        if not any(place in link for place in places for link in links):
            lost[query] = links
    assert lost == {}


@in_one_loop
async def test_a_query_that_is_pasted_with_the_mouse_is_searched(visit: Any) -> None:
    page = (await visit("")).page
    await page.get_by_role("textbox", name="Search").click()
    await page.keyboard.insert_text("AppRegistryNotReady")  # presses no key
    await page.locator(f"{ITEMS} a[href*='#apps-not-ready']").first.wait_for()


@in_one_loop
async def test_a_page_that_is_opened_from_a_result_searches_as_well(visit: Any) -> None:
    page = (await visit("troubleshooting/?h=closed")).page
    await page.keyboard.press("/")
    links = await results(page, "the loop is closed for a task")
    assert any("#loop-closed" in link for link in links)


async def test_the_queries_are_enough() -> None:
    assert len(FOUND_AT) >= 55
    assert all("#" in place for places in FOUND_AT.values() for place in places)
