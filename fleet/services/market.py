"""What is on sale, kept in memory by each process until the database says that something of it has changed.

Whoever writes offerings, shapes, accounts, quotas or paid capacity has nothing to do for it: triggers note each such
transaction (`CatalogueChange`), and every plan asks first whether there is another one. A change of a transaction that
is not committed is seen by that transaction only; what was built meanwhile is found out by the next question. What
changes with every plan and every launch, as what is left of a quota or of paid capacity, is asked anew each time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Count, F, Func
from django.db.models.functions import Cast

from fleet.domain.capacity import Pool
from fleet.domain.market import NEVER, Column, Columns, Ints, Market, columns_of
from fleet.domain.outcomes import QuotaUnit
from fleet.domain.paid import may_use
from fleet.domain.placement import MICRO
from fleet.domain.room import CloudLimit, CloudLimits
from fleet.models import CloudAccount, CloudQuota, InstanceType, Offering, Slot
from fleet.services import paid_capacity
from fleet.services.chips import accelerators
from fleet.services.moment import Moment, Version, read_moment
from fleet.services.paid_capacity import ForSale
from fleet.services.regions import places

PAID_IDS = 1 << 52
"""Rows of paid capacity stand after all offerings, whose ids never come near."""


@dataclass(frozen=True)
class OnSale:
    """A market and the accounts it is of. `quotas` are the rows behind the market's limits, in their order.

    `paid` is the paid capacity behind its last rows, in their order; `regions` are those in which pools are on sale
    to everybody.
    """

    market: Market
    accounts: tuple[int, ...]
    clouds: frozenset[str]
    quotas: tuple[CloudQuota, ...]
    paid: tuple[ForSale, ...]
    regions: frozenset[str]
    version: Version

    def kinds_with(self, accelerator: str) -> list[str] | None:
        """Names of the machine shapes that have it; None for all, where none is named."""
        return self.market.stall(accelerator).kinds if accelerator else None

    def withheld_from(self, project_id: int) -> frozenset[int]:
        """Rows of the market that this project may not use: paid capacity that is kept for another."""
        first = len(self.market) - len(self.paid)
        return frozenset(first + k for k, one in enumerate(self.paid) if not may_use(project_id, one.kept_for))

    def regions_for(self, project_id: int) -> frozenset[str]:
        """Those in which there is something this project may use."""
        open_to = (one.offering.pool.region for one in self.paid if may_use(project_id, one.kept_for))
        return self.regions.union(open_to)


_kept: OnSale | None = None
_building = threading.Lock()


def on_sale(moment: Moment | None = None) -> OnSale:
    """What the enabled accounts sell now. `moment`: what was read of it already."""
    global _kept
    version = (moment or read_moment()).market
    kept = _kept
    if kept is not None and kept.version == version:
        return kept
    with _building:
        version = read_moment().market  # read before the rows: what changes meanwhile is found out by the next question
        if _kept is None or _kept.version != version:
            _kept = _built(version)
        return _kept


def limits_now(sold: OnSale) -> CloudLimits:
    """What the clouds' quotas leave: less what Purser holds, where the cloud does not count it or has not yet."""
    if not sold.quotas:
        return sold.market.limits
    held = list(_held(sold.accounts))
    rows = []
    for limit, quota in zip(sold.market.limits.rows, sold.quotas, strict=True):
        if quota.most is None:
            rows.append(limit)
            continue
        uncounted = [h for h in held if quota.used is None or h.since > quota.observed_at]
        ours = sum(h.takes(limit) for h in uncounted if limit.covers(h.pool))
        rows.append(replace(limit, left=quota.most - (quota.used or 0) - ours))
    return CloudLimits(tuple(rows))


def left_now(sold: OnSale, *, now: datetime) -> Mapping[int, int]:
    """Machines left in each row of the market that is paid capacity: less what is launched or planned into it."""
    if not sold.paid:
        return {}
    first = len(sold.market) - len(sold.paid)
    left = paid_capacity.left([one.key for one in sold.paid], now=now)
    return {first + k: left.get(one.key, 0) for k, one in enumerate(sold.paid)}


@dataclass(frozen=True)
class _Held:
    """Machines of ours, or planned to be, that began at the same moment."""

    pool: Pool
    accelerators: int
    vcpus: int
    machines: int
    since: datetime

    def takes(self, limit: CloudLimit) -> int:
        if limit.unit == QuotaUnit.VCPUS:
            return self.vcpus * self.machines
        return self.accelerators * self.machines if limit.unit == QuotaUnit.ACCELERATORS else self.machines


