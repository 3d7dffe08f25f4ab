"""The business clock. Lease times come from PostgreSQL's own clock instead and never from here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection

from fleet.models import BusinessClock


def business_now() -> datetime:
    """Business time: epoch + factor × elapsed, or the real time when no clock row was set."""
    return business_converter()(datetime.now(UTC))


def business_converter() -> Callable[[datetime], datetime]:
    """From real instants to business ones, with one read of the clock's row for as many as there are."""
    row = BusinessClock.objects.filter(pk=1).first()
    if row is None:
        return lambda real: real
    return lambda real: row.epoch + (real - row.anchored_at) * row.factor


def time_factor() -> float:
    """Business seconds in a real second."""
    row = BusinessClock.objects.filter(pk=1).first()
    return 1.0 if row is None else row.factor


def set_clock(*, epoch: datetime, anchored_at: datetime, factor: float) -> None:
    """Set the business clock once, before anything happens on it."""
    BusinessClock.objects.update_or_create(
        pk=1, defaults={"epoch": epoch, "anchored_at": anchored_at, "factor": factor}
    )


def database_now() -> datetime:
    """PostgreSQL's own clock, real time: what leases and people's patience are measured with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def real_duration(business: timedelta) -> timedelta:
    """How long a business duration takes on a real clock."""
    return business / time_factor()
