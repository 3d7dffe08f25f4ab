"""What the clouds sell: reading it in, keeping its price history, and handing it to the planner as plain data."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from fleet.domain.outcomes import OfferedType
from fleet.domain.refusals import Refused
from fleet.models import CloudAccount, InstanceType, PricePoint
from fleet.models import Offering as OfferingRow
from fleet.providers.base import ReadFailed
from fleet.services import account_troubles, cloud_quotas, events
from fleet.services.accounts import adapter
from fleet.services.chips import accelerators
from fleet.services.pricing import (
    BATCH,
    PoolKey,
    Resolved,
    apply_changes,
    count_commitments,
    resolve,
    rewrite,
    the_book,
)
from fleet.services.shapes import completed
from fleet.services.whose_account import another_account, check_only, refusal_of

HISTORY_AT_FIRST = timedelta(hours=2)
KEPT_REASONS = 20


@dataclass
class Synced:
    """What reading an account's catalogue found. False when the read failed: nothing was changed then."""

    account: str
    problem: str = ""
    offered: int = 0
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    changed: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)  # pool, price before, price now
    unpriced: list[tuple[str, str]] = field(default_factory=list)  # pool, why it has no price
    unknown_chips: list[str] = field(default_factory=list)
    read_seconds: float = 0.0
    store_seconds: float = 0.0

    def __bool__(self) -> bool:
        return not self.problem


def sync_account(account: CloudAccount, *, now: datetime) -> Synced:
    """Read shapes, offerings and price changes of one account, and say what is new, gone or changed."""
    found = Synced(account.name)
    since = account.prices_complete_until or now - HISTORY_AT_FIRST
    began = time.perf_counter()
    try:
        cloud = adapter(account)
        facts = cloud.facts()
        if not account.expected_account_ref:
            check_only(account, facts.account_ref)
        if another := another_account(account, facts.account_ref):
            raise ReadFailed(another, refusal_of(another))
        types, pools = list(cloud.instance_types()), list(cloud.offerings())
        history = cloud.price_history(since)
    except (ReadFailed, Refused) as error:
        found.problem = str(error)
        account_troubles.note_failure(account, error, now=now)
        return found
    read = time.perf_counter()
    with transaction.atomic():
        # Before the book is read: who changes a rule locks the accounts as well, so that no turn of it is missed.
        account = CloudAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        learnt = {
            "spot_price_rule": facts.spot_price_rule,
            "notice_seconds": facts.notice_seconds,
            "sells_fleets": facts.fleets,
        }
        account.options = {**account.options, **learnt}
        book = the_book()
        _store_types(account.cloud, types)
        apply_changes(account, history.changes, book, complete_until=history.complete_until, now=now)
        _store_offerings(account, resolve(account, pools, book, now=now), now, found)
        if found.new:  # their changes had no offering to belong to before
            apply_changes(account, history.changes, book, complete_until=history.complete_until, now=now)
        account.expected_account_ref = account.expected_account_ref or facts.account_ref
        account.prices_complete_until = history.complete_until
        account.priced_until = _priced_until(account, history.complete_until, now)
        account.last_error = account.last_error_code = account.last_error_step = ""
        _count_unpriced(account, found, now)
        account.save(
            update_fields=[
                "options", "expected_account_ref", "prices_complete_until", "priced_until", "unpriced_pools",
                *account_troubles.CLEARED,
            ]
        )  # fmt: skip
    account_troubles.note_closed(account, facts.closed, now=now)
    cloud_quotas.sync(account, now=now)
    found.unknown_chips = _without_figures({shape.accelerator for shape in types})
    found.read_seconds, found.store_seconds = read - began, time.perf_counter() - read
    return found


def sync_prices(account: CloudAccount, *, now: datetime) -> bool:
    """Read only what changed in price since the last look: cheap enough for every few seconds."""
    if account.prices_complete_until is None:
        return False
    try:
        history = adapter(account).price_history(account.prices_complete_until)
    except (ReadFailed, Refused) as error:
        account_troubles.note_failure(account, error, now=now)
        return False
    with transaction.atomic():
        account = CloudAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        apply_changes(account, history.changes, the_book(), complete_until=history.complete_until, now=now)
        CloudAccount.objects.filter(pk=account.pk).update(
            prices_complete_until=history.complete_until,
            priced_until=_priced_until(account, history.complete_until, now),
            **account_troubles.CLEARED,
        )
    account_troubles.note_closed(account, history.closed, now=now)
    return True


def use_commitments(*, now: datetime) -> None:
    """Count what live machines use of each commitment; where that changed whether there is any left, price anew."""
    if not count_commitments(now=now):
        return
    book = the_book()
    for pk in CloudAccount.objects.exclude(priced_until=None).order_by("id").values_list("pk", flat=True):
        with transaction.atomic():
            account = CloudAccount.objects.select_for_update(no_key=True).get(pk=pk)
            until = account.prices_complete_until or now
            apply_changes(account, (), book, complete_until=until, now=now, anew=True)


def _priced_until(account: CloudAccount, complete_until: datetime, now: datetime) -> datetime:
    """Up to where no turn of the book is missing in any price of the account."""
    return min(complete_until, now) if account.options.get("spot_price_rule") == "market" else now


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
            for shape in (completed(cloud, offered) for offered in types)
        ],
        update_conflicts=True,
        unique_fields=["cloud", "name"],
        update_fields=["accelerator", "accelerator_count", "vcpus", "memory_gib", "interconnect"],
    )


