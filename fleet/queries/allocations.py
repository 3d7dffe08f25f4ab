"""The fleet table: allocations with their machines, filtered, sorted and summed up; one statement a card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from fleet.domain.lifecycle import ENDED_ALLOCATION_STATES, NO_ROOM
from fleet.models import Allocation, CapacityType, Slot
from fleet.queries.machines import live_machines, machines_of
from fleet.queries.rows import PAGE, Rows, in_scope


@dataclass(frozen=True)
class FleetFilter:
    """What the address asks for. Empty fields ask for everything."""

    view: str = ""
    text: str = ""
    cloud: str = ""
    accelerator: str = ""
    capacity: str = ""
    project: str = ""
    state: str = ""
    sort: str = ""
    page: int = 1

    @property
    def active(self) -> int:
        return sum(
            bool(value) for value in (self.text, self.cloud, self.accelerator, self.capacity, self.project, self.state)
        )


LIVING = ~Q(state__in=ENDED_ALLOCATION_STATES)
HELD_UP = ["stock-out", *sorted(NO_ROOM), "no-offering", "credentials"]
ON_SPOT = Slot.objects.open().filter(capacity_type=CapacityType.SPOT).values("allocation")
VIEWS: dict[str, tuple[str, Q]] = {
    "": ("Living", LIVING),
    "attention": (
        "Needs attention",
        Q(state__in=["degraded", "failed"]) | Q(state="provisioning", reason__in=HELD_UP),
    ),
    "spot": ("Spot", LIVING & Q(pk__in=ON_SPOT)),
    "idle": ("Idle", LIVING & Q(idle_since__isnull=False)),
    "ended": ("Ended", ~LIVING),
}
ALLOCATION_FIELDS = (
    "id", "public_id", "name", "project__slug", "endpoint_ref", "state", "reason", "detail", "since", "next_action",
    "next_action_at", "accelerator", "accelerator_count", "need", "gang", "created_at", "released_at", "expires_at",
    "idle_since", "requested_by", "price", "release_at",
)  # fmt: skip
SORTS: dict[str, tuple[Any, ...]] = {
    "": ("-created_at", "-id"),
    "name": ("name", "id"),
    "state": ("state", "since", "id"),
    "next": (F("next_action_at").asc(nulls_last=True), "id"),
    "accelerator": ("accelerator", "accelerator_count", "id"),
    "project": ("project__slug", "name", "id"),
    "asked": ("requested_by", "id"),
    "ends": (F("expires_at").asc(nulls_last=True), "id"),
    "price": ("price", "id"),
    "age": ("-created_at", "-id"),
}
"""Ascending; `-name` is the other way round. By age the youngest comes first."""


def allocations_of(chosen: FleetFilter, projects: Sequence[int] | None) -> QuerySet[Allocation]:
    rows = in_scope(Allocation.objects.all(), projects).filter(VIEWS.get(chosen.view, VIEWS[""])[1])
    if chosen.text:
        rows = rows.filter(Q(name__icontains=chosen.text) | Q(public_id__icontains=chosen.text))
    if chosen.state:
        rows = rows.filter(state=chosen.state)
    if chosen.project:
        rows = rows.filter(project__slug=chosen.project)
    slots = Slot.objects.open()
    if chosen.cloud:
        rows = rows.filter(pk__in=slots.filter(account__cloud=chosen.cloud).values("allocation"))
    if chosen.capacity:
        rows = rows.filter(pk__in=slots.filter(capacity_type=chosen.capacity).values("allocation"))
    if chosen.accelerator:
        named = slots.filter(accelerator=chosen.accelerator).values("allocation")
        rows = rows.filter(Q(accelerator=chosen.accelerator) | Q(pk__in=named))
    return rows


def fleet_rows(chosen: FleetFilter, projects: Sequence[int] | None, now: datetime) -> Rows:
    """One page of allocations, each with its open machines."""
    page = slice((chosen.page - 1) * PAGE, chosen.page * PAGE)
    rows = allocations_of(chosen, projects)
    if chosen.sort.removeprefix("-") == "price":
        return _with_machines(_by_price(rows, projects, now, down=chosen.sort == "-price")[page], now)
    return _with_machines(list(rows.order_by(*order_of(chosen.sort)).values_list("id", flat=True)[page]), now)


def all_fleet_rows(chosen: FleetFilter, projects: Sequence[int] | None, now: datetime) -> Iterator[dict[str, Any]]:
    """Every allocation the filter lets through, in its order, a few hundred at a time."""
    rows = allocations_of(chosen, projects)
    if chosen.sort.removeprefix("-") == "price":
        ids = _by_price(rows, projects, now, down=chosen.sort == "-price")
    else:
        ids = list(rows.order_by(*order_of(chosen.sort)).values_list("id", flat=True))
    for batch in batched(ids, 500):
        yield from _with_machines(batch, now)


def batched(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def order_of(sort: str) -> list[Any]:
    """The columns of a sort word; with `-` before it every one of them turned round."""
    columns = SORTS.get(sort.removeprefix("-"), SORTS[""])
    return [_turned(column) for column in columns] if sort.startswith("-") else list(columns)


def _turned(column: Any) -> Any:
    if isinstance(column, str):
        return column[1:] if column.startswith("-") else f"-{column}"
    return column.expression.desc(nulls_last=True)


def _by_price(rows: QuerySet[Allocation], projects: Sequence[int] | None, now: datetime, *, down: bool) -> list[int]:
    """Ids by what their machines cost an hour. Summed once for all: a sum an allocation is slow for thousands."""
    priced = live_machines(projects, now).exclude(slot=None).order_by().values_list("slot__allocation")
    prices = dict(priced.annotate(sum=Sum("price_now")))
    ids = rows.order_by("id").values_list("id", flat=True)
    return sorted(ids, key=lambda pk: prices.get(pk, Decimal(0)), reverse=down)


def _with_machines(ids: Sequence[int], now: datetime) -> Rows:
    found = {
        row["id"]: row
        for row in Allocation.objects.filter(pk__in=ids).annotate(price=_price_of(None, now)).values(*ALLOCATION_FIELDS)
    }
    machines = machines_of(ids, now)
    return [found[pk] | {"machines": machines.get(pk, [])} for pk in ids if pk in found]


def allocation_facts(public_id: str, now: datetime) -> dict[str, Any]:
    """The same of one allocation, ended ones too. Raises DoesNotExist."""
    row = (
        Allocation.objects.filter(public_id=public_id)
        .annotate(price=_price_of(None, now))
        .values(*ALLOCATION_FIELDS)
        .get()
    )
    return row | {"machines": machines_of([row["id"]], now).get(row["id"], [])}


def _price_of(projects: Sequence[int] | None, now: datetime) -> Coalesce:
    """What an allocation's live machines cost an hour."""
    priced = live_machines(projects, now).filter(slot__allocation=OuterRef("pk")).order_by().values("slot__allocation")
    return Coalesce(Subquery(priced.annotate(sum=Sum("price_now")).values("sum")), Decimal(0))


