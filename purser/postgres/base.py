"""Pooled connections are looked at before they are used, not asked: asking costs a round trip for every request.

A server that ends a connection says so on it at once, and nothing else is ever said there unasked while it lies in the
pool. What a look cannot tell, a host that vanished without a word, a question would wait for just as long.
"""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection

MOST_LOOKED_AT = 200
"""As many as a pool may hold: after so many that are gone the next one is taken as it is."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, but for the connections it takes from a pool."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection of the pool that the server has not ended; without a pool a new one."""
        connection = super().get_new_connection(conn_params)
        for _ in range(MOST_LOOKED_AT):
            if not self.pool or not is_gone(connection):
                break
            connection.close()
            self.pool.putconn(connection)  # closed, so another takes its place
            connection = super().get_new_connection(conn_params)
        return connection


def is_gone(connection: Connection[Any]) -> bool:
    """Whether something came on a connection of which nobody asked anything: then it was its end."""
    watched = select.poll()
    watched.register(connection.pgconn.socket, select.POLLIN)
    return bool(watched.poll(0))
