"""Instants come out of the database as they went in, whichever way they are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from fleet.instants import UtcLoader

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "instant", [NOON, NOON.replace(microsecond=500_000), NOON.replace(microsecond=1), NOON.replace(year=1)]
)
def test_an_instant_comes_back_as_it_was(instant: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, NULL::timestamptz, ARRAY[%s::timestamptz]", [instant, instant])
        assert cursor.fetchone() == (instant, None, [instant])


def test_a_session_in_another_zone_means_the_same_instant() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'Asia/Kathmandu'")
        cursor.execute("SELECT %s::timestamptz", [NOON])
        (found,) = cursor.fetchone()
        assert (found, found.utcoffset()) == (NOON, timedelta(0))


def test_django_keeps_our_reader() -> None:
    """It puts its own in its place when the zones differ."""
    with connection.cursor() as cursor:
        assert cursor.connection.adapters.get_loader(1184, 0) is UtcLoader  # timestamptz, as text
        assert cursor.adapters.get_loader(1184, 0) is UtcLoader