COLUMNS = (
    "region", "price_per_hour", "currency", "price_source", "price_row", "list_price_per_hour", "list_source",
    "price_rule", "imported",
)  # fmt: skip


def _store_offerings(account: CloudAccount, pools: Sequence[Resolved], now: datetime, found: Synced) -> None:
    """The list as it is now; a pool no longer listed, or that nobody prices, is kept as not offered, with its history.

    A list price may be months old and still hold: that it was listed just now is what keeps it fresh. Rows that say
    what they said are not written but for when they were seen, all at once; history is appended only on change.
    """
    types = dict(InstanceType.objects.filter(cloud=account.cloud).values_list("name", "id"))
    before = {
        (kind, zone, capacity): (pk, offered, observed_at, *values)
        for pk, kind, zone, capacity, offered, observed_at, *values in OfferingRow.objects.filter(
            account=account
        ).values_list("id", "instance_type__name", "zone", "capacity_type", "offered", "observed_at", *COLUMNS)
    }
    seen: list[int] = []
    new: list[OfferingRow] = []
    changed: list[OfferingRow] = []
    points: list[tuple[OfferingRow, Resolved]] = []
    listed: set[PoolKey] = set()
    for pool in pools:
        if pool.pool.instance_type not in types or pool.key in listed:
            continue
        if pool.price is None:
            found.unpriced.append((_named(pool.key), pool.problem))
            continue
        listed.add(pool.key)
        row = _row(account, types[pool.pool.instance_type], pool)
        old = before.get(pool.key)
        if old is None:
            new.append(row)
            points.append((row, pool))
            found.new.append(_named(pool.key))
            continue
        row.pk, offered, observed_at, *values = old
        same_price = values[1:3] == [row.price_per_hour, row.currency]
        if not offered:
            found.new.append(_named(pool.key))
        if not same_price:
            points.append((row, pool))
            found.changed.append((_named(pool.key), values[1], row.price_per_hour))
        if values != [getattr(row, column) for column in COLUMNS]:
            changed.append(row)
        elif row.observed_at == now:
            seen.append(row.pk)
        elif (offered, observed_at) != (True, row.observed_at):
            changed.append(row)
    gone = {key: old for key, old in before.items() if old[1] and key not in listed}
    found.gone = [_named(key) for key in gone]
    found.offered = len(listed)
    OfferingRow.objects.filter(pk__in=[old[0] for old in gone.values()]).update(offered=False)
    OfferingRow.objects.bulk_create(new, batch_size=BATCH)
    rewrite(changed, [*COLUMNS, "observed_at", "offered"])
    OfferingRow.objects.filter(pk__in=seen).update(offered=True, observed_at=now)
    PricePoint.objects.bulk_create(
        [
            PricePoint(
                offering=row,
                effective_from=_effective_from(pool),
                price_per_hour=row.price_per_hour,
                list_price_per_hour=row.list_price_per_hour,
                price_rule=row.price_rule,
            )
            for row, pool in points
        ],
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def _row(account: CloudAccount, instance_type_id: int, pool: Resolved) -> OfferingRow:
    assert pool.price is not None
    return OfferingRow(
        account=account,
        instance_type_id=instance_type_id,
        region=pool.pool.region,
        zone=pool.pool.zone,
        capacity_type=pool.pool.capacity_type,
        price_per_hour=pool.price.per_hour,
        currency=pool.price.currency,
        price_source=pool.source,
        price_row=pool.row[:300],
        list_price_per_hour=pool.listed,
        list_source=pool.list_source[:200],
        price_rule=pool.rule,
        imported=pool.imported,
        observed_at=pool.observed_at,
        offered=True,
    )


def _effective_from(pool: Resolved) -> datetime:
    """When this price began as far as anybody says: at the latest of the cloud's word and the rule's start."""
    rule = pool.price.rule if pool.price else None
    return pool.pool.observed_at if rule is None else max(pool.pool.observed_at, rule.starts_at)


def _count_unpriced(account: CloudAccount, found: Synced, now: datetime) -> None:
    """Keep how many pools nobody prices, and say so once when that changes."""
    count = len(found.unpriced)
    if count == account.unpriced_pools:
        return
    account.unpriced_pools = count
    reasons = Counter(reason for _, reason in found.unpriced)
    events.record(
        "catalog.prices-counted",
        subject=account.public_id,
        now=now,
        data={"account": account.name, "unpriced": count, "reasons": dict(reasons.most_common(KEPT_REASONS))},
    )


def _named(key: PoolKey) -> str:
    kind, zone, capacity_type = key
    return f"{zone} {kind} {capacity_type}"


def note_chips_without_figures(*, now: datetime) -> None:
    """Say once for each chip on sale that the catalogue lacks: nothing can be planned on it until it is added."""
    for name in _without_figures(set(InstanceType.objects.values_list("accelerator", flat=True).distinct())):
        events.record("catalog.chip-unknown", subject=name[:64], now=now, data={"accelerator": name})


def _without_figures(named: set[str]) -> list[str]:
    known = accelerators()
    return sorted(name for name in named if name and name not in known)
