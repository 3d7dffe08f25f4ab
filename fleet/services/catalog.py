"""What the clouds sell: reading it in, keeping its price history, and handing it to the planner as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from fleet.domain.accelerators import Accelerator
from fleet.domain.capacity import Offering, Pool
from fleet.domain.outcomes import OfferedPool, OfferedType, PriceChange
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount, InstanceType, PricePoint
from fleet.models import Offering as OfferingRow
from fleet.providers.base import ReadFailed
from fleet.services import events
from fleet.services.accounts import adapter
from fleet.services.chips import accelerators

HISTORY_AT_FIRST = timedelta(hours=2)


def sync_account(account: CloudAccount, *, now: datetime) -> bool:
    """Read shapes, offerings and price changes of one account. False: a read failed and nothing was changed."""
    since = account.prices_complete_until or now - HISTORY_AT_FIRST
    try:
        cloud = adapter(account)
        facts, types, pools = cloud.facts(), list(cloud.instance_types()), list(cloud.offerings())
        history = cloud.price_history(since)
    except (ReadFailed, Refused) as error:
        CloudAccount.objects.filter(pk=account.pk).update(last_error=str(error))
        return False
    with transaction.atomic():
        _store_types(account.cloud, types)
        _store_offerings(account, pools, now)
        _store_changes(account, history.changes)
        learnt = {"spot_price_rule": facts.spot_price_rule, "notice_seconds": facts.notice_seconds}
        account.options = {**account.options, **learnt}
        account.expected_account_ref = account.expected_account_ref or facts.account_ref
        account.prices_complete_until = history.complete_until
        account.last_error = ""
        account.save(update_fields=["options", "expected_account_ref", "prices_complete_until", "last_error"])
    return True


def sync_prices(account: CloudAccount) -> bool:
    """Read only what changed in price since the last look: cheap enough for every few seconds."""
    if account.prices_complete_until is None:
        return False
    try:
        history = adapter(account).price_history(account.prices_complete_until)
    except (ReadFailed, Refused) as error:
        CloudAccount.objects.filter(pk=account.pk).update(last_error=str(error))
        return False
    with transaction.atomic():
        _store_changes(account, history.changes)
        CloudAccount.objects.filter(pk=account.pk).update(prices_complete_until=history.complete_until, last_error="")
    return True


def current_offerings(accounts: Sequence[CloudAccount]) -> list[Offering]:
    """Every pool on sale in these accounts, with what its chip can do; chips without figures are left out."""
    chips = accelerators()
    rows = (
        OfferingRow.objects.filter(account__in=accounts, offered=True)
        .select_related("instance_type", "account")
        .order_by("id")
    )
    known = ((row, chips.get(row.instance_type.accelerator)) for row in rows)
    return [_offering(row, chip) for row, chip in known if chip is not None]


def _offering(row: OfferingRow, chip: Accelerator) -> Offering:
    shape = row.instance_type
    pool = Pool(row.account_id, row.account.cloud, row.region, row.zone, shape.name, row.capacity_type)
    return Offering(
        pool=pool,
        accelerator=shape.accelerator,
        accelerator_count=shape.accelerator_count,
        accelerator_memory_gib=chip.memory_gib,
        fp8=chip.fp8,
        interconnect=shape.interconnect,
        price_per_hour=row.price_per_hour,
        currency=row.currency,
        observed_at=row.observed_at,
    )


def _store_types(cloud: str, types: Iterable[OfferedType]) -> None:
    InstanceType.objects.bulk_create(
        [
            InstanceType(
                cloud=cloud,
                name=shape.name,
                accelerator=shape.accelerator,
                accelerator_count=shape.accelerator_count,
                vcpus=shape.vcpus,
                memory_gib=shape.memory_gib,
                interconnect=shape.interconnect,
            )
            for shape in types
        ],
        update_conflicts=True,
        unique_fields=["cloud", "name"],
        update_fields=["accelerator", "accelerator_count", "vcpus", "memory_gib", "interconnect"],
    )


def _store_offerings(account: CloudAccount, pools: Sequence[OfferedPool], now: datetime) -> None:
    """The list as it is now; a pool no longer listed is kept, as not offered, with its history.

    A list price may be months old and still hold: that it was listed just now is what keeps it fresh.
    A pool without a price is not offered: nothing is bought that nobody can say the cost of.
    """
    types = dict(InstanceType.objects.filter(cloud=account.cloud).values_list("name", "id"))
    known_types = [pool for pool in pools if pool.instance_type in types]
    priced = [(pool, price) for pool in known_types if (price := pool.price_per_hour) is not None]
    OfferingRow.objects.filter(account=account).update(offered=False)
    rows = OfferingRow.objects.bulk_create(
        [
            OfferingRow(
                account=account,
                instance_type_id=types[pool.instance_type],
                region=pool.region,
                zone=pool.zone,
                capacity_type=pool.capacity_type,
                price_per_hour=price,
                currency=pool.currency,
                price_source=pool.price_source,
                observed_at=now,
                offered=True,
            )
            for pool, price in priced
        ],
        update_conflicts=True,
        unique_fields=["account", "instance_type", "zone", "capacity_type"],
        update_fields=["region", "price_per_hour", "currency", "price_source", "observed_at", "offered"],
    )
    known = set(PricePoint.objects.filter(offering__account=account).values_list("offering_id", flat=True))
    PricePoint.objects.bulk_create(
        [
            PricePoint(offering=row, effective_from=pool.observed_at, price_per_hour=row.price_per_hour)
            for row, (pool, _) in zip(rows, priced, strict=True)
            if row.pk not in known
        ],
        ignore_conflicts=True,
    )


def _store_changes(account: CloudAccount, changes: Sequence[PriceChange]) -> None:
    """Add the change points, and bring each offering's own price up to its last one."""
    if not changes:
        return
    rows = {
        (row.instance_type.name, row.zone, row.capacity_type): row
        for row in OfferingRow.objects.filter(account=account).select_related("instance_type")
    }
    known = [(rows[key], change) for change in changes if (key := _key(change)) in rows]
    PricePoint.objects.bulk_create(
        [
            PricePoint(offering=row, effective_from=change.effective_from, price_per_hour=change.price_per_hour)
            for row, change in known
        ],
        ignore_conflicts=True,
    )
    for row, change in known:
        if change.effective_from >= row.observed_at:
            row.price_per_hour, row.observed_at = change.price_per_hour, change.effective_from
    OfferingRow.objects.bulk_update({row for row, _ in known}, ["price_per_hour", "observed_at"])


def _key(change: PriceChange) -> tuple[str, str, str]:
    return (change.instance_type, change.zone, change.capacity_type)


def note_chips_without_figures(*, now: datetime) -> None:
    """Say once for each chip on sale that the catalogue lacks: nothing can be planned on it until it is added."""
    missing = set(InstanceType.objects.values_list("accelerator", flat=True).distinct()) - set(accelerators())
    for name in sorted(missing - {""}):
        events.record("catalog.chip-unknown", subject=name[:64], now=now, data={"accelerator": name})
