"""Each of the 31 pains of ten years of issues has a section, a failure and a cure.

The pages' own tests run the snippets, on both packages; here is what they are for.
"""

from dataclasses import dataclass
from typing import Any

import pytest

MUSEUM = "troubleshooting"


@dataclass(frozen=True)
class Exhibit:
    """Where a pain is treated, as `page#anchor` and `page#snippet`."""

    section: str
    failing: str
    mended: str


def museum(anchor: str, failing: str, mended: str) -> Exhibit:
    return Exhibit(*(f"{MUSEUM}#{name}" for name in (anchor, failing, mended)))


def chapter(name: str, anchor: str, failing: str, mended: str) -> Exhibit:
    names = (f"chapters/{name}#{each}" for each in (anchor, failing, mended))
    return Exhibit(*names)


EXHIBITS = {
    "404 under runserver": museum("404", "runserver-wsgi", "runserver-asgi"),
    "Django can only handle ASGI/HTTP connections": chapter(
        "routing",
        "django-can-only-handle-asgihttp-connections-not-websocket",
        *("only-django", "both-protocols"),
    ),
    "AppRegistryNotReady": museum("apps-not-ready", "too-early", "in-order"),
    "idle consumers die on Redis": museum(
        "redis-timeout", "redis-timeout-fails", "redis-timeout-cured"
    ),
    "sync consumers block each other": chapter(
        "sync", "where-the-one-thread-comes-from", "barrier", "cure"
    ),
    "messages only after the loop": museum("at-once", "burst", "in-a-task"),
    "while True in a handler": chapter(
        "mailbox", "while-true-never-sees-the-disconnect", "clock", "killed"
    ),
    "took too long to shut down": museum("killed", "not-stopping", "stopping"),
    "disconnect() is not called": museum("dead-members", "not-called", "called"),
    "a forgotten await": museum("forgotten-await", "unawaited", "awaited"),
    "No handler for message type": museum("no-handler", "misnamed", "well-named"),
    "group_send from another process": museum(
        "other-process", "two-processes", "shared-layer"
    ),
    "AsyncToSync in an event loop": museum(
        "async-to-sync", "wrapped-in-async", "awaited-or-wrapped"
    ),
    "Event loop is closed": museum(
        "loop-closed", "kept-connection", "connection-per-loop"
    ),
    "SynchronousOnlyOperation": museum(
        "synchronous-only", "orm-on-the-loop", "orm-on-a-thread"
    ),
    "database connections exhausted": museum(
        "connections", "left-open", "closed-again"
    ),
    "invalid group names": museum("bad-name", "name-refused", "name-made-safe"),
    "presence": museum("presence", "counted", "heard-of"),
    "exclude the sender": chapter(
        "groups",
        "exclude-the-sender-from-group_send",
        *("broadcast", "skip-myself"),
    ),
    "full channels": museum("full", "full-drops", "full-told"),
    "core or pub/sub": museum("pubsub", "job-done-twice", "job-done-once"),
    "tokens": chapter("middleware", "middleware-is-seven-lines", "no-user", "token"),
    "logout and open sockets": museum("logout", "stays", "sent-away"),
    "403 without a word": museum("403", "forbidden", "allowed"),
    "close codes lost": museum("1006", "code-lost", "code-kept"),
    "close reasons lost": chapter(
        "websocket",
        "the-close-reason-and-the-headers-never-arrive",
        *("handshakes", "farewell"),
    ),
    "long polls without an answer": chapter(
        "http",
        "long-polling-that-never-answers-waiting-inside-handle",
        "deadlock",
        "own-mailbox",
    ),
    "nested routers": chapter(
        "routing",
        "a-router-inside-middleware-doesnt-match",
        "wrapped",
        "wrapped-mended",
    ),
    "500 for an unknown path": museum("500", "no-route", "catch-all"),
    "a worker is no Celery": museum("lost-jobs", "jobs-lost", "jobs-kept"),
    "timeouts in tests": chapter(
        "testing",
        "timeouterror-then-cancellederror-after-receive_from-in-a-test",
        *("timeout", "receive-nothing"),
    ),
    "lifespan": chapter(
        "server",
        "lifespan-asgi-lifespan-protocol-appears-unsupported",
        *("uvicorn", "lifespan"),
    ),
    "nginx": museum("nginx", "no-upgrade", "upgrade"),
    "a large message": museum("too-big", "dropped", "taken"),
    "no Redis": museum("no-redis", "nobody-there", "somebody-there"),
    "a blocking call": museum("blocking", "blocks", "awaits"),
    "AnonymousUser": museum("anonymous", "no-cookie", "own-cookie"),
    "settings are not configured": museum("not-configured", "unnamed", "named"),
}


@pytest.mark.parametrize("pain", EXHIBITS)
def test_a_pain_has_a_failure_and_a_cure_that_run_on_channels(
    pain: str, book: Any
) -> None:
    exhibit = EXHIBITS[pain]
    failing, mended = book.snippet(exhibit.failing), book.snippet(exhibit.mended)
    assert failing.runs and mended.runs
    assert failing.code != mended.code and failing.line < mended.line
    assert not failing.only_minichannels, "the pain is one of Channels"
    assert failing.output, "a failure is shown by what it prints"


@pytest.mark.parametrize("pain", EXHIBITS)
def test_the_section_of_a_pain_holds_its_cure_or_is_linked_from_the_museum(
    pain: str, book: Any
) -> None:
    exhibit = EXHIBITS[pain]
    lines = book.lines(exhibit.section)
    if exhibit.section.startswith(MUSEUM):
        assert book.snippet(exhibit.failing).line in lines
        assert book.snippet(exhibit.mended).line in lines
    else:
        link = exhibit.section.replace("#", ".md#")
        assert f"]({link})" in book.pages[MUSEUM].text


def test_the_index_of_the_museum_leads_to_every_exhibit(book: Any) -> None:
    index = book.lines(f"{MUSEUM}#index")
    text = book.pages[MUSEUM].text.splitlines()
    entries = "\n".join(text[index.start : index.stop])
    anchors = {each.section.partition("#")[2] for each in EXHIBITS.values()}
    assert [anchor for anchor in anchors if f"#{anchor})" not in entries] == []


def test_all_31_pains_are_here() -> None:
    assert len(EXHIBITS) >= 31
