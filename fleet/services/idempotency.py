"""A repeated request gets the answer of the first one; the work is done once.

The record is written in the transaction that does the work: both exist or neither does. A refusal rolls both
back, so the same key may be used again once the cause is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from fleet.domain.refusals import Refused
from fleet.models import IdempotencyRecord

LONGEST_KEY = 255


@dataclass(frozen=True)
class Answer:
    """What is said to a request. `body` holds only what JSON can say."""

    status: int
    body: Any
    location: str = ""
    replayed: bool = False
    headers: dict[str, str] = field(default_factory=dict)


class KeyInUse(Refused):
    """The first request with this key has not been answered yet."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency-in-progress", "The first request with this key is still being worked on.", retryable=True
        )


class KeyReused(Refused):
    """This key has answered a request that said something else."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency-mismatch", "This Idempotency-Key was used for another request; make a new key for a new one."
        )


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same one."""
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def once(*, principal: str, key: str, fingerprint: str, run: Callable[[], Answer]) -> Answer:
    """Run `run` in a transaction unless this principal's key has an answer already.

    Raises KeyInUse while another request holds the key, KeyReused for another fingerprint, and whatever
    `run` raises, in which case nothing is kept.
    """
    with transaction.atomic():
        if not _hold(principal, key):
            raise KeyInUse
        earlier = IdempotencyRecord.objects.filter(principal=principal, key=key).first()
        if earlier is not None:
            return _replay(earlier, fingerprint)
        answer = run()
        IdempotencyRecord.objects.create(
            principal=principal,
            key=key,
            fingerprint=fingerprint,
            status=answer.status,
            body=answer.body,
            location=answer.location,
            headers=answer.headers,
        )
        return answer


def _hold(principal: str, key: str) -> bool:
    """A lock on this key until the transaction ends; False when another request has it."""
    digest = hashlib.sha256(f"{principal}\n{key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _replay(earlier: IdempotencyRecord, wanted: str) -> Answer:
    if earlier.fingerprint != wanted:
        raise KeyReused
    return Answer(earlier.status or 200, earlier.body, earlier.location, replayed=True, headers=earlier.headers)
