"""Column helpers every app shares: public ids, leases and the database's clock."""

from __future__ import annotations

import secrets
import time
import uuid

from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7): 48 bits of milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def public_id(prefix: str) -> str:
    """`alloc_0192…`: what the API and the pages show; the bigint key never leaves the database."""
    return f"{prefix}_{uuid7().hex}"


def named_by_the_database(prefix: str) -> RawSQL:
    """A public id as the database makes one, for rows that are older than the column or written by older code."""
    sql = f"('{prefix}_' || replace(gen_random_uuid()::text, '-', ''))"
    return RawSQL(sql, [])  # noqa: S611 - the prefix is ours


class Leased(models.Model):
    """A row that one worker at a time may act on.

    `lease_token` grows with every claim: a write that names an old token changes nothing. All three
    times are PostgreSQL's own `clock_timestamp()`, never a worker's.
    """

    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_token = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, db_default=Now(), help_text="Next look; empty: never again")

    class Meta:
        abstract = True
