"""A pooled connection that the server has ended is noticed before a request meets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from purser.postgres.base import DatabaseWrapper
from tests.deadline import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pooled() -> Iterator[DatabaseWrapper]:
    """Connections to the test's database from a pool of two."""
    options = connection.settings_dict["OPTIONS"] | {"pool": {"min_size": 1, "max_size": 2, "timeout": 10.0}}
    of_pool = {"OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    found = DatabaseWrapper(connection.settings_dict | of_pool, alias="pooled")
    yield found
    found.close()
    found.close_pool()


def own_process(pooled: DatabaseWrapper) -> int:
    """The server's process behind the next connection of the pool, which then goes back."""
    with pooled.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [process] = cursor.fetchone()
    pooled.close()
    return int(process)


def end(process: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [process])
    wait_until(lambda: not runs(process), "the server ended the connection")


def runs(process: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [process])
        [found] = cursor.fetchone()
    return bool(found)


def test_the_same_connection_is_used_again_and_nothing_is_asked_of_it_first(pooled: DatabaseWrapper) -> None:
    assert own_process(pooled) == own_process(pooled)


def test_one_that_the_server_ended_makes_room_for_another(pooled: DatabaseWrapper) -> None:
    ended = own_process(pooled)
    end(ended)
    assert own_process(pooled) != ended
