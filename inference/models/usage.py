"""Usage events: one finished request each, pushed at least once and counted exactly once."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fleet.models import Project
from inference.models.endpoint import Endpoint
from inference.models.replica import Replica


class Outcome(models.TextChoices):
    OK = "ok", "Finished"
    CUT = "cut", "Cut off"
    ERROR = "error", "Error"


class UsageEvent(models.Model):
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="usage_events")
    event_id = models.CharField(max_length=128, help_text="The sender's; a repeat is not counted again")
    replica = models.ForeignKey(Replica, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="usage_events", help_text="Who asked")
    model = models.CharField(max_length=200, blank=True, default="")
    accepted_at = models.DateTimeField(help_text="Business time, as all below")
    first_token_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(help_text="Decides the window it counts in")
    input_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField()
    ttft_ms = models.FloatField(null=True, blank=True)
    itl_mean_ms = models.FloatField(null=True, blank=True)
    e2e_ms = models.FloatField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    received_at = models.DateTimeField(db_default=Now(), help_text="Real time")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_row_per_usage_event")]
        indexes = [models.Index(fields=["endpoint", "finished_at"], name="usage_by_finish")]

    def __str__(self) -> str:
        return self.event_id
