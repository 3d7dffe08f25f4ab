"""Questions asked of the ledger from outside: what did each machine cost, and does everything add up?"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from billing.domain.money import cost_of
from billing.models import AllocatedCost, CostedHour, LedgerEntry
from billing.services.ledger import COST
from billing.services.metering import meter
from fleet.models import Instance


def per_instance_totals(at: datetime) -> dict[str, Decimal]:
    """By the cloud's machine id, what the ledger says it cost up to exactly `at`, after metering up to there.

    Where `unmetered_at` still names a machine, its facts do not go that far yet: ask again after the next observation.
    """
    meter(at, at_once=True)
    standing = _costs().filter(reverses=None, reversed_by=None, instance__isnull=False)
    totals: dict[str, Decimal] = defaultdict(Decimal)
    whole = standing.filter(period__endswith__lte=at).order_by().values_list("instance__provider_id")
    for machine, amount in whole.annotate(Sum("amount")):
        totals[machine] += amount
    for entry in standing.filter(period__startswith__lt=at, period__endswith__gt=at).select_related("instance"):
        assert entry.instance is not None
        totals[entry.instance.provider_id] += cost_of(at - entry.period.lower, entry.price_per_hour)
    return dict(totals)


def unmetered_at(at: datetime) -> dict[str, float]:
    """By the cloud's machine id, the seconds it lived before `at` that the ledger does not hold."""
    behind = Instance.objects.filter(
        Q(meter=None) | Q(meter__metered_until=None) | Q(meter__metered_until__lt=at), launched_at__lt=at
    )
    behind = behind.exclude(meter__closed=True, meter__metered_until=F("terminated_at")).select_related("meter")
    found = {}
    for machine in behind:
        state = getattr(machine, "meter", None)
        since = state.metered_until if state and state.metered_until else machine.launched_at
        seconds = (min(machine.terminated_at or at, at) - since).total_seconds()
        if seconds > 0:
            found[machine.provider_id] = seconds
    return found


def hours_that_do_not_add_up() -> list[datetime]:
    """Rebuilt hours whose shares are not the ledger's sum to the last digit. There are none unless something broke."""
    ledger = _by_hour(_costs())
    shares = _by_hour(AllocatedCost.objects.all())
    hours = CostedHour.objects.filter(dirty=False).order_by("hour").values_list("hour", flat=True)
    return [hour for hour in hours if ledger.get(hour, Decimal(0)) != shares.get(hour, Decimal(0))]


def _costs() -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(account__startswith=f"{COST}:")


def _by_hour(rows: QuerySet[LedgerEntry] | QuerySet[AllocatedCost]) -> dict[datetime, Decimal]:
    return dict(rows.order_by().values_list("hour").annotate(Sum("amount")))
