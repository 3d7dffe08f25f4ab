"""How often the API may be called: a token bucket an address, one a caller, and one for those whose name is wrong.

All of it lives in Valkey and may be lost. Without Valkey nobody is held up: that is logged, and tried again later.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings

from fleet.domain.addresses import neighbours
from fleet.services.throttle import _client

logger = logging.getLogger(__name__)

MINUTE_S = 60
KNOWN_FOR_S = 600
ASK_AGAIN_AFTER_S = 5.0

# What a bucket holds now. A bucket of n a minute starts full and regains one every 60000 / n ms.
_LEVEL = """
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
local function level(key, size)
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  return math.min(size, (tonumber(kept[1]) or size) + (ms - (tonumber(kept[2]) or ms)) * size / 60000)
end
local function put(key, tokens, size)
  redis.call('HSET', key, 'tokens', tostring(tokens), 'at', ms)
  redis.call('PEXPIRE', key, 60000)
end
local function wait(tokens, size) return math.ceil((1 - tokens) * 60000 / size) end
"""

# KEYS: the address, its failures, the mark of a caller that is known there. ARGV: both sizes, 0 for no limit.
# Answers {ms to wait, which bucket it was, what is left of the address}.
_ARRIVE = (
    _LEVEL
    + """
local size, failures = tonumber(ARGV[1]), tonumber(ARGV[2])
if failures > 0 then
  local left = level(KEYS[2], failures)
  if left < 1 and redis.call('EXISTS', KEYS[3]) == 0 then return {wait(left, failures), 2, 0} end
end
if size == 0 then return {0, 0, 0} end
local left = level(KEYS[1], size)
if left < 1 then return {wait(left, size), 1, 0} end
put(KEYS[1], left - 1, size)
return {0, 0, math.floor(left - 1)}
"""
)

# KEYS: a bucket, and a mark to set (or the same key for none). ARGV: its size, how long the mark stays.
_TAKE = (
    _LEVEL
    + """
local size = tonumber(ARGV[1])
if KEYS[2] ~= KEYS[1] then redis.call('SET', KEYS[2], '1', 'EX', ARGV[2]) end
if size == 0 then return {0, 0, 0} end
local left = level(KEYS[1], size)
if left < 1 then return {wait(left, size), 1, 0} end
put(KEYS[1], left - 1, size)
return {0, 0, math.floor(left - 1)}
"""
)


@dataclass(frozen=True)
class Rate:
    """One limit and what is left of it, in the words of the RateLimit header fields."""

    policy: str
    quota: int
    left: int
    wait_s: int = 0  # 0: this request passes

    @property
    def reset_s(self) -> int:
        """Until the whole quota is back."""
        return max(self.wait_s, math.ceil((self.quota - self.left) * MINUTE_S / self.quota))


def arrive(address: str, credential: str) -> Rate | None:
    """A request comes in, before anything is known of its caller. None: no limit holds here.

    An address that showed too many wrong names waits, but for callers that are known to come from there.
    """
    size, failures = settings.API_ADDRESS_REQUESTS_PER_MINUTE, settings.API_FAILURES_PER_MINUTE
    if not size and not failures:
        return None
    counted = neighbours(address)
    keys = (f"purser:api:address:{counted}", f"purser:api:failures:{counted}", _mark(address, credential))
    answer = _ask(lambda valkey: valkey.eval(_ARRIVE, 3, *keys, size, failures))
    if answer is None:
        return None
    wait, which, left = (int(number) for number in answer)
    if which == 2:
        return Rate("failures", failures, 0, math.ceil(wait / 1000))
    return Rate("address", size, left, math.ceil(wait / 1000)) if size else None


def failed(address: str) -> None:
    """It showed no name that we know."""
    if size := settings.API_FAILURES_PER_MINUTE:
        key = f"purser:api:failures:{neighbours(address)}"
        _ask(lambda valkey: valkey.eval(_TAKE, 2, key, key, size, 0))


def take(principal: str, *, per_minute: int | None, address: str, credential: str) -> Rate | None:
    """A caller is known by now: pay for one request of theirs. `per_minute`: a limit of their own."""
    size = per_minute or settings.API_REQUESTS_PER_MINUTE
    if not size and not settings.API_FAILURES_PER_MINUTE:
        return None
    keys = (f"purser:api:caller:{principal}", _mark(address, credential))
    answer = _ask(lambda valkey: valkey.eval(_TAKE, 2, *keys, size, KNOWN_FOR_S))
    if answer is None or not size:
        return None
    wait, _, left = (int(number) for number in answer)
    return Rate("caller", size, left, math.ceil(wait / 1000))


def _mark(address: str, credential: str) -> str:
    """Hashed: a credential stands nowhere but in its own header."""
    digest = hashlib.sha256(f"{address}\n{credential}".encode()).hexdigest()
    return f"purser:api:known:{digest[:32]}"


_silent_until = 0.0


def _ask(question: Callable[[redis.Redis], Any]) -> Any:
    """Valkey's answer; None when it cannot be reached, and then for some seconds without trying."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return None
    try:
        return question(_client())
    except redis.RedisError:
        _silent_until = time.monotonic() + ASK_AGAIN_AFTER_S
        logger.error("requests are not throttled: Valkey cannot be reached")
        return None
