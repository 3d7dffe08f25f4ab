"""What fleet's pages read: plain rows, one statement a card, however many rows there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Case, Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from fleet.domain.lifecycle import ENDED_ALLOCATION_STATES, NO_ROOM
from fleet.formatting import place
from fleet.models import (
    Allocation,
    CapacityMemory,
    CapacityType,
    Event,
    Incident,
    Installation,
    Instance,
    Offering,
    PricePoint,
    Progress,
    Slot,
    Sweep,
)

Rows = list[dict[str, Any]]
PAGE = 50


def plain(found: Iterable[Any]) -> Rows:
    """Rows of `.values()` as ordinary dictionaries."""
    return [dict(row) for row in found]


def backfill_progress() -> dict[str, Any] | None:
    """How far the history has been read in, while it is being read in."""
    running = Progress.objects.filter(finished_at=None, total__gt=0).values("done", "total", "detail")
    found = next(iter(plain(running[:1])), None)
    if found is not None and found["detail"] and not found["detail"].endswith("."):
        found["detail"] += "."
    return found


# --- The fleet table ---------------------------------------------------------------------------------------------


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


def in_scope(rows: QuerySet[Any], projects: Sequence[int] | None, field: str = "project_id") -> QuerySet[Any]:
    """Only rows of these projects; all of them for None."""
    return rows if projects is None else rows.filter(**{f"{field}__in": projects})


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
            "desired", "cordoned_at",
        )
    )  # fmt: skip
    for slot in slots:
        found[slot["allocation_id"]].append(dict(slot))
    return found


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


def orphan_totals(projects: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """Machines we pay for and nobody asked for. They belong to no project: only who sees everything sees them."""
    if projects is not None:
        return {"count": 0, "price": Decimal(0)}
    found = live_machines(None, now).filter(slot=None).aggregate(count=Count("id"), price=Sum("price_now"))
    return {"count": found["count"], "price": found["price"] or Decimal(0)}


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


# --- Capacity, sweeps, incidents ---------------------------------------------------------------------------------


def capacity_cells() -> dict[str, Any]:
    """Zones × accelerators that were asked: time to fill, how often the cloud said no, until when we wait."""
    offered = Offering.objects.filter(offered=True, account__enabled=True).values_list(
        "account__cloud", "region", "zone", "instance_type__name", "instance_type__accelerator"
    )
    pools = set(offered)
    chip_of = {(cloud, kind): chip for cloud, _, _, kind, chip in pools}
    cells: dict[tuple[str, str, str, str], dict[str, Any]] = {
        (cloud, region, zone, chip): {"attempts": 0, "refusals": 0, "fills": [], "cooldown": None}
        for cloud, region, zone, _, chip in pools
    }
    memories = CapacityMemory.objects.exclude(zone="").exclude(instance_type="").values(
        "account__cloud", "region", "zone", "instance_type", "attempts", "refusals", "fill_seconds", "cooldown_until",
    )  # fmt: skip
    for memory in memories:
        cloud, kind = memory["account__cloud"], memory["instance_type"]
        cell = cells.get((cloud, memory["region"], memory["zone"], chip_of.get((cloud, kind), "")))
        if cell is not None:
            cell["attempts"] += memory["attempts"]
            cell["refusals"] += memory["refusals"]
            cell["fills"] += memory["fill_seconds"]
            cell["cooldown"] = max(filter(None, [cell["cooldown"], memory["cooldown_until"]]), default=None)
    tried = {key for key, cell in cells.items() if cell["attempts"]}
    chips = sorted({chip for *_, chip in tried})
    zones = sorted({(cloud, region, zone) for cloud, region, zone, _ in tried})
    return {
        "offered": len(cells),
        "untried": len(cells) - len(tried),
        "chips": chips,
        "zones": [
            {"place": place(*zone), "cells": [_cell(cells.get((*zone, chip)), chip) for chip in chips]}
            for zone in zones
        ],
    }


def _cell(cell: Mapping[str, Any] | None, chip: str) -> dict[str, Any]:
    if cell is None:
        return {"chip": chip, "offered": False}
    share = cell["refusals"] / cell["attempts"] if cell["attempts"] else 0.0
    heat = 0 if not share else 1 + min(int(share * 4), 3)
    fill = timedelta(seconds=median(cell["fills"])) if cell["fills"] else None
    kept = {key: cell[key] for key in ("attempts", "refusals", "cooldown")}
    return {
        "chip": chip,
        "offered": True,
        "heat": heat,
        "fill": fill,
        "full": cell["attempts"] == cell["refusals"],
        **kept,
    }


def capacity_table() -> tuple[list[str], list[list[Any]]]:
    """The capacity map as rows."""
    head = ["zone", "accelerator", "attempts", "refusals", "median_fill_seconds", "asked_again_from"]
    rows = [
        [
            zone["place"],
            cell["chip"],
            cell["attempts"],
            cell["refusals"],
            cell["fill"] and cell["fill"].total_seconds(),
            cell["cooldown"],
        ]
        for zone in capacity_cells()["zones"]
        for cell in zone["cells"]
        if cell["offered"]
    ]
    return head, rows


def wide_cooldowns(now: datetime) -> Rows:
    """Refusals that were about more than one pool: a region, a quota, an account."""
    return plain(
        CapacityMemory.objects.filter(Q(zone="") | Q(instance_type=""), cooldown_until__gt=now).values(
            "account__cloud", "account__name", "region", "last_refusal_class", "last_refusal_code", "cooldown_until"
        )
    )


def sweep_rows() -> Rows:
    """The latest finished sweep of every account."""
    return plain(
        Sweep.objects.filter(finished_at__isnull=False)
        .order_by("account_id", "-id")
        .distinct("account_id")
        .values(
            "account__name", "account__cloud", "account__last_error", "account__last_read_at", "business_at", "listed",
            "owned", "foreign", "orphans", "orphans_ended", "missing", "broken_circuit", "complete",
        )
    )  # fmt: skip


def any_allocation(projects: Sequence[int] | None) -> bool:
    return bool(in_scope(Allocation.objects.all(), projects).exists())


def open_incidents(projects: Sequence[int] | None, *, limit: int = 5) -> Rows:
    rows = in_scope(Incident.objects.filter(closed_at=None), projects)
    return list(
        rows.order_by("-opened_at").values(
            "public_id",
            "kind",
            "subject",
            "detail",
            "doing",
            "opened_at",
            "project_id",
            "acknowledged_at",
            "acknowledged_by",
        )[:limit]
    )


def standing(projects: Sequence[int] | None) -> dict[str, Any]:
    """What the money bar says of the fleet besides money."""
    allocations = in_scope(Allocation.objects.all(), projects).aggregate(living=Count("id", filter=VIEWS[""][1]))
    slots = in_scope(Slot.objects.open(), projects, "allocation__project_id").aggregate(
        running=Sum("accelerator_count", filter=~Q(state__in=["wanted", "launching"])),
        requested=Sum("accelerator_count", filter=Q(state__in=["wanted", "launching"])),
        idle=Sum("accelerator_count", filter=Q(state="ready", allocation__idle_since__isnull=False)),
    )
    machines = in_scope(Instance.objects.filter(terminated_at=None), projects).aggregate(
        machines=Count("id"), orphans=Count("id", filter=Q(slot=None))
    )
    incidents = in_scope(Incident.objects.filter(closed_at=None), projects)
    newest = incidents.order_by("-opened_at").values("kind", "opened_at").first()
    sweep = Sweep.objects.filter(finished_at__isnull=False)
    swept = sweep.aggregate(at=Max("business_at"))["at"]
    latest = sweep.order_by("-id").values("broken_circuit").first()
    return {
        "allocations": allocations["living"],
        **{key: value or 0 for key, value in slots.items()},
        **machines,
        "incidents": incidents.count() if newest else 0,
        "newest": newest,
        "swept_at": swept,
        "sweep_broken": bool(latest and latest["broken_circuit"]),
    }


def installation_facts() -> dict[str, Any]:
    """Who we are, and how the two switches that stop everything stand."""
    columns = ("uuid", "launches_paused", "pause_reason", "destructive_frozen", "frozen_reason")
    found = Installation.objects.values(*columns).first()
    return dict(found) if found else dict.fromkeys(columns, "")


# --- Events ------------------------------------------------------------------------------------------------------


# Of people, for the audit; a list of everything is about capacity.
COMING_AND_GOING = Q(topic__startswith="session.") | Q(topic__startswith="login.")


def event_rows(
    projects: Sequence[int] | None, *, subjects: Sequence[str] = (), topics: Sequence[str] = (), limit: int = PAGE
) -> Rows:
    """The newest events, newest first."""
    rows = in_scope(Event.objects.all(), projects)
    if topics:
        rows = rows.filter(topic__in=topics)
    if subjects:
        rows = rows.filter(subject__in=subjects)
    return list(
        rows.order_by("-id").values("id", "occurred_at", "topic", "subject", "actor", "data", "project__slug")[:limit]
    )


MARKED = {
    "endpoint.scaled": "scale",
    "instance.preempted": "preempt",
    "instance.interruption-noticed": "preempt",
    "launch.adopted": "heal",
    "replica.failed": "heal",
    "price.changed": "price",
}
MOST_MARKS = 120


def marked_events(
    projects: Sequence[int] | None, start: datetime, end: datetime, *, about: Q | None = None, most: int = MOST_MARKS
) -> Rows:
    """The events a chart's lane shows, the newest of them when there are very many."""
    rows = in_scope(Event.objects.filter(topic__in=MARKED, occurred_at__gte=start, occurred_at__lt=end), projects)
    rows = rows if about is None else rows.filter(about)
    found = list(rows.order_by("-occurred_at", "-id").values("occurred_at", "topic", "subject", "data")[:most])
    return [row | {"kind": MARKED[row["topic"]]} for row in reversed(found)]


def names_of(subjects: Iterable[str]) -> dict[str, dict[str, str]]:
    """Public ids as names with the page that tells about them."""
    wanted = set(subjects)
    named = {
        public_id: {"name": name, "page": public_id}
        for public_id, name in Allocation.objects.filter(public_id__in=wanted).values_list("public_id", "name")
    }
    for model, field in ((Slot, "allocation"), (Instance, "slot__allocation")):
        rows = model.objects.filter(public_id__in=wanted).values_list(
            "public_id", f"{field}__name", f"{field}__public_id"
        )
        named |= {public_id: {"name": name, "page": page} for public_id, name, page in rows if name}
    return named
