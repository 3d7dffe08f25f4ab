"""What is on sale, what it costs and has cost, and what asking for it taught us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Cast, Greatest

from fleet.models import CapacityMemory, CloudAccount, Offering, PricePoint
from fleet.queries.rows import PAGE, Rows, plain

SORTS = {
    "each": ("each", "id"),
    "price": ("price_per_hour", "id"),
    "place": ("account__cloud", "region", "zone", "id"),
    "chip": ("instance_type__accelerator", "each", "id"),
    "seen": ("observed_at", "id"),
}
COLUMNS = (
    "id", "public_id", "region", "zone", "capacity_type", "price_per_hour", "list_price_per_hour", "currency",
    "price_source", "price_rule", "imported", "observed_at",
)  # fmt: skip
JOINED = {
    "cloud": F("account__cloud"),
    "account_name": F("account__name"),
    "kind": F("instance_type__name"),
    "accelerator": F("instance_type__accelerator"),
    "count": F("instance_type__accelerator_count"),
}
CHEAPEST = 6
"""Lines of a chart; a seventh would have no colour of its own."""


@dataclass(frozen=True)
class MarketFilter:
    """What an address asks of the list. Empty: any."""

    accelerator: str = ""
    cloud: str = ""
    region: str = ""
    capacity: str = ""
    text: str = ""
    sort: str = ""
    page: int = 1

    @property
    def active(self) -> int:
        return sum(bool(word) for word in (self.accelerator, self.cloud, self.region, self.capacity, self.text))


def offerings(chosen: MarketFilter) -> QuerySet[Any]:
    """What is on sale and goes through the filter, with its price by accelerator as `each`."""
    named = {
        "instance_type__accelerator": chosen.accelerator,
        "account__cloud": chosen.cloud,
        "region": chosen.region,
        "capacity_type": chosen.capacity,
    }
    found = Offering.objects.filter(offered=True, account__enabled=True, instance_type__accelerator_count__gt=0)
    found = found.filter(**{name: value for name, value in named.items() if value})
    if chosen.text:
        found = found.filter(Q(zone__icontains=chosen.text) | Q(instance_type__name__icontains=chosen.text))
    count = Cast("instance_type__accelerator_count", models.DecimalField(max_digits=12, decimal_places=0))
    return found.annotate(each=F("price_per_hour") / count)


def market_totals(chosen: MarketFilter) -> dict[str, Any]:
    return offerings(chosen).aggregate(pools=Count("id"), newest=Max("observed_at"))


def market_rows(chosen: MarketFilter) -> Rows:
    """One page of them in the order asked for, each with what asking its pool taught."""
    key = chosen.sort.removeprefix("-") or "each"
    order = [f"-{name}" if chosen.sort.startswith("-") else name for name in SORTS[key]]
    start = (chosen.page - 1) * PAGE
    rows = plain(
        offerings(chosen).order_by(*order)[start : start + PAGE].values(*COLUMNS, "each", "account_id", **JOINED)
    )
    known = _memories(rows)
    for row in rows:
        row["memory"] = known.get((row["account_id"], row["zone"], row["kind"], row["capacity_type"]), {})
    return rows


def _memories(rows: Rows) -> dict[tuple[int, str, str, str], dict[str, Any]]:
    found = CapacityMemory.objects.filter(
        account__in={row["account_id"] for row in rows},
        zone__in={row["zone"] for row in rows},
        instance_type__in={row["kind"] for row in rows},
    ).values(
        "account_id", "zone", "instance_type", "capacity_type", "attempts", "refusals", "fill_seconds", "interruptions",
        "held_hours", "cooldown_until", "last_refusal_class", "last_refusal_code",
    )  # fmt: skip
    return {(m["account_id"], m["zone"], m["instance_type"], m["capacity_type"]): dict(m) for m in found}


def market_choices() -> dict[str, list[str]]:
    """What there is to filter by."""
    sold = Offering.objects.filter(offered=True, account__enabled=True).order_by()
    columns = {
        "accelerator": "instance_type__accelerator",
        "cloud": "account__cloud",
        "region": "region",
        "capacity": "capacity_type",
    }
    return {
        name: sorted(filter(None, sold.values_list(column, flat=True).distinct())) for name, column in columns.items()
    }


def cheapest_pools(chosen: MarketFilter) -> Rows:
    """Of every cloud and capacity type the pool that costs least an accelerator now, cheapest first."""
    found = offerings(chosen).order_by("account__cloud", "capacity_type", "each", "id")
    firsts = found.distinct("account__cloud", "capacity_type").values(
        "id", "zone", "region", "capacity_type", "each", "price_per_hour", "currency", **JOINED
    )
    return sorted(plain(firsts), key=lambda row: (row["each"], row["id"]))[:CHEAPEST]


def price_points(ids: Sequence[int], *, start: datetime, end: datetime) -> dict[int, list[tuple[datetime, Any]]]:
    """Changes from the one in force at `start` until `end`, by offering, oldest first."""
    before = (
        PricePoint.objects.filter(offering__in=ids, effective_from__lte=start)
        .order_by("offering", "-effective_from")
        .distinct("offering")
        .values("id")
    )
    rows = (
        PricePoint.objects.filter(
            Q(id__in=before) | Q(offering__in=ids, effective_from__gt=start, effective_from__lt=end)
        )
        .order_by("effective_from")
        .values_list("offering_id", "effective_from", "price_per_hour")
    )
    found: dict[int, list[tuple[datetime, Any]]] = {}
    for offering, at, price in rows:
        found.setdefault(offering, []).append((at, price))
    return found


def account_rows() -> Rows:
    """Of every account: when it was last read, what is wrong with it, and what it sells."""
    sold = Count("offerings", filter=Q(offerings__offered=True))
    # Where the cloud tells no changes, prices are those of the last reading.
    seen = Max("offerings__observed_at", filter=Q(offerings__offered=True))
    known = Greatest("prices_complete_until", seen)
    rows = CloudAccount.objects.order_by("name").annotate(pools=sold, prices_until=known)
    return plain(
        rows.values(
            "name",
            "cloud",
            "enabled",
            "last_error",
            "last_error_step",
            "last_read_at",
            "prices_until",
            "unpriced_pools",
            "pools",
        )
    )
