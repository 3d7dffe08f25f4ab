"""What happened and what was seen: to look at, never to touch. The database refuses to change most of it as well."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from fleet.admin.base import ReadOnly, ValuesOrNone
from fleet.models import (
    Allocation,
    AuditCheck,
    BlockPurchase,
    BlockQuestion,
    CapacityMemory,
    Event,
    EventSeal,
    FleetLaunch,
    Hold,
    Incident,
    Instance,
    InstanceType,
    LaunchAttempt,
    LaunchResult,
    PaidCapacity,
    Periodic,
    Slot,
    Sweep,
    TerminationFact,
    UnclassifiedSignal,
)


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ["recorded_at", "topic", "subject", "project", "actor", "address", "request_id"]
    list_filter = ["recorded_at", "project"]
    search_fields = ["subject", "request_id", "actor", "topic"]
    list_select_related = ["project"]
    ordering = ["-id"]

    def subjects(self, row: Any) -> list[str]:
        return [row.subject]


@admin.register(EventSeal)
class EventSealAdmin(ReadOnly):
    list_display = ["n", "event_id", "tx", "digest", "sealed_at"]
    ordering = ["-n"]


@admin.register(AuditCheck)
class AuditCheckAdmin(ReadOnly):
    list_display = ["finished_at", "sealed", "digest"]
    ordering = ["-id"]


@admin.register(Allocation)
class AllocationAdmin(ReadOnly):
    list_display = ["name", "project", "state", "reason", "accelerator", "accelerator_count", "since"]
    list_filter = ["state", "project"]
    list_select_related = ["project"]
    search_fields = ["name", "public_id"]


@admin.register(Instance)
class InstanceAdmin(ReadOnly):
    list_display = ["provider_id", "cloud", "zone", "instance_type", "capacity_type", "launched_at", "terminated_at"]
    list_filter = ["cloud", "capacity_type"]
    search_fields = ["provider_id", "public_id"]


@admin.register(LaunchAttempt)
class LaunchAttemptAdmin(ReadOnly):
    list_display = ["public_id", "slot", "n", "state", "zone", "instance_type", "error_class", "error_code", "calls"]
    list_filter = ["state", ("error_class", ValuesOrNone)]
    list_select_related = ["slot__allocation", "account"]
    search_fields = ["public_id", "provider_id"]


@admin.register(Incident)
class IncidentAdmin(ReadOnly):
    list_display = ["opened_at", "kind", "subject", "project", "closed_at"]
    list_filter = ["kind", "project"]
    search_fields = ["public_id", "subject"]


@admin.register(Periodic)
class PeriodicAdmin(ReadOnly):
    """The schedule is what the apps say; a line is switched off by taking it out of there."""

    list_display = ["name", "every_seconds", "enabled", "next_run_at", "last_sent_at", "last_finished_at"]


@admin.register(PaidCapacity)
class PaidCapacityAdmin(ReadOnly):
    list_display = [
        "ref",
        "account",
        "kind",
        "state",
        "machines",
        "instance_type",
        "zone",
        "ends_at",
        "fee",
        "project",
        "shared",
    ]
    list_filter = ["kind", "usable", "shared"]
    list_select_related = ["account", "project"]
    search_fields = ["public_id", "ref"]


@admin.register(BlockPurchase)
class BlockPurchaseAdmin(ReadOnly):
    list_display = ["public_id", "project", "account", "state", "machines", "instance_type", "fee", "created_at"]
    list_filter = ["state"]
    list_select_related = ["account", "project"]
    search_fields = ["public_id"]


for fact in (
    BlockQuestion,
    CapacityMemory,
    FleetLaunch,
    Hold,
    InstanceType,
    LaunchResult,
    Slot,
    Sweep,
    TerminationFact,
    UnclassifiedSignal,
):
    admin.site.register(fact, ReadOnly)