def _held(accounts: Sequence[int]) -> Iterator[_Held]:
    slots = (
        Slot.objects.open()
        .filter(account__in=accounts)
        .order_by()
        .values_list(
            "account_id", "account__cloud", "region", "zone", "instance_type", "capacity_type", "accelerator_count",
            "created_at",
        )
        .annotate(machines=Count("id"))
    )  # fmt: skip
    rows = list(slots)
    kinds = {(cloud, name) for _, cloud, _, _, name, *_ in rows}
    known = InstanceType.objects.filter(cloud__in={c for c, _ in kinds}, name__in={n for _, n in kinds})
    vcpus = {(cloud, name): count for cloud, name, count in known.values_list("cloud", "name", "vcpus")}
    for account, cloud, region, zone, kind, capacity_type, count, since, machines in rows:
        pool = Pool(account, cloud, region, zone, kind, capacity_type)
        yield _Held(pool, count, vcpus.get((cloud, kind), 0), machines, since)


def _built(version: Version) -> OnSale:
    accounts = {row.pk: row for row in CloudAccount.objects.filter(enabled=True).order_by("id")}
    quotas = tuple(CloudQuota.objects.filter(account__in=accounts).order_by("id"))
    limits = CloudLimits(tuple(_limit(quota) for quota in quotas))
    columns, ids = _columns(accounts)
    regions = frozenset(columns.region.words)
    paid = tuple(paid_capacity.on_sale(accounts))
    if paid:
        columns = columns.and_(columns_of([one.offering for one in paid]))
        ids = np.concatenate([ids, [PAID_IDS + one.key for one in paid]])
    market = Market(columns, ids=ids, limits=limits, places=places())
    clouds = frozenset(account.cloud for account in accounts.values())
    return OnSale(market, tuple(accounts), clouds, quotas, paid, regions, version)


def _limit(quota: CloudQuota) -> CloudLimit:
    return CloudLimit(
        account_id=quota.account_id,
        region=quota.region,
        name=quota.name,
        unit=QuotaUnit(quota.unit),
        left=None if quota.most is None else quota.most - (quota.used or 0),
        instance_types=frozenset(quota.instance_types),
        capacity_types=frozenset(quota.capacity_types),
        zone=quota.zone,
        most=quota.most,
        counted=quota.used is not None,
    )


def _columns(accounts: Mapping[int, CloudAccount]) -> tuple[Columns, Ints]:
    """Every pool on sale in these accounts, with what its chip can do, by id; chips without figures are left out."""
    chips = accelerators()
    shapes = {
        shape.pk: (shape, chip)
        for shape in InstanceType.objects.all()
        if (chip := chips.get(shape.accelerator)) is not None
    }
    rows = [row for row in _offered(list(accounts)) if row[2] in shapes]
    ids, account, kind, region, zone, capacity_type, price, currency, observed_at, imported = (
        zip(*rows, strict=True) if rows else [()] * 10
    )
    of_kind = np.array(kind, dtype=np.int64)
    keys, place = np.unique(of_kind, return_inverse=True)
    sold = [shapes[key] for key in keys.tolist()]
    never = np.full(len(rows), NEVER, dtype=np.int64)
    columns = Columns(
        account=np.array(account, dtype=np.int64),
        account_name=Column.of([accounts[one].name for one in account]),
        provider=Column.of([accounts[one].provider for one in account]),
        cloud=Column.of([accounts[one].cloud for one in account]),
        region=Column.of(region),
        zone=Column.of(zone),
        instance_type=_spread([shape.name for shape, _ in sold], place),
        capacity_type=Column.of(capacity_type),
        accelerator=_spread([shape.accelerator for shape, _ in sold], place),
        interconnect=_spread([shape.interconnect for shape, _ in sold], place),
        currency=Column.of(currency),
        count=np.array([shape.accelerator_count for shape, _ in sold], dtype=np.int64)[place],
        accelerator_memory=np.array([chip.memory_gib for _, chip in sold], dtype=np.float64)[place],
        fp8=np.array([chip.fp8 for _, chip in sold], dtype=np.bool_)[place],
        price=np.array(price, dtype=np.int64),
        observed_at=np.array(observed_at, dtype=np.int64),
        vcpus=np.array([shape.vcpus for shape, _ in sold], dtype=np.int64)[place],
        machines_left=never,
        ends_at=never,
        imported=np.array(imported, dtype=np.bool_),
    )
    return columns, np.array(ids, dtype=np.int64)


def _spread(words: Sequence[str], place: Ints) -> Column:
    """The word of each kind, for every row of that kind."""
    few = Column.of(words)
    return few.cut(place)


def _offered(accounts: Sequence[int]) -> Iterable[tuple[Any, ...]]:
    """Rows as numbers where they can be: a market is made anew whenever a price changes."""
    return (
        Offering.objects.filter(account__in=accounts, offered=True)
        .order_by("id")
        .annotate(
            micros=Cast(F("price_per_hour") * MICRO, BigIntegerField()),
            ticks=Func(
                F("observed_at"),
                template="(EXTRACT(EPOCH FROM %(expressions)s) * 1000000)::bigint",
                output_field=BigIntegerField(),
            ),
        )
        .values_list(
            "id", "account_id", "instance_type_id", "region", "zone", "capacity_type", "micros", "currency", "ticks",
            "imported",
        )
        .iterator(chunk_size=10_000)
    )  # fmt: skip