def fleet_totals(chosen: FleetFilter, projects: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """The totals row: of everything the filter lets through, not of one page."""
    shown = allocations_of(chosen, projects)
    machines = live_machines(projects, now).filter(slot__allocation__in=shown)
    totals = machines.aggregate(price=Sum("price_now"), machines=Count("id"))
    slots = Slot.objects.open().filter(allocation__in=shown)
    counted = slots.aggregate(
        running=Sum("accelerator_count", filter=~Q(state__in=["wanted", "launching"])),
        requested=Sum("accelerator_count", filter=Q(state__in=["wanted", "launching"])),
    )
    return {
        "allocations": shown.count(),
        "price": totals["price"] or Decimal(0),
        "machines": totals["machines"],
        "running": counted["running"] or 0,
        "requested": counted["requested"] or 0,
    }


def view_counts(projects: Sequence[int] | None) -> list[dict[str, Any]]:
    """How many allocations each saved view holds."""
    counts = {f"n{k}": Count("id", filter=test) for k, (_, test) in enumerate(VIEWS.values())}
    found = in_scope(Allocation.objects.all(), projects).aggregate(**counts)
    return [{"key": key, "label": label, "count": found[f"n{k}"]} for k, (key, (label, _)) in enumerate(VIEWS.items())]


def filter_choices(projects: Sequence[int] | None) -> dict[str, list[str]]:
    """What the filters offer: only what is there."""
    slots = in_scope(Slot.objects.open(), projects, "allocation__project_id")
    triples = set(slots.order_by().values_list("account__cloud", "accelerator", "capacity_type").distinct())
    living = in_scope(Allocation.objects.living(), projects)
    rows = set(living.order_by().values_list("project__slug", "accelerator", "state").distinct())
    return {
        "cloud": _words(cloud for cloud, _, _ in triples),
        "accelerator": _words([chip for _, chip, _ in triples] + [chip for _, chip, _ in rows]),
        "capacity": _words(kind for _, _, kind in triples),
        "project": _words(slug for slug, _, _ in rows),
        "state": _words(state for _, _, state in rows),
    }


def _words(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value})


def any_allocation(projects: Sequence[int] | None) -> bool:
    return bool(in_scope(Allocation.objects.all(), projects).exists())
