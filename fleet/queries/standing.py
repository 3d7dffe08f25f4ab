"""How the fleet stands as a whole: the money bar's counts, open incidents, the installation's switches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Max, Q, Sum

from fleet.models import Allocation, Incident, Installation, Instance, Progress, Slot, Sweep
from fleet.queries.allocations import LIVING
from fleet.queries.rows import Rows, in_scope, plain


def backfill_progress() -> dict[str, Any] | None:
    """How far the history has been read in, while it is being read in."""
    running = Progress.objects.filter(finished_at=None, total__gt=0).values("done", "total", "detail")
    found = next(iter(plain(running[:1])), None)
    if found is not None and found["detail"] and not found["detail"].endswith("."):
        found["detail"] += "."
    return found


ENDPOINT_IDS = "ep"
"""How public ids of endpoints begin, which another app makes."""
NO_INCIDENTS = {"incidents": 0, "endpoint_incidents": 0}


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


def fleet_standing(projects: Sequence[int] | None) -> dict[str, Any]:
    """What the money bar says of the fleet besides money."""
    allocations = in_scope(Allocation.objects.all(), projects).aggregate(living=Count("id", filter=LIVING))
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
    of_endpoints = Count("id", filter=Q(subject__startswith=f"{ENDPOINT_IDS}_"))
    opened = incidents.aggregate(incidents=Count("id"), endpoint_incidents=of_endpoints) if newest else NO_INCIDENTS
    sweep = Sweep.objects.filter(finished_at__isnull=False)
    swept = sweep.aggregate(at=Max("business_at"))["at"]
    latest = sweep.order_by("-id").values("broken_circuit").first()
    return {
        "allocations": allocations["living"],
        **{key: value or 0 for key, value in slots.items()},
        **machines,
        **opened,
        "newest": newest,
        "swept_at": swept,
        "sweep_broken": bool(latest and latest["broken_circuit"]),
    }


def installation_facts() -> dict[str, Any]:
    """Who we are, and how the two switches that stop everything stand."""
    columns = ("uuid", "launches_paused", "pause_reason", "destructive_frozen", "frozen_reason")
    found = Installation.objects.values(*columns).first()
    return dict(found) if found else dict.fromkeys(columns, "")
