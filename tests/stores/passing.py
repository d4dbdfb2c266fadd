"""Time that passes in a home whose clock is a server's: all that it keeps grows older."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from engine.stores.homes.redis_connection import Script

AGE = Script("""
for _, key in ipairs(redis.call('KEYS', '{' .. ARGV[1] .. ':*')) do
  local kind = redis.call('TYPE', key).ok
  if key:match(':expiries$') then
    for _, each in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -ARGV[2], each) end
  elseif kind == 'string' then
    redis.call('SET', key, string.format('%.6f', redis.call('GET', key) - ARGV[2]), 'KEEPTTL')
  elseif kind == 'hash' and redis.call('HEXISTS', key, 'ends') == 1 then
    redis.call('HINCRBYFLOAT', key, 'ends', -ARGV[2])
  end
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, math.max(1, left - ARGV[2] * 1000)) end
end
""")


OLDER = (
    "UPDATE engine_entries SET expires = expires - $1::float8",
    "UPDATE engine_rates SET due = due - $1::float8",
    "UPDATE engine_leases SET ends = ends - $1::float8",
)


def in_redis(home: Any) -> Callable[[float], Awaitable[None]]:
    async def passing(seconds: float) -> None:
        await home.connection.run(AGE, [], home._application, repr(seconds))

    return passing


def in_postgres(home: Any) -> Callable[[float], Awaitable[None]]:
    async def passing(seconds: float) -> None:
        for change in OLDER:
            await home.run(change, seconds)

    return passing


PASSING = {"redis": in_redis, "postgresql": in_postgres}
