"""inference in the admin: bounds, objectives and policies of endpoints may be changed; the rest is read only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from fleet.admin.base import AS_READ, CountsChanges, ReadOnly, ServedForm
from fleet.admin.bulk import BulkEdited, BulkForm
from fleet.services.bulk import UNCHANGED, Done, Step
from inference.domain.autoscaling import POLICIES
from inference.models import Decision, Endpoint, Model, Replica, ServingConfig, TelemetryGap, UsageEvent
from inference.services import endpoints


class EndpointForm(ServedForm):
    """Bounds, objectives and the autoscaling policy; everything else of an endpoint is asked for anew."""

    policy = forms.ChoiceField(choices=[(name, name) for name in sorted(POLICIES)])

    class Meta:
        model = Endpoint
        fields = [
            "policy", "policy_params", "min_replicas", "max_replicas", "slo_quantile", "slo_ttft_ms", "slo_itl_ms",
            "slo_e2e_ms", "drain_seconds",
        ]  # fmt: skip

    def clean_policy_params(self) -> dict[str, Any]:
        params = self.cleaned_data["policy_params"] or {}
        if not isinstance(params, dict):
            raise forms.ValidationError('Parameters are one JSON object, such as {"target": 16}.')
        return params


class EndpointBulk(BulkForm):
    policy = forms.ChoiceField(required=False, choices=[("", "As it is"), *((name, name) for name in sorted(POLICIES))])
    min_replicas = forms.IntegerField(label="Replicas at least", required=False, min_value=1)
    max_replicas = forms.IntegerField(label="Replicas at most", required=False, min_value=1)


@admin.register(Endpoint)
class EndpointAdmin(CountsChanges, BulkEdited):
    form = EndpointForm
    bulk_form = EndpointBulk
    list_display = ["name", "project", "model", "state", "policy", "min_replicas", "max_replicas", "desired_replicas"]
    list_filter = ["state", "policy", "project"]
    list_select_related = ["project", "model"]
    search_fields = ["name", "public_id", "project__slug", "model__name"]
    fields = [
        "name",
        "project",
        "model",
        "serving_config",
        "state",
        *EndpointForm.Meta.fields,
        "public_id",
        "generation",
    ]
    readonly_fields = ["name", "project", "model", "serving_config", "state", "public_id", "generation"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # what is served, and where, is asked for on the page and over the API, with a plan

    def serve(self, request: HttpRequest, form: Any, row: Any | None) -> Done:
        assert row is not None
        stored = Endpoint.objects.get(pk=row.pk)
        said = {name: value for name, value in form.cleaned_data.items() if name != AS_READ}
        changes = {name: value for name, value in said.items() if getattr(stored, name) != value}
        form.made = stored
        if not changes:
            return Done(UNCHANGED)
        actor = self.caller(request).name
        form.made = endpoints.change_endpoint(
            row.public_id, changes=changes, now=self.now(), actor=actor, generation=self.read(request)
        )
        return Done("changed")

    def step(self, request: HttpRequest, row: Any, wanted: dict[str, Any], place: int) -> Step:
        changes = {name: value for name, value in wanted.items() if getattr(row, name) != value}

        def act() -> Done:
            before = {name: getattr(row, name) for name in wanted}
            if not changes:
                return Done(UNCHANGED, row.public_id, before, before)
            endpoints.change_endpoint(
                row.public_id,
                changes=changes,
                now=self.now(),
                actor=self.caller(request).name,
                generation=row.generation,
            )
            return Done("changed", row.public_id, before, before | changes)

        return Step(f"{row.name} of {row.project}", act, place)


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
