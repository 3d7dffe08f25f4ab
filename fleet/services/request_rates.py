"""How often the API may be called: a token bucket an address, one a caller, and one for those whose name is wrong.

All of it lives in Valkey and may be lost. Without Valkey nobody is held up: that is logged, and tried again later.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Sequence
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
# A caller who was known there lately pays at once: the mark tells their bucket and its size.
# Answers {ms to wait, which bucket it was, what is left of the address, the mark or '', the caller's wait, and left}.
_ARRIVE = (
    _LEVEL
    + """
local size, failures, known = tonumber(ARGV[1]), tonumber(ARGV[2]), redis.call('GET', KEYS[3]) or ''
if failures > 0 and known == '' then
  local left = level(KEYS[2], failures)
  if left < 1 then return {wait(left, failures), 2, 0, '', 0, 0} end
end
local left = 0
if size > 0 then
  left = level(KEYS[1], size)
  if left < 1 then return {wait(left, size), 1, 0, '', 0, 0} end
  put(KEYS[1], left - 1, size)
  left = math.floor(left - 1)
end
local theirs, bucket = string.match(known, '^(%d+) (.+)$')
theirs = tonumber(theirs) or 0
if theirs == 0 then return {0, 0, left, known, 0, 0} end
local own = level(bucket, theirs)
if own < 1 then return {0, 0, left, known, wait(own, theirs), 0} end
put(bucket, own - 1, theirs)
return {0, 0, left, known, 0, math.floor(own - 1)}
"""
)

# KEYS: a bucket, and a mark to set (or the same key for none). ARGV: its size, the mark, how long it stays.
_TAKE = (
    _LEVEL
    + """
local size = tonumber(ARGV[1])
if KEYS[2] ~= KEYS[1] then redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3]) end
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


@dataclass(frozen=True)
class Arrival:
    """What a request met at the door. `rate` None: no limit holds for its address.

    `paid`: what its caller paid already, because their credential was known there; `mark`: for whom, of how many.
    """

    rate: Rate | None = None
    mark: str = ""
    paid: Rate | None = None


def arrive(address: str, credential: str) -> Arrival:
    """A request comes in, before anything is certain of its caller.

    An address that showed too many wrong names waits, but for callers that are known to come from there.
    """
    size, failures = settings.API_ADDRESS_REQUESTS_PER_MINUTE, settings.API_FAILURES_PER_MINUTE
    if not size and not failures:
        return Arrival()
    counted = neighbours(address)
    keys = [f"purser:api:address:{counted}", f"purser:api:failures:{counted}", _key_of_mark(address, credential)]
    answer = _ask(_ARRIVE, keys, [size, failures])
    if answer is None:
        return Arrival()
    wait, which, left, mark, own_wait, own_left = answer
    if which == 2:
        return Arrival(Rate("failures", failures, 0, _seconds(wait)))
    rate = Rate("address", size, left, _seconds(wait)) if size else None
    text = mark.decode()
    quota = int(text.partition(" ")[0] or 0)
    return Arrival(rate, text, Rate("caller", quota, own_left, _seconds(own_wait)) if quota else None)


def failed(address: str) -> None:
    """It showed no name that we know."""
    if size := settings.API_FAILURES_PER_MINUTE:
        key = f"purser:api:failures:{neighbours(address)}"
        _ask(_TAKE, [key, key], [size, "", 0])


def take(
    principal: str, *, per_minute: int | None, address: str, credential: str, arrival: Arrival | None = None
) -> Rate | None:
    """A caller is known by now: pay for one request of theirs, unless they have on `arrival`.

    `per_minute`: a limit of their own. Who paid as somebody else, or by a limit that has changed, pays again.
    """
    size = per_minute or settings.API_REQUESTS_PER_MINUTE
    if not size and not settings.API_FAILURES_PER_MINUTE:
        return None
    bucket = f"purser:api:caller:{principal}"
    mark = f"{size} {bucket}"
    if arrival is not None and arrival.mark == mark:
        return arrival.paid
    answer = _ask(_TAKE, [bucket, _key_of_mark(address, credential)], [size, mark, KNOWN_FOR_S])
    if answer is None or not size:
        return None
    wait, _, left = answer
    return Rate("caller", size, left, _seconds(wait))


def _seconds(milliseconds: int) -> int:
    return math.ceil(milliseconds / 1000)


def _key_of_mark(address: str, credential: str) -> str:
    """Hashed: a credential stands nowhere but in its own header."""
    digest = hashlib.sha256(f"{address}\n{credential}".encode()).hexdigest()
    return f"purser:api:known:{digest[:32]}"


_silent_until = 0.0


def _ask(script: str, keys: Sequence[str], values: Sequence[str | int]) -> Any:
    """Valkey's answer; None when it cannot be reached, and then for some seconds without trying."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return None
    try:
        return _client().register_script(script)(keys=keys, args=values)
    except redis.RedisError:
        _silent_until = time.monotonic() + ASK_AGAIN_AFTER_S
        logger.error("requests are not throttled: Valkey cannot be reached")
        return None
