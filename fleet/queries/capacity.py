"""What the clouds have and refuse: the capacity map, what is not asked for now, and the latest sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from fleet.formatting import place
from fleet.models import CapacityMemory, Offering, Sweep
from fleet.queries.rows import Rows, plain


def capacity_cells(remembered: QuerySet[CapacityMemory]) -> dict[str, Any]:
    """Zones × accelerators that were asked: time to fill, how often the cloud said no, until when we wait.

    `remembered`: what the reader is told of (`services.memory.told_to`).
    """
    offered = Offering.objects.filter(offered=True, account__enabled=True).values_list(
        "account__cloud", "region", "zone", "instance_type__name", "instance_type__accelerator"
    )
    pools = set(offered)
    chip_of = {(cloud, kind): chip for cloud, _, _, kind, chip in pools}
    cells: dict[tuple[str, str, str, str], dict[str, Any]] = {
        (cloud, region, zone, chip): {"attempts": 0, "refusals": 0, "fills": [], "cooldown": None}
        for cloud, region, zone, _, chip in pools
    }
    memories = remembered.exclude(zone="").exclude(instance_type="").values(
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


def capacity_table(remembered: QuerySet[CapacityMemory]) -> tuple[list[str], list[list[Any]]]:
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
        for zone in capacity_cells(remembered)["zones"]
        for cell in zone["cells"]
        if cell["offered"]
    ]
    return head, rows


def wide_cooldowns(remembered: QuerySet[CapacityMemory], now: datetime) -> Rows:
    """Refusals that were about more than one pool: a region, a quota, an account. One line for each of them.

    `kinds`: how many machine types a quota has closed; 0: whatever is there.
    """
    wide = remembered.filter(Q(zone="") | Q(instance_type=""), cooldown_until__gt=now).order_by("account", "region")
    told = wide.values(
        "account__cloud", "account__name", "region", "last_refusal_class", "last_refusal_code", "last_refusal_quota",
    )  # fmt: skip
    kinds = Count("instance_type", filter=~Q(instance_type=""), distinct=True)
    return plain(told.annotate(cooldown_until=Max("cooldown_until"), kinds=kinds))


def sweep_rows() -> Rows:
    """The latest finished sweep of every account."""
    return plain(
        Sweep.objects.filter(finished_at__isnull=False)
        .order_by("account_id", "-id")
        .distinct("account_id")
        .values(
            "account__name", "account__cloud", "account__last_error", "account__last_error_step",
            "account__last_read_at", "business_at", "listed", "owned", "foreign", "orphans", "orphans_ended", "missing",
            "broken_circuit", "complete",
        )
    )  # fmt: skip
