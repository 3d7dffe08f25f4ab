"""Machines, with the launches that made them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fleet.api.base import ApiView
from fleet.api.conditional import version_of
from fleet.api.fields import Flag, Word
from fleet.api.listing import Fields, Ordering, PageQuery, narrowed, page, paged
from fleet.api.schema import says
from fleet.models import Instance, LaunchAttempt


class InstanceQuery(PageQuery):
    live = Flag(required=False, help_text="true: only machines that have not ended")
    allocation = Word(required=False, help_text="Public id")
    cloud = Word(required=False)
    zone = Word(required=False)
    capacity_type = Word(required=False)
    accelerator = Word(required=False)
    project = Word(required=False, help_text="Slug")
    ordering = Ordering("launched_at", "terminated_at", "price_per_hour", "zone", "provider_id")
    fields = Fields(lambda: InstanceOut)  # type: ignore[assignment]  # a name of the base class, unused here


class InstanceOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    project = serializers.CharField(allow_null=True, help_text="Empty: an orphan, which is ended")
    allocation = serializers.CharField(allow_null=True)
    slot = serializers.CharField(allow_null=True)
    state = serializers.CharField(allow_null=True, help_text="Of its slot")
    reason = serializers.CharField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    cordoned_at = serializers.DateTimeField(allow_null=True, help_text="Since then it takes no new work")
    provider_id = serializers.CharField(help_text="The cloud's own id")
    cloud = serializers.CharField()
    cloud_state = serializers.CharField(allow_blank=True, help_text="As the cloud words it")
    region = serializers.CharField()
    zone = serializers.CharField()
    instance_type = serializers.CharField()
    accelerator = serializers.CharField()
    accelerator_count = serializers.IntegerField()
    capacity_type = serializers.CharField()
    price_per_hour = serializers.CharField()
    currency = serializers.CharField()
    launched_at = serializers.DateTimeField()
    running_at = serializers.DateTimeField(allow_null=True)
    ready_at = serializers.DateTimeField(allow_null=True)
    terminated_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField(allow_null=True)
    interruption_at = serializers.DateTimeField(allow_null=True)
    private_ip = serializers.CharField(allow_blank=True)
    public_ip = serializers.CharField(allow_blank=True)


class AttemptOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    n = serializers.IntegerField()
    state = serializers.CharField()
    zone = serializers.CharField()
    instance_type = serializers.CharField()
    capacity_type = serializers.CharField()
    error_class = serializers.CharField(allow_blank=True)
    error_code = serializers.CharField(allow_blank=True)
    calls = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)


class InstanceDetailOut(InstanceOut):
    attempts = AttemptOut(many=True)


COLUMNS = (
    "public_id", "provider_id", "cloud", "cloud_state", "region", "zone", "instance_type", "accelerator",
    "accelerator_count", "capacity_type", "price_per_hour", "currency", "launched_at", "running_at", "ready_at",
    "terminated_at", "end_reason", "interruption_at", "private_ip", "public_ip",
)  # fmt: skip
ATTEMPT_COLUMNS = (
    "n", "state", "zone", "instance_type", "capacity_type", "error_class", "error_code", "calls", "created_at",
    "resolved_at",
)  # fmt: skip


def rows(instances: QuerySet[Instance]) -> QuerySet[Instance, dict[str, Any]]:
    return instances.values(
        *COLUMNS,
        project_slug=F("project__slug"),
        slot_public_id=F("slot__public_id"),
        slot_state=F("slot__state"),
        slot_reason=F("slot__reason"),
        slot_since=F("slot__since"),
        slot_cordoned_at=F("slot__cordoned_at"),
        allocation=F("slot__allocation__public_id"),
    )


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = dict(row)
    shown["id"] = shown.pop("public_id")
    shown["project"] = shown.pop("project_slug")
    shown["slot"] = shown.pop("slot_public_id")
    for name in ("state", "reason", "since", "cordoned_at"):
        shown[name] = shown.pop(f"slot_{name}")
    shown["end_reason"] = shown["end_reason"] or None
    return shown


class Instances(ApiView):
    resource = "fleet"

    @says(paged(InstanceOut), query=InstanceQuery, summary="List machines, newest first")
    def get(self, request: Request) -> Response:
        query = self.query(InstanceQuery)
        found = self.visible(Instance.objects.all())
        if "live" in query:
            found = found.filter(terminated_at__isnull=query["live"])
        if "allocation" in query:
            found = found.filter(slot__allocation__public_id=query["allocation"])
        found = narrowed(
            found, query, cloud="cloud", zone="zone", capacity_type="capacity_type", accelerator="accelerator",
            project="project__slug",
        )  # fmt: skip
        return Response(page(request._request, rows(found), query, key="public_id", row=as_json))


class OneInstance(ApiView):
    resource = "fleet"

    @says(InstanceDetailOut, path_id="inst", summary="One machine and every launch attempt of its slot")
    def get(self, request: Request, public_id: str) -> Response:
        instance = self.one(Instance.objects.all(), public_id)
        attempts = LaunchAttempt.objects.filter(slot__isnull=False, slot=instance.slot_id).order_by("n")
        tried = [
            {**{name: row[name] for name in ATTEMPT_COLUMNS}, "id": row["public_id"]}
            for row in attempts.values("public_id", *ATTEMPT_COLUMNS)
        ]
        return self.shown({**shown(instance), "attempts": tried}, version_of(instance.terminated_at))


def shown(instance: Instance) -> dict[str, Any]:
    """One machine as lists show it."""
    return as_json(rows(Instance.objects.filter(pk=instance.pk)).get())
