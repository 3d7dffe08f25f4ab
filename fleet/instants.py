"""How the database driver reads an instant: a page of charts holds thousands, and its own way costs five times as much.

psycopg takes a timestamp apart with a regular expression, because PostgreSQL can be told to write dates in several
styles. Our sessions are in UTC and in ISO style, which Python itself reads in C. Anything else, such as a date before
our era, goes to psycopg's own reader.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.abc import Buffer
from psycopg.postgres import types
from psycopg.pq import Format
from psycopg.types.datetime import TimestamptzLoader

TIMESTAMPTZ = types["timestamptz"].oid
IN_UTC = "+00"


class UtcLoader(TimestamptzLoader):
    """`2026-01-31 12:00:00.5+00` -> an aware datetime in UTC."""

    timezone = UTC  # Django looks here whether the driver reads in the zone it wants

    def load(self, data: Buffer) -> datetime:
        text = bytes(data).decode()
        if text.endswith(IN_UTC):
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                pass
        return super().load(data).astimezone(UTC)


def read_fast(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receiver of `connection_created`: this connection reads instants our way."""
    if connection.vendor != "postgresql":
        return
    adapters = connection.connection.adapters
    if adapters.get_loader(TIMESTAMPTZ, Format.TEXT) is not UtcLoader:
        adapters.register_loader("timestamptz", UtcLoader)


def connect() -> None:
    connection_created.connect(read_fast, dispatch_uid="fleet.instants")
