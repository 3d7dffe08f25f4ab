"""Replica: one serving copy on one slot, and the history of its states."""

from __future__ import annotations

from django.db import models

from fleet.models import Slot
from fleet.models.fields import Leased, public_id
from inference.domain.lifecycle import ENDED_REPLICA_STATES, UP_REPLICA_STATES, ReplicaState
from inference.models.endpoint import Endpoint
from inference.models.serving import ServingConfig


def replica_id() -> str:
    return public_id("rep")


class ReplicaQuerySet(models.QuerySet["Replica"]):
    def open(self) -> ReplicaQuerySet:
        return self.exclude(state__in=ENDED_REPLICA_STATES)

    def up(self) -> ReplicaQuerySet:
        """Those whose process answers, or should: what the scraper reads."""
        return self.filter(state__in=UP_REPLICA_STATES)

    def ready(self) -> ReplicaQuerySet:
        return self.filter(state=ReplicaState.READY)


class Replica(Leased):
    public_id = models.CharField(max_length=48, unique=True, default=replica_id, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="replicas")
    serving_config = models.ForeignKey(ServingConfig, on_delete=models.PROTECT, related_name="replicas")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="replicas")
    ordinal = models.PositiveIntegerField()
    state = models.CharField(
        max_length=16, choices=[(s.value, s.value) for s in ReplicaState], default=ReplicaState.PENDING
    )
    reason = models.CharField(max_length=32, default="slot-ready")
    detail = models.TextField(blank=True, default="")
    since = models.DateTimeField(help_text="Business time")
    weight = models.PositiveIntegerField(default=0, help_text="What routers are told; 0 takes no new work")
    base_url = models.CharField(max_length=300, blank=True, default="")
    metrics_url = models.CharField(max_length=300, blank=True, default="")
    process_start_time = models.FloatField(null=True, blank=True, help_text="Unix seconds, as the engine says it")
    requested_at = models.DateTimeField(help_text="Business time, as all below")
    started_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    drain_started_at = models.DateTimeField(null=True, blank=True)
    drain_until = models.DateTimeField(null=True, blank=True)
    drain_weights_version = models.BigIntegerField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    final_scrape_at = models.DateTimeField(null=True, blank=True, help_text="Counters read after its last request")
    last_scraped_at = models.DateTimeField(null=True, blank=True)
    scrape_failures = models.PositiveIntegerField(default=0, help_text="In a row")

    objects = ReplicaQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="replica_due"),
            models.Index(fields=["endpoint", "-id"], name="replica_of_endpoint"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "ordinal"], name="one_replica_per_ordinal"),
            models.UniqueConstraint(
                fields=["slot"],
                condition=~models.Q(state__in=["stopped", "failed"]),
                name="one_open_replica_per_slot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} #{self.ordinal}"


class ReplicaPeriod(models.Model):
    """A stretch of a replica's life in one state: the bars of the timeline. Half-open; no end: still so."""

    replica = models.ForeignKey(Replica, on_delete=models.CASCADE, related_name="periods")
    state = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True, default="")
    started_at = models.DateTimeField(help_text="Business time")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["replica", "started_at"], name="replica_period_by_start")]
        constraints = [
            models.UniqueConstraint(
                fields=["replica"], condition=models.Q(ended_at=None), name="one_open_period_per_replica"
            )
        ]

    def __str__(self) -> str:
        return f"{self.replica} {self.state}"
