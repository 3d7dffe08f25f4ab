"""Redis or Valkey: hints only, but hints that are thrown away make everything slow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings

from purser.doctor import Finding, fail, ok, warn

MOST_WAITING = 1_000


def look() -> Iterator[Finding]:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3) as client:
        try:
            information: dict[str, Any] = client.info()
        except redis.RedisError as error:
            yield fail(
                "broker.answers",
                f"Redis does not answer ({type(error).__name__}). No work is lost; nothing hurries. Check REDIS_URL.",
            )
            return
        name = "Valkey" if information.get("valkey_version") else "Redis"
        version = information.get("valkey_version") or information.get("redis_version")
        yield ok("broker.answers", f"{name} {version} answers.")
        yield from _policy(client)
        yield from _persistence(information)
        yield from _tls()
        yield from _waiting(client)


def _policy(client: Any) -> Iterator[Finding]:
    try:
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy")
    except redis.RedisError:
        yield warn("broker.policy", "It does not say its maxmemory-policy; make sure that it is noeviction.")
        return
    if policy == "noeviction":
        yield ok("broker.policy", "Nothing is evicted when memory is full (noeviction).")
    else:
        yield fail("broker.policy", f"maxmemory-policy is {policy}: messages vanish when it is full. Set noeviction.")


def _persistence(information: dict[str, Any]) -> Iterator[Finding]:
    if information.get("aof_enabled"):
        yield ok("broker.persistence", "Messages survive a restart (append-only file).")
    else:
        yield warn(
            "broker.persistence",
            "A restart empties it: no work is lost, but everything waits for the next tick. Set appendonly yes.",
        )


def _tls() -> Iterator[Finding]:
    url = urlsplit(settings.REDIS_URL)
    if url.scheme == "rediss" or url.hostname in ("127.0.0.1", "::1", "localhost"):
        yield ok("broker.tls", "Encrypted, or on this machine.")
    else:
        yield warn("broker.tls", "Not encrypted across a network. Use rediss://, or keep the network private.")
    if not url.password:
        yield fail("broker.password", "It has no password: whoever reaches it can send tasks. Set one.")


def _waiting(client: Any) -> Iterator[Finding]:
    waiting = {queue: int(client.llen(queue)) for queue in settings.QUEUES}
    long = [f"{queue} ({count})" for queue, count in waiting.items() if count > MOST_WAITING]
    if long:
        yield warn("broker.waiting", f"Messages pile up in {', '.join(long)}. Add workers for these queues.")
    else:
        yield ok("broker.waiting", f"{sum(waiting.values())} messages wait in all queues together.")
