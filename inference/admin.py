"""inference in the admin: read only. Endpoints are changed through the API, which knows the rules."""

from __future__ import annotations

from django.contrib import admin

from fleet.admin.base import ReadOnly
from inference.models import Decision, Endpoint, Model, Replica, ServingConfig, TelemetryGap, UsageEvent


@admin.register(Endpoint)
class EndpointAdmin(ReadOnly):
    list_display = ["name", "project", "model", "state", "min_replicas", "max_replicas", "desired_replicas"]
    list_filter = ["state", "project"]


@admin.register(Decision)
class DecisionAdmin(ReadOnly):
    list_display = ["at", "endpoint", "action", "current", "wanted", "allowed", "applied"]
    list_filter = ["endpoint", "action"]


@admin.register(Replica)
class ReplicaAdmin(ReadOnly):
    list_display = ["public_id", "endpoint", "ordinal", "state", "reason", "weight", "since"]
    list_filter = ["state", "endpoint"]


for fact in (Model, ServingConfig, TelemetryGap, UsageEvent):
    admin.site.register(fact, ReadOnly)
