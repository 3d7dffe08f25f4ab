"""Machines that are billed now and what they cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from fleet.models import CapacityType, Instance, PricePoint, Slot
from fleet.queries.rows import Rows, in_scope


def current_price() -> Case:
    """What a live machine costs an hour now: the market's price where the bill follows it, else that at launch."""
    point = PricePoint.objects.filter(
        offering__account=OuterRef("account"),
        offering__instance_type__name=OuterRef("instance_type"),
        offering__zone=OuterRef("zone"),
        offering__capacity_type=OuterRef("capacity_type"),
        effective_from__lte=OuterRef("as_of"),
    ).order_by("-effective_from")
    market = Coalesce(Subquery(point.values("price_per_hour")[:1]), F("price_per_hour"))
    follows = Q(capacity_type=CapacityType.SPOT, account__options__spot_price_rule="market")
    return Case(When(follows, then=market), default=F("price_per_hour"))


def live_machines(projects: Sequence[int] | None, now: datetime) -> QuerySet[Any]:
    """Machines that are billed now, with `price_now`."""
    machines = (
        Instance.objects.filter(terminated_at=None).annotate(as_of=Value(now)).annotate(price_now=current_price())
    )
    return in_scope(machines, projects)


def machines_of(allocation_ids: Sequence[int], now: datetime) -> dict[int, Rows]:
    """The slots that are not over of these allocations, oldest first, with the machine on each."""
    found: dict[int, Rows] = defaultdict(list)
    price = live_machines(None, now).filter(slot=OuterRef("pk")).values("price_now")[:1]
    slots = (
        Slot.objects.open()
        .filter(allocation_id__in=allocation_ids)
        .order_by("ordinal")
        .annotate(price_now=Subquery(price))
        .values(
            "allocation_id", "public_id", "ordinal", "state", "reason", "detail", "since", "accelerator",
            "accelerator_count", "region", "zone", "instance_type", "capacity_type", "price_now", "account__cloud",
            "instance__provider_id", "instance__interruption_at", "instance__ready_at", "instance__launched_at",
            "instance__currency", "desired", "cordoned_at",
        )
    )  # fmt: skip
    for slot in slots:
        found[slot["allocation_id"]].append(dict(slot))
    return found


def orphan_totals(projects: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """Machines we pay for and nobody asked for. They belong to no project: only who sees everything sees them."""
    if projects is not None:
        return {"count": 0, "price": Decimal(0)}
    found = live_machines(None, now).filter(slot=None).aggregate(count=Count("id"), price=Sum("price_now"))
    return {"count": found["count"], "price": found["price"] or Decimal(0)}
