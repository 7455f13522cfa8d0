"""What is particular to the layer on a Redis or Valkey server."""

import asyncio

import pytest
import redis
from minichannels.codec import encode
from minichannels.redis_layer import RedisChannelLayer

pytestmark = pytest.mark.kinds("servers")


async def test_a_receiver_outlives_the_timeout_of_the_socket(bench):
    layer = RedisChannelLayer([f"{bench.server.url}?socket_timeout=0.05"])
    name = await layer.new_channel()
    receiver = asyncio.create_task(layer.receive(name))
    await asyncio.sleep(0.3)
    await bench().send(name, {"type": "x"})  # whose socket has more time
    assert await receiver == {"type": "x"}
    await layer.close()


async def test_silence_makes_a_receiver_look_in_case_its_connection_is_dead(bench):
    layer, other = bench(), bench(prefix="minichannels")
    layer.patience = 0.02
    receiver = asyncio.create_task(layer.receive("jobs"))
    await asyncio.sleep(0.05)
    client = await other._client()
    entry = b"99999999999999 " + encode({"type": "x"})
    await client.rpush("minichannels:channel:jobs", entry)
    assert await receiver == {"type": "x"}


async def test_a_restart_of_the_server_is_an_error_to_senders_only(bench, caplog):
    layer = bench()
    layer.retry_delay = 0.01
    name = await layer.new_channel()
    receiver = asyncio.create_task(layer.receive(name))
    await layer.group_add("room", name)
    bench.server.stop()
    try:
        with pytest.raises(redis.ConnectionError):
            await layer.send(name, {"type": "x"})
        with pytest.raises(redis.ConnectionError):
            await layer.group_send("room", {"type": "x"})
        while "tries again" not in caplog.text:  # noqa: ASYNC110 - a log
            await asyncio.sleep(0.005)
    finally:
        bench.server.start()
    await layer.send(name, {"type": "back"})
    assert await receiver == {"type": "back"}
    await layer.group_send("room", {"type": "x"})
    await layer.group_add("room", name)
    await layer.group_send("room", {"type": "again"})
    assert await layer.receive(name) == {"type": "again"}


async def test_a_command_that_gets_no_answer_is_not_repeated(bench):
    layer = RedisChannelLayer([f"{bench.server.url}?socket_timeout=2"])
    await layer.send("jobs", {"type": "x", "n": 0})
    client = await bench()._client()
    await client.client_pause(60_000, all=False)  # all that writes
    with pytest.raises(redis.TimeoutError):
        await layer.send("jobs", {"type": "x", "n": 1})
    await layer.close()
    await client.client_unpause()
    assert await client.llen("minichannels:channel:jobs") <= 2


async def test_entries_that_we_did_not_make_are_dropped(bench, caplog):
    layer = bench(capacity=3)
    client = await layer._client()
    key = "minichannels:channel:jobs"
    await client.rpush(key, b"garbage", b"")
    await layer.send("jobs", {"type": "x"})
    assert await layer.receive("jobs") == {"type": "x"}
    assert caplog.text.count("Dropped") == 2


async def test_prefixes_keep_layers_on_one_server_apart(bench):
    layers = [bench(prefix=prefix) for prefix in ("one", "two")]
    for layer in layers:
        await layer.group_add("room", "a")
    await layers[0].group_send("room", {"type": "one"})
    await layers[1].flush()
    assert await layers[0].receive("a") == {"type": "one"}
    await layers[0].flush()
    assert await (await layers[0]._client()).keys("one:*") == []


async def test_nothing_is_left_on_the_server_when_all_is_read_or_expired(bench):
    layer, hasty = bench(), bench(expiry=0.02, group_expiry=0.02)
    await hasty.group_add("room", "member")
    await hasty.send("unread", {"type": "x"})
    await layer.send("read", {"type": "x"})
    await layer.receive("read")
    client = await layer._client()
    while await client.keys("minichannels:*"):  # noqa: ASYNC110 - its clock
        await asyncio.sleep(0.005)


async def test_members_that_expired_are_forgotten_though_their_group_goes_on(bench):
    layer = bench(group_expiry=100)
    await layer.group_add("room", "old")
    bench.late += 60
    await layer.group_add("room", "new")
    bench.late += 60
    await layer.group_send("room", {"type": "x"})
    client = await layer._client()
    assert await client.zrange("minichannels:group:room", 0, -1) == [b"new"]


async def test_many_senders_at_once_share_a_few_connections(bench):
    layer = bench(capacity=0)
    await asyncio.gather(*[layer.send("jobs", {"type": "x"}) for _ in range(500)])
    clients = await (await layer._client()).client_list()
    assert len(clients) <= 60


@pytest.mark.parametrize(
    "hosts", ["redis://localhost", [], ["a", "b"], [{"host": "a"}]]
)
def test_hosts_is_a_list_of_one_server(hosts):
    with pytest.raises(ValueError, match="hosts must be a list of one server"):
        RedisChannelLayer(hosts)


def test_a_host_is_a_url_or_a_pair():
    assert RedisChannelLayer().url == "redis://localhost:6379"
    assert RedisChannelLayer([("example", 1)]).url == "redis://example:1"


@pytest.mark.parametrize(
    "host", ["rediss://me:secret@example:1/2", "redis://example:1/2?password=secret"]
)
def test_a_layer_says_where_it_is_without_a_password(host):
    shown = repr(RedisChannelLayer([host]))
    assert "example:1/2" in shown
    assert "secret" not in shown
