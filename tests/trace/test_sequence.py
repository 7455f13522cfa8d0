"""The picture of a trace, and the same events in words."""

import re
import xml.etree.ElementTree as etree
from typing import Any

import pytest
from walkthrough.sequence import arranged, figure, pair, rename, sentence
from walkthrough.trace import Actor, Event, Trace

ANN = Actor("client-1", "client", "ann")
BOB = Actor("client-2", "client", "bob")
CHAT = Actor("consumer-1", "consumer", "ann's Chat", "client-1")
CHAT2 = Actor("consumer-2", "consumer", "bob's Chat", "client-2")
LAYER = Actor("layer-1", "layer", "channel layer")
ROUTER = Actor("router-1", "router", "URLRouter")
CODE = Actor("code-1", "code", "your code")
EVERYBODY = (ANN, CHAT, LAYER, CHAT2, BOB, ROUTER, CODE)
HELLO = {"type": "websocket.receive", "text": "Hello, Bob"}


def event(kind: Any, source: Actor, target: Actor | None = None, **rest: Any) -> Event:
    number = rest.pop("number", 1)
    time = rest.pop("time", 0.0)
    return Event(number, time, kind, source.id, target.id if target else "", **rest)


def words(*events: Event) -> str:
    trace = Trace(EVERYBODY, events)
    return "".join(text for _, text in sentence(trace, events[-1]))


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (
            event("scope", ANN, CHAT, message={"type": "websocket", "path": "/chat/"}),
            "ann opens websocket /chat/ to ann's Chat",
        ),
        (
            event("scope", ROUTER, CHAT, message={"type": "websocket"}),
            "URLRouter hands over to ann's Chat",
        ),
        (
            event("receive", ANN, CHAT, message=HELLO),
            "ann's Chat receives websocket.receive “Hello, Bob” from ann",
        ),
        (
            event("dispatch", CHAT, handler="websocket_receive"),
            "ann's Chat calls websocket_receive()",
        ),
        (
            event("send", CHAT, ANN, message={"type": "websocket.close", "code": 4001}),
            "ann's Chat sends websocket.close 4001 to ann",
        ),
        (
            event(
                "group_add", CHAT, LAYER, group="room", channel="channel of ann's Chat"
            ),
            "ann's Chat joins the group room",
        ),
        (
            event("group_discard", CODE, LAYER, group="room", channel="c"),
            "Your code takes c out of the group room",
        ),
        (
            event("group_send", CODE, LAYER, group="room", message={"type": "x"}),
            "Your code sends x to the group room",
        ),
        (
            event(
                "layer_send", CODE, LAYER, channel="c", message={"type": "x", "n": 3}
            ),
            "Your code sends x n=3 to the channel c",
        ),
        (
            event("delivery", LAYER, CHAT, channel="c", message={"type": "x"}),
            "The channel layer delivers x to ann's Chat",
        ),
        (
            event(
                "dropped", LAYER, CHAT, channel="c", message={"type": "x"}, text="full"
            ),
            "x for ann's Chat is dropped: its channel is full",
        ),
        (
            event("dropped", LAYER, channel="c", message={"type": "x"}, text="expired"),
            "x for c is dropped: it is too old",
        ),
        (
            event("exception", CHAT, ANN, text="KeyError: 'a'"),
            "ann's Chat fails with KeyError: 'a'",
        ),
        (event("close", CHAT, ANN), "ann's Chat ends"),
        (event("close", CHAT, ANN, text="cancelled"), "ann's Chat is cancelled"),
        (event("left", CHAT), "At the end ann's Chat is still open"),
        (event("left", CHAT, text="tick"), "At the end tick() still runs"),
    ],
)
def test_every_kind_of_event_is_a_sentence(happened: Event, said: str) -> None:
    assert words(happened) == said


def parsed(markup: str) -> etree.Element:
    return etree.fromstring(markup.replace("<wbr>", "").replace(" hidden>", ">"))


def drawn(trace: Trace, **rest: Any) -> etree.Element:
    tree = parsed(figure(trace, "chat", **rest)).find("figure")
    assert tree is not None
    return tree


def conversation() -> Trace:
    scope = {"type": "websocket", "path": "/"}
    events = (
        event("scope", ANN, CHAT, number=1, line=3, message=scope),
        event("scope", BOB, CHAT2, number=2, message=scope),
        event("receive", ANN, CHAT, number=3, message=HELLO),
        event("dispatch", CHAT, number=4, handler="websocket_receive", until=5),
        event("group_send", CHAT, LAYER, number=5, group="g", message={"type": "x"}),
        event("delivery", LAYER, CHAT2, number=6, time=0.05, message={"type": "x"}),
        event("close", CHAT, ANN, number=7, time=0.05),
    )
    return Trace((ANN, CHAT, BOB, CHAT2, LAYER), events)


