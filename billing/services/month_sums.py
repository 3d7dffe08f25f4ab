"""Keeps what a month's usage intervals add up to, in the transaction that changes the intervals."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum, Value
from django.db.models.functions import TruncMonth

from billing.domain.projection import month_after, month_of
from billing.models import PostedMonth, UnusedHour, UsageInterval

Key = tuple[datetime, int | None, str, str, str]  # month, project, cloud, endpoint, currency


def recount(now: datetime) -> int:
    """Add up the intervals of this month and the one before anew; how many sums there are.

    What an older worker posted while it was being replaced is in the intervals only. The lock lets whoever is
    writing finish first; who comes later adds to what is written here.
    """
    this = month_of(now)
    months = [month_of(this - timedelta(days=1)), this]
    with transaction.atomic(), connection.cursor() as cursor:
        table = connection.ops.quote_name(PostedMonth._meta.db_table)
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        PostedMonth.objects.filter(month__in=months).delete()
        sums = (
            UsageInterval.objects.filter(hour__gte=months[0], hour__lt=month_after(now))
            .order_by()
            .values_list(TruncMonth("hour", tzinfo=UTC), "project_id", "cloud", "endpoint_ref", "currency")
            .annotate(Sum("amount"))
        )
        unused = (
            UnusedHour.objects.filter(hour__gte=months[0], hour__lt=month_after(now))
            .order_by()
            .values_list(TruncMonth("hour", tzinfo=UTC), "project_id", "cloud", Value(""), "currency")
            .annotate(Sum("amount"))
        )
        total: dict[Key, Decimal] = defaultdict(Decimal)
        for *key, amount in [*sums, *unused]:
            total[tuple(key)] += amount
        made = PostedMonth.objects.bulk_create(
            PostedMonth(month=month, project_id=owner, cloud=cloud, endpoint_ref=ref, currency=currency, amount=amount)
            for (month, owner, cloud, ref, currency), amount in total.items()
        )
    return len(made)


class MonthSums:
    """What one metering transaction adds to its months."""

    def __init__(self) -> None:
        self._added: dict[Key, Decimal] = defaultdict(Decimal)

    def add(self, usage: UsageInterval | UnusedHour, amount: Decimal) -> None:
        """The interval's amount grew by this; it was posted (all of it) or taken back (minus all of it)."""
        endpoint_ref = usage.endpoint_ref if isinstance(usage, UsageInterval) else ""
        self._added[month_of(usage.hour), usage.project_id, usage.cloud, endpoint_ref, usage.currency] += amount

    def write(self) -> None:
        """Add it to the rows. In order, so that two writers never deadlock."""
        rows = [(*key, amount) for key, amount in sorted(self._added.items(), key=str) if amount]
        if not rows:
            return
        table = connection.ops.quote_name(PostedMonth._meta.db_table)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} (month, project_id, cloud, endpoint_ref, currency, amount)"  # noqa: S608 - a table's name
                " VALUES (%s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (month, project_id, cloud, endpoint_ref, currency)"
                f" DO UPDATE SET amount = {table}.amount + EXCLUDED.amount",
                rows,
            )
