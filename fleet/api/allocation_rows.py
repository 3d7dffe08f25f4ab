"""Allocations as the API shows them: written by Python for one, by the database for a page of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from rest_framework import serializers

from fleet.api.database_json import Bare, DatabaseJSON, Quoted, column, object_or_null, or_null
from fleet.domain.lifecycle import AllocationState, SlotState
from fleet.models import Allocation, Slot


class AllocationOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    project = serializers.CharField()
    state = serializers.ChoiceField([(state.value, state.name) for state in AllocationState])
    reason = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()
    next_action = serializers.CharField(allow_null=True)
    next_action_at = serializers.DateTimeField(allow_null=True)
    accelerator = serializers.CharField(allow_null=True)
    accelerator_count = serializers.IntegerField()
    accelerators_per_slot = serializers.IntegerField(allow_null=True)
    need = serializers.DictField(allow_null=True)
    gang = serializers.BooleanField()
    clouds = serializers.ListField(child=serializers.CharField())
    regions = serializers.ListField(child=serializers.CharField())
    capacity_types = serializers.ListField(child=serializers.CharField())
    max_price_per_hour = serializers.CharField(allow_null=True)
    on_demand_floor = serializers.IntegerField(help_text="So many accelerators may not be spot")
    residency = serializers.CharField(allow_null=True)
    endpoint = serializers.CharField(allow_null=True)
    labels = serializers.DictField()
    requested_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    idle_release_seconds = serializers.IntegerField(allow_null=True)
    idle_since = serializers.DateTimeField(allow_null=True)
    first_ready_at = serializers.DateTimeField(allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True)
    machines = serializers.IntegerField(help_text="Wanted, coming or there")
    machines_ready = serializers.IntegerField()
    stockouts_met = serializers.IntegerField()
    preemptions_met = serializers.IntegerField()


class AllocationAcceptedOut(AllocationOut):
    operation = serializers.CharField(allow_null=True, help_text="Public id of what is under way; empty: nothing is")


COLUMNS = (
    "public_id", "name", "state", "reason", "detail", "since", "next_action", "next_action_at", "accelerator",
    "accelerator_count", "accelerators_per_slot", "need", "gang", "clouds", "regions", "capacity_types",
    "max_price_per_hour", "on_demand_floor", "residency", "endpoint_ref", "labels", "requested_by", "created_at",
    "deadline_at", "expires_at",
    "idle_release_seconds", "idle_since", "first_ready_at", "released_at", "stockouts_met", "preemptions_met",
    "generation",
)  # fmt: skip


def rows(allocations: QuerySet[Allocation]) -> QuerySet[Allocation, dict[str, Any]]:
    return counted(allocations).values(*COLUMNS, "machines", "machines_ready", project_slug=F("project__slug"))


def counted(allocations: QuerySet[Allocation]) -> QuerySet[Allocation]:
    """Machines are counted for the rows that are shown only: a join would count those of every row first."""
    slots = Slot.objects.filter(allocation=OuterRef("pk"))
    return allocations.annotate(
        machines=_count(slots.open()), machines_ready=_count(slots.filter(state=SlotState.READY))
    )


def _count(slots: QuerySet[Slot]) -> Coalesce:
    counted = slots.order_by().values("allocation").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the API shows it: without the database's own columns."""
    shown = {key: value for key, value in row.items() if key not in ("public_id", "generation")}
    shown["id"] = row["public_id"]
    shown["project"] = shown.pop("project_slug")
    shown["endpoint"] = shown.pop("endpoint_ref") or None
    for name in ("next_action", "accelerator", "need", "residency"):
        shown[name] = shown[name] or None
    return shown


def _shape() -> dict[str, Combinable]:
    """`as_json`, in the database's words."""
    columns = {name: column(Allocation, name) for name in COLUMNS}
    shown = {
        **columns,
        "id": columns["public_id"],
        "project": Quoted(F("project__slug")),
        "endpoint": or_null("endpoint_ref"),
        "next_action": or_null("next_action"),
        "accelerator": or_null("accelerator"),
        "residency": or_null("residency"),
        "need": object_or_null("need"),
        "machines": Bare(F("machines")),
        "machines_ready": Bare(F("machines_ready")),
    }
    return {str(name): shown[str(name)] for name in AllocationOut().fields}


LISTED = DatabaseJSON(lambda: counted(Allocation.objects.all()), _shape)


def shown_by_id(public_id: str) -> dict[str, Any]:
    return as_json(rows(Allocation.objects.filter(public_id=public_id)).get())


def shown(allocation: Allocation) -> dict[str, Any]:
    """One allocation as lists show it."""
    return as_json(rows(Allocation.objects.filter(pk=allocation.pk)).get())