def test_each_event_is_one_item_with_its_words_and_its_line() -> None:
    items = drawn(conversation()).findall("ol/li")
    assert [item.get("data-kind") for item in items] == [
        *("scope", "scope", "receive", "dispatch", "group_send", "delivery", "close")
    ]
    assert items[0].get("data-line") == "3" and items[1].get("data-line") is None
    told = "".join(items[5].find("p").itertext())
    assert told == "50 ms later The channel layer delivers x to bob's Chat"
    assert items[2].findtext("code") == str(HELLO)


def test_connections_stand_on_both_sides_of_the_layer() -> None:
    names = [actor.name for actor in arranged(conversation())]
    assert names == ["ann", "ann's Chat", "channel layer", "bob's Chat", "bob"]


def test_what_serves_several_clients_stands_between_clients_and_layer() -> None:
    events = (
        event("scope", ANN, ROUTER, number=1),
        event("scope", BOB, ROUTER, number=2),
        event("scope", ROUTER, CHAT, number=3),
        event("group_add", CHAT, LAYER, number=4, group="g"),
    )
    order = arranged(Trace((ANN, ROUTER, CHAT, LAYER, BOB), events))
    assert order == [ANN, BOB, ROUTER, CHAT, LAYER]


def test_a_lifeline_begins_with_its_scope_and_ends_with_its_close() -> None:
    trace = conversation()
    strips = drawn(trace).findall("ol/li/svg")
    counts = [len(strip.findall("line[@x1][@x2]")) for strip in strips]
    arrows = [len(strip.findall("svg")) for strip in strips]
    assert counts == [4 + 1, 5 + 1, 5 + 1, 5, 5 + 1, 5 + 1, 5]
    assert arrows == [1, 1, 1, 0, 1, 1, 1]


def test_a_handler_is_a_bar_until_it_has_ended() -> None:
    strips = drawn(conversation()).findall("ol/li/svg")
    assert [len(strip.findall("rect")) for strip in strips] == [0, 0, 0, 1, 1, 0, 0]


def test_places_are_in_per_cent_so_that_no_text_is_ever_scaled() -> None:
    markup = figure(conversation(), "chat")
    strips = re.findall(r"<svg class=\"trace-strip\".*?</svg></?p?", markup)
    assert not any("viewBox" in strip for strip in strips)
    across = re.findall(r' (?:x|x1|x2)="([^"]*)"', markup)
    assert across and all(place.endswith("%") for place in across)


def test_the_markup_needs_no_style_and_no_script() -> None:
    markup = figure(conversation(), "chat")
    assert not re.search(r"style|<script|\son\w+=|href", markup)


def test_text_of_the_program_stays_text() -> None:
    nasty = "<img src=x onerror=alert(1)>&\"'"
    actor = Actor("client-1", "client", nasty)
    message = {"type": nasty, "text": nasty}
    trace = Trace(
        (actor, CHAT),
        (
            event("receive", actor, CHAT, message=message),
            event("dispatch", CHAT, number=2, handler=nasty),
            event("exception", CHAT, number=3, text=nasty),
            event("group_add", CHAT, actor, number=4, group=nasty, channel=nasty),
        ),
    )
    tree = drawn(trace)
    assert not tree.findall(".//img")
    assert nasty in "".join(tree.find("ol/li/p").itertext())


def test_two_traces_share_their_lifelines_and_mark_where_they_differ() -> None:
    one = conversation()
    other = rename(Trace(one.actors, one.events[:-1]), Trace())
    assert not {a.id for a in one.actors} & {a.id for a in other.actors}
    first, second = parsed(pair({"mended": one, "broken": other}, "c"))
    assert heads(first) == heads(second)
    assert [li.get("data-kind") for li in first.iter("li") if differs(li)] == ["close"]
    assert not any(map(differs, second.iter("li")))


def test_in_two_traces_actors_of_one_kind_stand_for_each_other() -> None:
    broken = Actor("consumer-9", "consumer", "Broken", "client-1")
    left = event("left", CHAT, number=2)
    first = Trace((ANN, CHAT), (event("close", CHAT, ANN), left))
    second = Trace((ANN, broken), (event("close", broken, ANN),))
    one, two = parsed(pair({"one": first, "two": second}, "c"))
    assert heads(one) == ["ann", "ann's Chat"] and heads(two) == ["ann", "Broken"]
    assert [li.get("data-kind") for li in one.iter("li") if differs(li)] == ["left"]
    assert not any(map(differs, two.iter("li")))


@pytest.mark.parametrize("target", [CHAT2, None])
def test_what_is_lost_is_drawn_with_a_cross(target: Actor | None) -> None:
    lost = event("dropped", LAYER, target, channel="c", message=HELLO, text="full")
    (strip,) = drawn(Trace(EVERYBODY, (lost,))).findall("ol/li/svg")
    marks = [path.get("class") for path in strip.findall("svg/path")]
    assert marks == ["trace-cross" if target else "trace-lost"]


def heads(tree: etree.Element) -> list[str]:
    lanes = tree.findall("figure/div/span")
    return ["".join(lane.itertext()) for lane in lanes]


def differs(item: etree.Element) -> bool:
    return "trace-differs" in item.get("class", "")
