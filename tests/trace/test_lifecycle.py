"""The life cycle of a connection, drawn from the table that the server follows."""

import xml.etree.ElementTree as etree

import pytest
from minichannels.server.http import HttpExchange
from minichannels.server.websocket import WebSocket
from walkthrough.lifecycle import lifecycle, moves_of
from walkthrough.sources import Source, find_source

WEBSOCKET = "minichannels/server/websocket.py", "WebSocket.moves"


def test_the_table_is_the_one_that_the_server_follows() -> None:
    assert moves_of(find_source(*WEBSOCKET)) == WebSocket.moves
    http = find_source("minichannels/server/http.py", "HttpExchange.moves")
    assert moves_of(http) == HttpExchange.moves


def test_each_move_is_an_arrow_and_a_sentence() -> None:
    tree = etree.fromstring(lifecycle(find_source(*WEBSOCKET)))
    heads = ["".join(lane.itertext()) for lane in tree.findall("div/span")]
    assert heads == list(WebSocket.moves)
    told = ["".join(row.itertext()) for row in tree.findall("ol/li/p")]
    assert told == [
        "Connecting: websocket.accept makes it open",
        "Connecting: websocket.close makes it closed",
        "Open: websocket.send leaves it open",
        "Open: websocket.close makes it closed",
    ]
    assert len(tree.findall("ol/li/svg/svg")) == 4


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="not an assignment"):
        moves_of(Source("a.py", "x", 1, "def x(): pass\n"))
