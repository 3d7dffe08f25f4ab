"""Endpoint: a model served under objectives, within bounds."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from fleet.models import Allocation, Project
from fleet.models.fields import Leased, public_id
from inference.domain.lifecycle import EndpointState
from inference.models.model import Model
from inference.models.serving import ServingConfig


def endpoint_id() -> str:
    return public_id("ep")


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def living(self) -> EndpointQuerySet:
        return self.exclude(state=EndpointState.DELETED)

    def scaled(self) -> EndpointQuerySet:
        """Those an autoscaler may move."""
        return self.exclude(state__in=[EndpointState.DELETING, EndpointState.DELETED]).exclude(allocation=None)


class Endpoint(Leased):
    public_id = models.CharField(max_length=48, unique=True, default=endpoint_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="endpoints")
    name = models.SlugField(max_length=63)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="endpoints")
    serving_config = models.ForeignKey(ServingConfig, on_delete=models.PROTECT, related_name="endpoints")
    runner = models.CharField(max_length=32, default="sandbox")
    allocation = models.OneToOneField(
        Allocation, null=True, blank=True, on_delete=models.PROTECT, related_name="endpoint"
    )
    accelerators = ArrayField(models.CharField(max_length=64), default=list, help_text="Allowed; the first is used")
    clouds = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    regions = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    capacity_types = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    # Objectives, at `slo_quantile` of the requests. Empty: none.
    slo_quantile = models.FloatField(default=0.95, validators=[MinValueValidator(0.5), MaxValueValidator(0.999)])
    slo_ttft_ms = models.PositiveIntegerField(null=True, blank=True)
    slo_itl_ms = models.PositiveIntegerField(null=True, blank=True)
    slo_e2e_ms = models.PositiveIntegerField(null=True, blank=True)
    policy = models.CharField(max_length=32, default="target-tracking")
    policy_params = models.JSONField(default=dict, blank=True)
    min_replicas = models.PositiveIntegerField(default=1)
    max_replicas = models.PositiveIntegerField(default=1)
    desired_replicas = models.PositiveIntegerField(default=1)
    drain_seconds = models.PositiveIntegerField(default=600, help_text="A scale-down waits this long for work to end")
    generation = models.BigIntegerField(default=1)
    state = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in EndpointState], default=EndpointState.PENDING
    )
    reason = models.CharField(max_length=32, default="requested")
    detail = models.TextField(blank=True, default="")
    since = models.DateTimeField(help_text="Business time")
    created_at = models.DateTimeField(help_text="Business time")
    deleted_at = models.DateTimeField(null=True, blank=True)
    last_scaled_up_at = models.DateTimeField(null=True, blank=True)
    last_scaled_down_at = models.DateTimeField(null=True, blank=True)
    # What routers read. A drain goes on only when a router has been given the version that took the weight away.
    weights_version = models.BigIntegerField(default=1)
    weights_served_version = models.BigIntegerField(default=0, editable=False)
    weights_served_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Real time")

    objects = EndpointQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="endpoint_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                condition=~models.Q(state="deleted"),
                name="one_living_endpoint_per_name",
            ),
            models.CheckConstraint(
                condition=models.Q(max_replicas__gte=models.F("min_replicas")), name="endpoint_bounds_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name
