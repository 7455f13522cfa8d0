"""A channel layer on a Redis or Valkey server, for processes of any number of machines.

Each channel is a list: it keeps order, both its ends are cheap, and it vanishes when it
is empty. Each entry begins with the time at which it expires. Groups are sorted sets
of channels, by the time of joining.

- Atomic: one script checks the capacity of channels and pushes to them, one takes from
  them, by the server's clock. A broadcast is two steps: it reads the group, then pushes
  to its members; who leaves in between may still get it.
- A command is never repeated, since nobody knows if a lost one was carried out. `send`
  raises `redis.ConnectionError` when the server is away. A message that was on its way
  to a receiver just then may be lost; receivers wait until the server is back.
- Lost with the server, unless it saves to disk: messages, and memberships of groups.
- A push also *publishes* the names of the channels, to the process that made them, or
  to all for a name without `!`. So a receiver learns of a message: to wait asks nothing
  of the server, and a process has one connection on which it listens for all.

It takes one server, with replicas if you like, but not a cluster. `channels_redis` has
one list for all consumers of a process; here a slow consumer does not fill up others.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from minichannels.mailroom import heed_cancellation
from minichannels.stored_layer import StoredChannelLayer

CLOCK = """
local seconds, micros = unpack(redis.call('TIME'))
local now = seconds * 1000 + math.floor(micros / 1000)
local function expired(entry)
    return entry and (tonumber(string.match(entry, '^%d+')) or now) < now
end
"""

PUT = f"""{CLOCK}
local prefix, expiry, body = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local full, rings = 0, {{}}
for i, key in ipairs(KEYS) do
    while expired(redis.call('LINDEX', key, 0)) do redis.call('LPOP', key) end
    local capacity = tonumber(ARGV[i + 3])
    if 0 < capacity and capacity <= redis.call('LLEN', key) then
        full = full + 1
    else
        redis.call('RPUSH', key, string.format('%d ', now + expiry) .. body)
        if redis.call('PTTL', key) < expiry then redis.call('PEXPIRE', key, expiry) end
        local name = string.sub(key, #prefix + #':channel:' + 1)
        local process = string.match(name, '([^.]*)!') or 'all'
        rings[process] = (rings[process] and rings[process] .. ' ' or '') .. name
    end
end
for process, names in pairs(rings) do
    if redis.call('PUBLISH', prefix .. ':ring:' .. process, names) == 0 then
        redis.call('PUBLISH', prefix .. ':ring:all', names)
    end
end
return full"""

TAKE = f"""{CLOCK}
local taken = {{}}
for i, key in ipairs(KEYS) do
    repeat taken[i] = redis.call('LPOP', key) until not expired(taken[i])
end
return taken"""


class RedisChannelLayer(StoredChannelLayer):
    """A channel layer on the server whose URL, or (host, port), is the item of `hosts`.

    Everything that it keeps there is under names that begin with `prefix`.
    """

    patience = 30.0

    def __init__(
        self,
        hosts: Sequence[str | tuple[str, int]] = ("redis://localhost:6379",),
        prefix: str = "minichannels",
        **limits: Any,
    ) -> None:
        if isinstance(hosts, str) or len(hosts) != 1 or isinstance(hosts[0], dict):
            wanted = "a list of one server, which is a URL or a pair (host, port)"
            raise ValueError(f"hosts must be {wanted}, not {hosts!r}")
        host = hosts[0]
        self.url = host if isinstance(host, str) else "redis://{}:{}".format(*host)
        place = self.url.partition("?")[0].rpartition("@")[2]  # without the password
        super().__init__(place, **limits)
        self.prefix = prefix
        self._clients: dict[asyncio.AbstractEventLoop, AsyncGenerator[Redis, None]] = {}

    async def group_add(self, group: str, channel: str) -> None:
        """Make a channel a member of a group, or renew its membership."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        client, members = await self._client(), self._key("group", group)
        await client.zadd(members, {channel: time.time()})
        await client.pexpire(members, int(self.group_expiry * 1000))

    async def group_discard(self, group: str, channel: str) -> None:
        """Make a channel no member of a group."""
        self.require_valid_channel_name(channel)
        self.require_valid_group_name(group)
        await (await self._client()).zrem(self._key("group", group), channel)

    async def flush(self) -> None:
        """Forget every message and every group, those of other processes included."""
        client = await self._client()
        async for key in client.scan_iter(self._key("*", "*"), count=1000):
            await client.delete(key)

    async def close(self) -> None:
        """Close the connections of this event loop. Messages stay on the server."""
        await super().close()
        if client := self._clients.get(asyncio.get_running_loop()):
            await client.aclose()

    async def _put(self, channels: list[str], body: bytes) -> int:
        put = (await self._client()).register_script(PUT)
        capacities = [self.get_capacity(channel) for channel in channels]
        args: list[Any] = [self.prefix, int(self.expiry * 1000), body, *capacities]
        return int(await put([self._key("channel", name) for name in channels], args))

    async def _take(self, channels: list[str]) -> list[tuple[str, bytes]]:
        take = (await self._client()).register_script(TAKE)
        entries = await take([self._key("channel", name) for name in channels])
        pairs = zip(channels, entries, strict=True)
        return [(name, e.partition(b" ")[2]) for name, e in pairs if e is not None]

    async def _members(self, group: str) -> list[str]:
        client, key = await self._client(), self._key("group", group)
        await client.zremrangebyscore(key, 0, f"({time.time() - self.group_expiry}")
        names: Any = await client.zrange(key, 0, -1)
        return [name.decode() for name in names]

    async def _listen(self, look: Callable[..., None]) -> None:
        async with (await self._client()).pubsub() as bell:
            await bell.subscribe(*[self._key("ring", x) for x in (self.process, "all")])
            while True:
                # The answer to `subscribe` comes first, after a break too; silence may
                # be that of a dead connection. Both mean: look for every channel.
                ring: Any = await bell.get_message(timeout=self.patience)
                rung = ring and ring["type"] == "message"
                look(ring["data"].decode().split(" ") if rung else None)
                heed_cancellation()

    def _key(self, kind: str, name: str) -> str:
        return f"{self.prefix}:{kind}:{name}"

    async def _client(self) -> Redis:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = self._connect(loop)
        return await anext(self._clients[loop])

    async def _connect(
        self, loop: asyncio.AbstractEventLoop
    ) -> AsyncGenerator[Redis, None]:
        """Give the client of an event loop, again and again.

        A loop that is shut down closes its generators, and this one closes the client.
        """
        once = Retry(NoBackoff(), 0)
        client = Redis.from_pool(BlockingConnectionPool.from_url(self.url, retry=once))
        try:
            while True:
                yield client
        finally:
            del self._clients[loop]
            await client.aclose()
