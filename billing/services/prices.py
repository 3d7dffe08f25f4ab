"""Prices over time of the pools that machines were bought from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from billing.domain.metering import PriceChange
from fleet.models import Instance, Offering, PricePoint

PoolKey = tuple[int, str, str, str]  # account, instance type, zone, capacity type


@dataclass(frozen=True)
class PriceHistory:
    by_pool: dict[PoolKey, list[PriceChange]]

    @classmethod
    def of(cls, machines: Iterable[Instance], *, since: datetime) -> PriceHistory:
        """The changes since `since` in the machines' pools, and before them the one then in force."""
        pools = {_pool(machine) for machine in machines}
        offerings = Offering.objects.filter(account__in={pool[0] for pool in pools}).values_list(
            "id", "account_id", "instance_type__name", "zone", "capacity_type"
        )
        wanted = {
            pk: (account, kind, zone, capacity)
            for pk, account, kind, zone, capacity in offerings
            if (account, kind, zone, capacity) in pools
        }
        by_pool: dict[PoolKey, list[PriceChange]] = defaultdict(list)
        if wanted:
            for offering, effective_from, price in _points(set(wanted), since):
                by_pool[wanted[offering]].append(PriceChange(effective_from, price))
        return cls(by_pool)

    def changes(self, machine: Instance) -> list[PriceChange]:
        return self.by_pool.get(_pool(machine), [])


def _pool(machine: Instance) -> PoolKey:
    return (machine.account_id, machine.instance_type, machine.zone, machine.capacity_type)


def _points(offerings: set[int], since: datetime) -> Iterable[tuple[int, datetime, Decimal]]:
    in_force = (
        PricePoint.objects.filter(offering__in=offerings, effective_from__lte=since)
        .order_by("offering", "-effective_from")
        .distinct("offering")
        .values("id")
    )
    return (
        PricePoint.objects.filter(Q(id__in=in_force) | Q(offering__in=offerings, effective_from__gt=since))
        .order_by("effective_from")
        .values_list("offering_id", "effective_from", "price_per_hour")
    )
