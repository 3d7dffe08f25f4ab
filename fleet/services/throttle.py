"""Token buckets for logins, in Valkey: one per address, one per (account, address), one for logins begun elsewhere."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Mapping
from functools import cache

import redis
from django.conf import settings

from fleet.domain.addresses import neighbours

logger = logging.getLogger(__name__)

PER_ADDRESS = (20, 60.0)  # burst, seconds until one token is back
PER_PAIR = (5, 60.0)
BEGUN_PER_ADDRESS = (60, 2.0)  # logins at the identity provider: an office may begin its day at once

# Takes one token from every bucket or from none. Answers 0, or the milliseconds until it would work.
_TAKE = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local left, wait = {}, 0
for i, key in ipairs(KEYS) do
  local burst, refill = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = math.min(burst, (tonumber(kept[1]) or burst) + (ms - (tonumber(kept[2]) or ms)) / refill)
  left[i] = tokens
  if tokens < 1 then wait = math.max(wait, (1 - tokens) * refill) end
end
if wait > 0 then return math.ceil(wait) end
for i, key in ipairs(KEYS) do
  local burst, refill = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  redis.call('HSET', key, 'tokens', tostring(left[i] - 1), 'at', ms)
  redis.call('PEXPIRE', key, math.ceil(burst * refill))
end
return 0
"""


def take(address: str, account: str) -> int:
    """Pay for one attempt; the seconds to wait when that is not possible yet, else 0.

    Without Valkey nobody is held up: being able to log in and see what broke is worth more.
    """
    of_address, of_pair = _keys(address, account)
    return _take({of_address: PER_ADDRESS, of_pair: PER_PAIR})


def take_to_begin(address: str) -> int:
    """Pay for the way to the identity provider, which nobody gives back: each one leaves a row here."""
    return _take({f"purser:login-begun:{neighbours(address)}": BEGUN_PER_ADDRESS})


def give_back(address: str, account: str) -> None:
    """A login that worked costs nothing and forgives this account's earlier failures from this address."""
    of_address, of_pair = _keys(address, account)
    try:
        with _client().pipeline() as pipe:
            pipe.hincrbyfloat(of_address, "tokens", 1)
            pipe.delete(of_pair)
            pipe.execute()
    except redis.RedisError:
        logger.error("logins are not throttled: Valkey cannot be reached")


def _take(buckets: Mapping[str, tuple[int, float]]) -> int:
    limits = [number for burst, seconds in buckets.values() for number in (burst, seconds * 1000)]
    try:
        milliseconds = _client().eval(_TAKE, len(buckets), *buckets, *limits)
    except redis.RedisError:
        logger.error("logins are not throttled: Valkey cannot be reached")
        return 0
    return math.ceil(int(milliseconds) / 1000)


def _keys(address: str, account: str) -> tuple[str, str]:
    """Hashed: what people type as a user name is now and then their password."""
    address = neighbours(address)
    pair = hashlib.sha256(f"{account.strip().lower()}\n{address}".encode()).hexdigest()[:32]
    return f"purser:login:{address}", f"purser:login:{pair}"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
